"""Detections for people: one of them whole, and what was proven of them, per operating system."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bootwatch.cli.visible import visible

if TYPE_CHECKING:
    from bootwatch.detections.detection import Detection
    from bootwatch.detections.exercises import Exercise
    from bootwatch.detections.guide import Guide, Question
    from bootwatch.detections.hunts import Hunt
    from bootwatch.detections.library import Library
    from bootwatch.detections.playbooks import Playbook
    from bootwatch.detections.samples import Sample
    from bootwatch.diagnose.facts import LogSource, Platform
    from bootwatch.prove.outcome import Outcome

_WIDTH: Final = 110


def whole(detection: Detection, library: Library, platforms: Sequence[Platform]) -> str:
    """Everything that is known of a detection."""
    parts = library.parts[detection.id]
    guide = parts.guide
    lines = [detection.name, f"  id: {detection.id}, version {detection.version}, {detection.status}"]
    lines.append(f"  severity: {detection.severity.value}, confidence {detection.confidence.value}")
    for technique in detection.techniques:
        tactics = ", ".join(tactic.name for tactic in technique.tactics)
        lines.append(f"  technique: {technique.id} {technique.name} ({tactics})")
    lines += ["", *_paragraphs(detection.description)]
    for title, items in (
        ("data sources", detection.data_source),
        ("required sourcetypes", detection.required_sourcetypes),
        ("false positives", detection.known_false_positives),
        ("tuning", guide.tuning if guide else ()),
        ("not tested", detection.not_tested),
        ("next steps", [step.do for step in detection.next_steps]),
    ):
        lines += _list(title, items)
    lines += ["", "how to implement", *_paragraphs(detection.how_to_implement, "  ")]
    lines += _switching_on(guide, platforms)
    lines += _samples(detection.samples, guide)
    lines += _investigation(guide.investigation if guide else ())
    lines += _exercises([library.exercises[name] for name in guide.exercises] if guide else [])
    lines += _hunts([library.hunts[name] for name in guide.hunts] if guide else [])
    lines += _playbook(parts.playbook)
    lines += _list("related detections", guide.related if guide else ())
    lines += _list("references", detection.references)
    sigma = parts.sigma.path if parts.sigma else (guide.without_sigma if guide and guide.without_sigma else "none")
    lines += ["", "Sigma rule", *_paragraphs(sigma, "  "), "", "search", detection.search]
    return visible("\n".join(lines))


def one_hunt(hunt: Hunt) -> str:
    """A hunting query with what it needs and how to read it."""
    techniques = ", ".join(f"{technique.id} {technique.name}" for technique in hunt.techniques)
    lines = [f"{hunt.number}. {hunt.title}", f"  id: {hunt.id}", f"  techniques: {techniques}", ""]
    lines += _paragraphs(hunt.question)
    for title, text in (("needs", hunt.needs), ("how to read it", hunt.reading)):
        lines += ["", title, *_paragraphs(text, "  ")]
    lines += [*_list("what logs cannot tell", hunt.limits), "", "search", hunt.spl]
    return visible("\n".join(lines))


def proven(outcomes: Sequence[Outcome]) -> str:
    """What was tried, per detection, test and hunt, then per operating system; failures with their reasons."""
    lines: list[str] = []
    for of, group in _grouped(outcomes):
        named = group[0].kind == "exercise"
        lines.append(f"{of} (test {group[0].name})" if named else of)
        lines += [f"  {os:<8} {_summary(about)}" for os, about in sorted(_by_os(group).items())]
        for what, systems in _not_run(group):
            lines.append(_wrapped(f"{', '.join(systems)}: {what}", "           ", "not run on a device, "))
        for outcome in group:
            for problem in outcome.problems:
                where = f" {outcome.os}" if outcome.os else ""
                lines.append(_wrapped(f"FAILED{where} {outcome.kind.value} '{outcome.name}': {problem}", "  "))
    lines += ["", "What was proven, by operating system"]
    for os, about in sorted(_by_os(outcomes).items()):
        lines.append(f"  {os:<8} {_summary(about)}")
    failed = sum(not outcome.ok for outcome in outcomes)
    verdict = f"{failed} of {len(outcomes)} failed" if failed else f"all {len(outcomes)} went as promised"
    return visible("\n".join([*lines, "", verdict]))


def _grouped(outcomes: Iterable[Outcome]) -> Iterator[tuple[str, list[Outcome]]]:
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.of, []).append(outcome)
    yield from groups.items()


def _by_os(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    groups: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(outcome.os or "any", []).append(outcome)
    return groups


def _not_run(outcomes: Iterable[Outcome]) -> Iterator[tuple[str, list[str]]]:
    """What only a device could tell, each sentence once with the systems it is about."""
    found: dict[str, list[str]] = {}
    for outcome in outcomes:
        for what in outcome.not_run:
            found.setdefault(what, []).append(outcome.os or "any")
    yield from found.items()


_SAID: Final = {
    "positive": ("attack found as expected", "attacks found as expected"),
    "negative": ("benign story quiet", "benign stories quiet"),
    "sigma": ("sample judged by the Sigma rule", "samples judged by the Sigma rule"),
    "search": ("search of the guide compiles", "searches of the guide compile"),
    "exercise": ("test over recorded telemetry", "tests over recorded telemetry"),
    "hunt": ("hunt gives its rows", "hunts give their rows"),
}


def _summary(outcomes: Iterable[Outcome]) -> str:
    good: Counter[str] = Counter()
    total: Counter[str] = Counter()
    impossible = 0
    for outcome in outcomes:
        if outcome.kind == "exercise" and not outcome.tried:
            impossible += 1
            continue
        total[outcome.kind.value] += 1
        good[outcome.kind.value] += outcome.ok
    said = [
        f"{good[kind]} {_SAID[kind][good[kind] != 1]}"
        if good[kind] == count
        else f"{good[kind]} of {count} {_SAID[kind][1]}"
        for kind, count in total.items()
    ]
    return ", ".join([*said, *([f"{impossible} with no test there"] if impossible else [])])


def _list(title: str, items: Iterable[str]) -> list[str]:
    found = [_wrapped(item, "  ", "- ") for item in items]
    return ["", title, *found] if found else []


def _paragraphs(text: str, indent: str = "") -> list[str]:
    return [_wrapped(paragraph, indent) for paragraph in text.strip().split("\n\n")]


def _wrapped(text: str, indent: str, mark: str = "") -> str:
    return textwrap.fill(
        " ".join(text.split()),
        _WIDTH,
        initial_indent=indent + mark,
        subsequent_indent=indent + " " * len(mark),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _code(text: str, indent: str = "      ") -> list[str]:
    return [indent + line for line in text.rstrip("\n").split("\n")]


def _switching_on(guide: Guide | None, platforms: Sequence[Platform]) -> list[str]:
    """The log sources the detection needs, with the lines that switch each on."""
    lines: list[str] = []
    found = [_source(name, platforms) for name in guide.log_sources] if guide else []
    for platform, source in sorted(found, key=lambda pair: pair[0].name.lower()):
        lines.append(f"  {platform.name}: {source.name} (default: {source.default})")
        if source.note:
            lines.append(_wrapped(source.note, "    "))
        lines += _code(source.configuration) if source.configuration else []
    return ["", "how to switch on what it needs", *lines] if lines else []


def _source(name: str, platforms: Sequence[Platform]) -> tuple[Platform, LogSource]:
    file, _, ident = name.partition("/")
    platform = next(platform for platform in platforms if Path(platform.path).stem == file)
    return platform, next(source for source in platform.sources if source.id == ident)


def _samples(samples: Sequence[Sample], guide: Guide | None) -> list[str]:
    lines = ["", "samples it is tested with"]
    for what, some in (
        ("found", [s for s in samples if s.expected is not None]),
        ("quiet", [s for s in samples if s.expected is None]),
    ):
        lines += [_wrapped(f"{what}, {sample.os or 'any system'}: {sample.name}", "  ", "- ") for sample in some]
    if guide is not None and guide.few_samples is not None:
        lines.append(_wrapped(guide.few_samples, "  "))
    return lines


def _investigation(questions: Sequence[Question]) -> list[str]:
    lines: list[str] = []
    for number, question in enumerate(questions, 1):
        lines += [_wrapped(question.question, "  ", f"{number}. "), _wrapped(question.why, "     ")]
        lines += _code(question.spl) if question.spl else []
        lines += [_wrapped(where, "     ", "on the device: ") for where in question.on_device]
        lines += [_wrapped(question.reading, "     ")] if question.reading else []
    return ["", "investigation", *lines] if lines else []


def _exercises(exercises: Sequence[Exercise]) -> list[str]:
    lines: list[str] = []
    for exercise in exercises:
        lines += [f"  Test {exercise.number}: {exercise.title}", _wrapped(exercise.behaviour, "    ")]
        lines.append(_wrapped(exercise.page, "    ", "what the page expects: "))
        if exercise.corrected:
            lines.append(_wrapped(exercise.corrected, "    ", "what is true: "))
        for system in exercise.systems:
            if system.not_possible:
                lines.append(_wrapped(system.not_possible, "    ", f"{system.os}: "))
                continue
            lines += [
                f"    {system.os}",
                *_code("\n".join(system.run)),
                _wrapped(system.safe or "", "      ", "safe: "),
            ]
            lines += [_wrapped(command, "      ", "clean up: ") for command in system.clean_up]
            for part in system.telemetry:
                lines += [f"      expect in {part.source}:", *_code("\n".join(part.lines), "        ")]
            lines += [_wrapped(f"not in {silent.source}: {silent.why}", "      ") for silent in system.silent]
            lines += [_wrapped(f"not run on a device: {what}", "      ") for what in system.device_only]
    return ["", "tests on devices", *lines] if lines else []


def _hunts(hunts: Sequence[Hunt]) -> list[str]:
    return _list("hunting queries", [f"{hunt.id}: {hunt.title}" for hunt in hunts])


def _playbook(playbook: Playbook | None) -> list[str]:
    if playbook is None:
        return []
    lines = ["", f"playbook {playbook.id} (CACAO 2.0, {playbook.path})"]
    for depth, case, step in playbook.in_order():
        if not step.name:
            continue
        when = f"{case}: " if case else ""
        lines.append(_wrapped(f"{when}{step.name}", "  " + "  " * depth, "- "))
        lines += [_wrapped(command, "      " + "  " * depth) for command in step.commands]
    return lines
