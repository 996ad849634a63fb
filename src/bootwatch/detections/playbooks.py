"""Response playbooks (``playbooks/*.json``): CACAO Security Playbooks 2.0 (OASIS, 27 November 2023), read strictly.

What is checked is what the specification demands of the parts we use (start, end, action, if-condition and
switch-condition steps, manual commands): identifiers, times, references, a start, an end, and no step that nothing
leads to. JSON is read as the YAML it also is, which keeps the lines.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources.abc import Traversable
from typing import Final

from bootwatch.documents.entry import Entry
from bootwatch.errors import ContentError

_UUID: Final = "[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_NAME: Final = re.compile(r"__[a-zA-Z][a-zA-Z0-9_-]*?__")
_USED: Final = re.compile(r"(__[a-zA-Z][a-zA-Z0-9_-]*?__):value")


class StepType(StrEnum):
    START = "start"
    END = "end"
    ACTION = "action"
    IF = "if-condition"
    SWITCH = "switch-condition"


class PlaybookType(StrEnum):
    """playbook-type-ov, section 3.1.1."""

    ATTACK = "attack"
    DETECTION = "detection"
    ENGAGEMENT = "engagement"
    INVESTIGATION = "investigation"
    MITIGATION = "mitigation"
    NOTIFICATION = "notification"
    PREVENTION = "prevention"
    REMEDIATION = "remediation"


class Activity(StrEnum):
    """playbook-activity-type-ov, section 3.1.2, those a person carries out on a network."""

    DELIVER = "deliver-content"
    AUDIENCE = "identify-audience"
    SCAN = "scan-system"
    MATCH = "match-indicator"
    ANALYSE = "analyze-collected-data"
    INDICATORS = "identify-indicators"
    CONFIGURE = "configure-systems"
    RESTRICT = "restrict-access"
    DISCONNECT = "disconnect-system"
    ELIMINATE = "eliminate-risk"
    REVERT = "revert-system"
    RESTORE_DATA = "restore-data"
    RESTORE = "restore-capabilities"
    STEPS = "identify-steps"


class AgentType(StrEnum):
    """agent-target-type-ov, section 7.2, those our steps need."""

    GROUP = "group"
    INDIVIDUAL = "individual"
    ORGANIZATION = "organization"
    NET_ADDRESS = "net-address"
    SSH = "ssh"


class CommandType(StrEnum):
    """Only what a person does: nothing here changes a device by itself."""

    MANUAL = "manual"


class VariableType(StrEnum):
    STRING = "string"
    HASH = "sha256-hash"
    URI = "uri"
    BOOL = "bool"


@dataclass(frozen=True, slots=True)
class Step:
    """``leads_to`` are the steps that may come next, each with the case that leads there (empty: always).

    ``after`` is the step that follows once a branch has come to its end; None where the step is no branch.
    """

    id: str
    type: StepType
    name: str
    description: str
    condition: str | None
    commands: tuple[str, ...]
    leads_to: tuple[tuple[str, str], ...]
    after: str | None
    line: int


@dataclass(frozen=True, slots=True)
class Playbook:
    """``id`` is the name of its file, which detections use; ``cacao_id`` the one of the specification."""

    id: str
    path: str
    cacao_id: str
    name: str
    description: str
    types: tuple[PlaybookType, ...]
    start: str
    steps: dict[str, Step]

    def in_order(self) -> Iterator[tuple[int, str, Step]]:
        """Every step once from the start on, with how deep it is in branches and the case that leads to it."""
        yield from self._from(self.start, 0, "", set())

    def _from(self, at: str | None, depth: int, case: str, seen: set[str]) -> Iterator[tuple[int, str, Step]]:
        while at is not None and at not in seen:
            seen.add(at)
            step = self.steps[at]
            yield depth, case, step
            if step.type in (StepType.IF, StepType.SWITCH):
                for when, branch in step.leads_to:
                    yield from self._from(branch, depth + 1, when, seen)
                at, case = step.after, ""
            else:
                at, case = (step.leads_to[0][1] if step.leads_to else None), ""


def read_playbook(file: Traversable) -> Playbook:
    """Raises ContentError with the file, the line and what would be accepted."""
    entry = _entry(file)
    _is(entry, "type", "playbook")
    _is(entry, "spec_version", "cacao-2.0")
    created, modified = _time(entry, "created"), _time(entry, "modified")
    if modified < created:
        raise entry.error("modified", "'modified' is before 'created'")
    _identifier(entry, "created_by", ("identity",))
    activities = entry.choices("playbook_activities", Activity)
    for key, highest in (("priority", 100), ("severity", 100), ("impact", 100)):
        if entry.has(key):
            entry.integer(key, 0, highest)
    entry.optional_texts("labels")
    for reference in entry.entries("external_references") if entry.has("external_references") else ():
        _reference(reference)
    if entry.has("revoked"):
        entry.boolean("revoked")
    agents = _definitions(entry, "agent_definitions")
    targets = _definitions(entry, "target_definitions") if entry.has("target_definitions") else ()
    variables = _variables(entry)
    workflow = entry.entry("workflow")
    done: set[Activity] = set()
    steps = {name: _step(workflow, name, agents, targets, done) for name in workflow.names()}
    playbook = Playbook(
        id=file.name.removesuffix(".json"),
        path=entry.path,
        cacao_id=_identifier(entry, "id", ("playbook",)),
        name=entry.text("name"),
        description=entry.text("description"),
        types=entry.choices("playbook_types", PlaybookType),
        start=_identifier(entry, "workflow_start", ("start",)),
        steps=steps,
    )
    entry.done()
    for activity in activities:
        if activity not in done:
            raise entry.error("playbook_activities", f"no command is of the activity '{activity}'")
    _check_workflow(entry, workflow, playbook)
    _check_uuids(entry, playbook, (*agents, *targets))
    _check_variables(file, entry, variables)
    return playbook


def _entry(file: Traversable) -> Entry:
    path = str(file)
    try:
        text = file.read_bytes().decode("utf-8")
        json.loads(text)
    except OSError as exc:
        raise ContentError(f"cannot be read: {exc.strerror}", path=path) from exc
    except UnicodeDecodeError as exc:
        raise ContentError(f"not UTF-8: {exc.reason} at byte {exc.start}", path=path) from exc
    except json.JSONDecodeError as exc:
        raise ContentError(f"not JSON: {exc.msg}", path=path, line=exc.lineno) from exc
    except RecursionError as exc:
        raise ContentError("not JSON that can be read: nested too deeply", path=path) from exc
    return Entry.parse(text, path)


def _is(entry: Entry, key: str, accepted: str) -> None:
    if entry.text(key) != accepted:
        raise entry.error(key, f"'{key}' is '{entry.text(key)}'; accepted: {accepted}")


def _time(entry: Entry, key: str) -> str:
    value = entry.text(key)
    if not _TIME.fullmatch(value):
        raise entry.error(key, f"'{key}' is '{value}'; accepted: a time such as 2026-03-31T12:00:00.000Z")
    return value


def _identifier(entry: Entry, key: str, types: Collection[str]) -> str:
    value = entry.text(key)
    if not re.fullmatch(f"(?:{'|'.join(types)})--{_UUID}", value):
        raise entry.error(key, f"'{key}' is '{value}'; accepted: {' or '.join(types)}, '--' and a UUID")
    return value


def _reference(entry: Entry) -> None:
    entry.text("name")
    others = [
        key for key in ("description", "source", "url", "external_id", "reference_id") if entry.optional_text(key)
    ]
    if not others:
        raise entry.error("name", "a reference needs 'description', 'source', 'url' or 'external_id' beside its name")
    entry.done()


def _definitions(entry: Entry, key: str) -> tuple[str, ...]:
    """The identifiers of agents or targets."""
    found = entry.entry(key)
    for name in found.names():
        item = found.entry(name)
        kind = item.choice("type", AgentType)
        if not re.fullmatch(f"{kind}--{_UUID}", name):
            raise found.error(name, f"'{name}' should be {kind}, '--' and a UUID")
        item.text("name")
        item.optional_text("description")
        if item.has("address"):  # of an ssh or net-address target
            item.entry("address")
        item.done()
    return found.names()


def _variables(entry: Entry) -> tuple[str, ...]:
    if not entry.has("playbook_variables"):
        return ()
    found = entry.entry("playbook_variables")
    for name in found.names():
        if not _NAME.fullmatch(name):
            raise found.error(name, f"'{name}' is no name of a variable; accepted: such as __device__")
        item = found.entry(name)
        item.choice("type", VariableType)
        item.optional_text("description")
        if item.has("value"):
            item.literals("value")
        for key in ("constant", "external"):
            if item.has(key):
                item.boolean(key)
        item.done()
    return found.names()


def _step(workflow: Entry, name: str, agents: Collection[str], targets: Collection[str], done: set[Activity]) -> Step:
    entry = workflow.entry(name)
    kind = entry.choice("type", StepType)
    if not re.fullmatch(f"{kind}--{_UUID}", name):
        raise workflow.error(name, f"'{name}' should be {kind}, '--' and a UUID")
    goes_on = [(key, entry.text(key)) for key in ("on_completion", "on_success", "on_failure") if entry.has(key)]
    if len(goes_on) > 1 and goes_on[0][0] == "on_completion":
        raise entry.error("on_completion", "'on_completion' stands beside 'on_success' or 'on_failure'; one way only")
    if kind is StepType.END and goes_on:
        raise entry.error(goes_on[0][0], f"an end step has no '{goes_on[0][0]}'")
    if kind is not StepType.END and not goes_on:
        raise workflow.error(name, f"step '{name}' leads nowhere; it needs 'on_completion' or 'on_success'")
    commands: tuple[str, ...] = ()
    condition: str | None = None
    leads_to = tuple((_CASES.get(key, ""), step) for key, step in goes_on)
    after: str | None = None
    if kind is StepType.ACTION:
        commands = tuple(_command(item, done) for item in entry.entries("commands"))
        _defined(entry, "agent", (entry.text("agent"),), agents)
        _defined(entry, "targets", entry.optional_texts("targets"), targets)
        for key in ("in_args", "out_args"):
            entry.optional_texts(key)
    elif kind is StepType.IF:
        condition, after = entry.text("condition"), goes_on[0][1]
        leads_to = (("yes", entry.text("on_true")),)
        if entry.has("on_false"):
            leads_to += (("no", entry.text("on_false")),)
    elif kind is StepType.SWITCH:
        condition, after = entry.text("switch"), goes_on[0][1]
        cases = entry.entry("cases")
        leads_to = tuple((case, cases.text(case)) for case in cases.names())
    step = Step(
        id=name,
        type=kind,
        name=entry.text("name") if kind is StepType.ACTION else entry.optional_text("name") or "",
        description=entry.optional_text("description") or "",
        condition=condition,
        commands=commands,
        leads_to=leads_to,
        after=after,
        line=workflow.line_of(name),
    )
    entry.done()
    return step


_CASES: Final = {"on_success": "done", "on_failure": "failed"}


def _command(entry: Entry, done: set[Activity]) -> str:
    entry.choice("type", CommandType)
    done.add(entry.choice("playbook_activity", Activity))
    entry.optional_text("description")
    command = entry.text("command")
    entry.done()
    return command


def _defined(entry: Entry, key: str, used: Collection[str], defined: Collection[str]) -> None:
    for name in used:
        if name not in defined:
            raise entry.error(key, f"'{key}' names '{name}', which is not defined")


def _check_workflow(entry: Entry, workflow: Entry, playbook: Playbook) -> None:
    """Every reference leads to a step, every step is reached, no step is reached again, and there is one start."""
    starts = [step for step in playbook.steps.values() if step.type is StepType.START]
    if playbook.start not in playbook.steps or len(starts) != 1:
        raise entry.error("workflow_start", "'workflow_start' should name the one start step of the workflow")
    for step in playbook.steps.values():
        for _, to in (*step.leads_to, *((("", step.after),) if step.after else ())):
            if to not in playbook.steps:
                raise workflow.error(step.id, f"step '{step.name or step.id}' leads to '{to}', which does not exist")
    reached: set[str] = set()
    _follow(workflow, playbook, playbook.start, (), reached)
    for step in playbook.steps.values():
        if step.id not in reached:
            raise workflow.error(step.id, f"nothing leads to the step '{step.name or step.id}'")
    if not any(step.type is StepType.ACTION for step in playbook.steps.values()):
        raise entry.error("workflow", "'workflow' should have an action step, found none")


def _follow(workflow: Entry, playbook: Playbook, at: str, path: tuple[str, ...], reached: set[str]) -> None:
    if at in path:
        raise workflow.error(at, f"the step '{playbook.steps[at].name or at}' leads back to itself")
    if at in reached:
        return
    reached.add(at)
    step = playbook.steps[at]
    for _, to in (*step.leads_to, *((("", step.after),) if step.after else ())):
        _follow(workflow, playbook, to, (*path, at), reached)


def _check_uuids(entry: Entry, playbook: Playbook, others: Collection[str]) -> None:
    seen: dict[str, str] = {}
    for name in (playbook.cacao_id, *playbook.steps, *others):
        uuid = name.rpartition("--")[2]
        if uuid in seen and seen[uuid] != name:
            raise entry.error("workflow", f"'{name}' and '{seen[uuid]}' have the same UUID")
        seen[uuid] = name


def _check_variables(file: Traversable, entry: Entry, defined: Collection[str]) -> None:
    for number, line in enumerate(file.read_text(encoding="utf-8").split("\n"), 1):
        for name in _USED.findall(line):
            if name not in defined:
                message = f"no variable '{name}'; accepted: {', '.join(defined) or 'none is defined'}"
                raise ContentError(message, path=entry.path, line=number)
