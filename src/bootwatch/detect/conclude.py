"""A story becomes a finding: what is concluded, from what, how sure we are, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from bootwatch.detect.findings import Evidence, Finding, Plane, Status, identify, iso
from bootwatch.detect.judgement import Judgement
from bootwatch.detect.rows import Hit
from bootwatch.detect.score import Scored, failed, heaviest, known, scored, weight
from bootwatch.detect.stories import PATCHED
from bootwatch.detect.story import Act, Match, Story
from bootwatch.detect.untested import untested
from bootwatch.detect.whence import Logins
from bootwatch.detect.whence import sources as sources_of
from bootwatch.detect.wording import some, steps, titled
from bootwatch.detections.attack import Attack, Technique
from bootwatch.detections.detection import BY_CONTRACT, Detection, Subject
from bootwatch.detections.severity import Confidence, Severity
from bootwatch.vendors.acts import act_of

_NO_IMAGES: Final = frozenset(("configuration", "confreg", "logging", "device", "content"))
_ON_THE_WAY: Final = frozenset("ABCDE")
_DROPPED: Final = frozenset(("message_text", "syslog_facility", "syslog_severity", "#recognised"))
_OF_IMAGES: Final = ("T1601.", "T1542.")
_WHYS: Final = 2
"""Of the detections that an act completes, so many say why it counts."""
_LEVELS: Final = tuple(Confidence)


def finding(
    story: Story, judgement: Judgement, alone: Detection, attack: Attack, *, single: bool, logins: Logins = Logins()
) -> Finding:
    """The finding of a story. ``alone`` is the detection that speaks for acts no match speaks for, if ``single``."""
    result = scored(story, judgement.multipliers, single=single)
    strongest = next((match for match in story.matches if match.detection.correlation.opens), None)
    if result.acts:  # they weigh more than any match
        strongest = None
    detection = alone if strongest is None else strongest.detection
    techniques = _techniques(story, result, attack)
    users, sources, images = (
        _names(story.acts, detection.subjects.user, BY_CONTRACT.user),
        sources_of(story.acts, detection.subjects.source, logins),
        _images(story.acts, detection),
    )
    first, last = story.acts[0], story.acts[-1]
    values = {
        "host": story.host,
        "what": detection.name if strongest is not None else _title(result.acts[0]),
        "images": some(images),
        "users": some(users),
        "sources": some(sources),
        "first_time": iso(first.time),
        "last_time": iso(last.time),
    }
    return Finding(
        id=_identity(story),
        detection=detection.id,
        title=titled(detection.title, detection.name, values),
        severity=Severity.of_score(result.score),
        score=result.score,
        confidence=_confidence(story, strongest),
        plane=Plane.LOGS,
        host=story.host,
        os_family=story.os_family,
        first_time=first.time,
        last_time=last.time,
        techniques=tuple(technique.id for technique in techniques),
        tactics=tuple(dict.fromkeys(tactic.shortname for t in techniques for tactic in t.tactics)),
        users=users,
        sources=sources,
        images=images,
        evidence=_all_evidence(story),
        score_trace=result.trace,
        not_tested=tuple(dict.fromkeys((*detection.not_tested, *judgement.notes, *untested(story)))),
        next_steps=steps(detection.next_steps, values),
        playbook=detection.playbook,
        status=Status.OPEN if judgement.suppression is None else Status.SUPPRESSED,
        suppression=judgement.suppression,
    )


def _identity(story: Story) -> str:
    """That of the event a story begins with: it stays while evidence is added."""
    # Acts of a match are in their order but for the last one.
    opening = min(
        (match.acts[at].time_us for match in story.matches if match.detection.correlation.opens for at in (0, -1)),
        default=None,
    )
    acts = [act for act in story.acts if (act.time_us >= opening if opening is not None else weight(act) > 0)]
    first = (acts or story.acts)[0]
    return identify("story", story.host, [(first.time_us, first.raw)])


def _techniques(story: Story, result: Scored, attack: Attack) -> list[Technique]:
    """Those of the acts the score rests on, the heaviest first, then those of the matches, the strongest first.

    An image that came and was armed, put in another's place or started, and one that was armed and started wherever it
    came from, is a patched system image, whatever its parts are called alone. It comes first, but behind what says more
    of the same: an older image, another place to start from, firmware.
    """
    shown = sorted((known()[name] for act in result.acts for name in act.indicators), key=lambda row: -row.weight)
    opening = [match for match in story.matches if match.detection.correlation.opens]
    found = [attack.technique(name) for row in shown for name in row.techniques]
    found += [each for match in opening for each in _called(match)]
    if _is_replaced(story):
        patched = attack.technique(PATCHED)
        leads = bool(found) and found[0].id.startswith(_OF_IMAGES)
        found = [*found, patched] if leads else [patched, *found]
    return list(dict.fromkeys(found))


def _called(match: Match) -> list[Technique]:
    """The techniques of its detection; of several below one technique, those that its own acts show come first."""
    own = {each for act in match.acts for name in act.indicators for each in known()[name].techniques}
    above, _, _ = match.detection.techniques[0].id.partition(".")
    below = [each for each in match.detection.techniques if each.id.startswith(f"{above}.")]
    return [*sorted(below, key=lambda each: each.id not in own), *match.detection.techniques]


def _is_replaced(story: Story) -> bool:
    classes = {letter for act in story.acts for letter in act.classes}
    if "A" in classes and not classes.isdisjoint("BCH"):
        return True
    armed = (name for act in story.acts if "B" in act.classes for name in act.indicators)
    return "H" in classes and any(PATCHED in known()[name].techniques for name in armed)


def _names(acts: Iterable[Act], subject: Subject, usual: Subject) -> tuple[str, ...]:
    """What the acts say of a subject; of the usual fields, every one that is there."""
    if subject != usual:
        return tuple(dict.fromkeys(name for act in acts for name in _hit(act).names(subject)))
    found = (act.text(field) for act in acts for field in subject.fields)
    return tuple(dict.fromkeys(name for name in found if name is not None))


def _images(acts: Iterable[Act], detection: Detection) -> tuple[str, ...]:
    if detection.subjects.image != BY_CONTRACT.image:
        return _names(acts, detection.subjects.image, BY_CONTRACT.image)
    shown = (
        act for act in acts if not _ON_THE_WAY.isdisjoint(act.classes) and act.text("object_category") not in _NO_IMAGES
    )
    return _names(shown, BY_CONTRACT.image, BY_CONTRACT.image)


def _hit(act: Act) -> Hit:
    return Hit(act.host, act.time_us, act.raw, act.fields, act.origin)


def _title(act: Act) -> str:
    """What the catalogue calls an act; one that was refused was not done."""
    row = heaviest(act)
    return (row.title if row else "An act") + (" (tried, and failed)" if failed(act) else "")


def _all_evidence(story: Story) -> tuple[Evidence, ...]:
    """Each act with what makes it count: what matches say of it, the strongest first, else the catalogue's word."""
    said: dict[tuple[int, str], str] = {}
    whys: dict[tuple[int, str], dict[str, str]] = {}
    for match in story.matches:
        for act in match.acts:
            said[act.time_us, act.raw] = f"{match.detection.name}."
        if match.why:
            last = match.acts[-1]
            whys.setdefault((last.time_us, last.raw), {}).setdefault(match.detection.id, match.why)
    found = []
    for act in story.acts:
        key = act.time_us, act.raw
        own = f"{_title(act)}." if act.indicators else said.get(key, "")
        told = list(dict.fromkeys(whys.get(key, {}).values()))[:_WHYS]
        found.append(_evidence(act, " ".join(told) or own))
    return tuple(found)


def _evidence(act: Act, why: str) -> Evidence:
    row = heaviest(act)
    return Evidence(
        time=act.time,
        source=act.origin.source,
        line=act.origin.line,
        sourcetype=act.origin.sourcetype,
        indicator=row.id if row else None,
        evidence_class=row.evidence_class.value if row else None,
        weight=weight(act),
        why=why,
        fields={name: value for name, value in act.fields.items() if name not in _DROPPED},
        spans=_spans(act),
        raw=act.raw,
    )


def _spans(act: Act) -> tuple[tuple[int, int], ...]:
    """Where the command stands in the text, else what the message says; nothing where it was spelled otherwise."""
    command = act.text("command")
    for said in (command, command and act_of(command), act.text("message_text")):
        at = act.raw.find(said) if said else -1
        if said and at >= 0:
            return ((at, at + len(said)),)
    return ()


def _typed(act: Act) -> bool:
    """Whether a message holds what a person wrote into the log."""
    return (act.text("mnemonic") or "").startswith("USERLOG")


def _confidence(story: Story, strongest: Match | None) -> Confidence:
    """How much is corroborated: by a second source of the same act, by the device's own word, by a chain.

    A chain starts from its detection's confidence, acts alone from low; a step up for two log sources that tell of the
    story, another for a message the system wrote itself about one of the acts (an installation, a restart, a failed
    verification), which no account can type.
    """
    level = 0 if strongest is None else _LEVELS.index(strongest.detection.confidence)
    counted = [act for act in story.acts if act.indicators]
    told = {act.text("command_source") for act in counted} - {None}
    level += any(act.repeats for act in counted) or len(told) > 1
    level += any(act.text("command") is None and act.weight > 0 and not _typed(act) for act in counted)
    return _LEVELS[min(level, len(_LEVELS) - 1)]
