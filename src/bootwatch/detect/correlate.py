"""All detections over one source, read once: searches, matches, stories, findings.

The source is read for what all searches together ask; each search then runs over what is held. A search is left out
where nothing it asks for is held: without events it has no rows to give. What reads the whole log (``correlation.reads:
everything``) runs by itself over the source.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Final

from bootwatch.algebra.plans import Deferred, Plan, Scan
from bootwatch.algebra.types import FieldType
from bootwatch.detect import acts as held_acts
from bootwatch.detect.clocks import ReadTexts
from bootwatch.detect.conclude import finding
from bootwatch.detect.demand import INDICATED, Demand, scans
from bootwatch.detect.families import FamilyOf, nobody_knows
from bootwatch.detect.habits import Habits, WorkingHours
from bootwatch.detect.held import LISTED, Asked, Held, View
from bootwatch.detect.judgement import Judgement, Surroundings
from bootwatch.detect.matches import by_host, matches
from bootwatch.detect.planned import Plans
from bootwatch.detect.rows import UNKNOWN_HOST, Row
from bootwatch.detect.state import State, Told, joined
from bootwatch.detect.stories import OPENS_FROM, stories
from bootwatch.detect.story import Match, Story
from bootwatch.detect.tags import asked as tags_asked
from bootwatch.detect.whence import LOGINS, Logins
from bootwatch.detections.attack import Attack
from bootwatch.detections.detection import Detection, Reads
from bootwatch.engines.engine import Again, Engine
from bootwatch.errors import ContentError
from bootwatch.events.fields import HOST, RAW
from bootwatch.events.source import EventSource, Prefilter, ScanRequest
from bootwatch.search import job
from bootwatch.search.rows import rows as plain_rows
from bootwatch.spl.context import Context
from bootwatch.spl.pipeline import parse

ALONE: Final = "t1601-acts-outside-chains"
"""The detection that speaks for acts no chain holds; its findings are made here, its search is for people."""

_ACTS: Final = "indicator=*"


@dataclass(frozen=True, slots=True)
class Tools:
    """What correlation is handed: how to plan and run a search, the literals of the catalogue, a reader of texts.

    ``engine`` runs searches over held events, several at a time; ``whole`` those that read the whole log. ``plans`` are
    those of former scans with the same detections, where there are some.
    """

    context: Context
    engine: Engine
    whole: Engine
    gates: tuple[str, ...]
    read: ReadTexts
    threads: int = 2
    plans: Plans = field(default_factory=Plans)


@dataclass(frozen=True, slots=True)
class Options:
    """``whole_log``: whether searches run that read everything. ``hours``: when people work, where that is said.

    ``family_of`` is the inventory's word for what a device runs.
    """

    whole_log: bool = True
    state: State = field(default_factory=State)
    hours: WorkingHours | None = None
    family_of: FamilyOf = nobody_knows


@dataclass(slots=True)
class Correlated:
    """What a scan told, what its searches had to say, and what the next scan may need."""

    told: Told
    messages: list[str]
    held: Held
    habits: Habits


def correlate(
    source: EventSource,
    detections: Sequence[Detection],
    tools: Tools,
    surroundings: Surroundings,
    attack: Attack,
    alone: Detection,
    *,
    options: Options = Options(),  # frozen
) -> Correlated:
    """Findings in no order. ``alone`` among ``detections``: acts outside chains are told too.

    Raises ContentError for a detection whose search asks nothing of an event's bytes; SplError, EngineError and
    InputError as a search does.
    """
    own = {**job.own_types(source), LISTED: FieldType.TEXT}
    context = replace(tools.context, tag_literals=_marked, own=own)
    plans = tools.plans
    plans.on(context)
    searched = [each for each in detections if each.id != alone.id and each.correlation.reads is Reads.MATCHES]
    asked = {each.id: plans.asked(each.search, context) for each in searched}
    for each in searched:
        if any(not scan.prefilter for scan in asked[each.id]):
            message = "asks for no word an event must hold, so it would keep the whole log: name one or an indicator, "
            raise ContentError(message + "or say 'reads: everything'", path=f"{each.path}/search.spl")
    common = (scan for text in (_ACTS, LOGINS) for scan in plans.asked(f"{text} | table _raw", context))
    demand = plans.demand([*common, *(scan for found in asked.values() for scan in found)])
    held = Held(
        source,
        demand,
        tools.gates,
        tools.read,
        name_of=surroundings.name_of,
        knows=surroundings.knows,
        version_of=surroundings.version_of,
        family_of=options.family_of,
        earlier=options.state.batches,
    )
    rows: dict[str, list[Row]] = {}
    messages: list[str] = []
    held.load()
    with ThreadPoolExecutor(tools.threads, thread_name_prefix="search") as pool:
        runs = {each.id: pool.submit(_seen, each, asked[each.id], held, context, tools) for each in searched}
        for name, run in runs.items():
            rows[name], said = run.result()
            messages += [f"{name}: {message}" for message in said]
    if options.whole_log:
        for each in (one for one in detections if one.correlation.reads is Reads.EVERYTHING):
            plain = replace(tools.context, own=job.own_types(source))
            plan = job.planned(parse(each.search, context.knowledge), plain)
            rows[each.id], said = _rows(plan, held.whole(), tools.whole)
            messages += [f"{each.id}: {message}" for message in said]
    once = frozenset(each.id for each in detections if each.correlation.reads is Reads.EVERYTHING)
    for each in detections:
        before = [_renamed(row, held) for row in options.state.rows.get(each.id, ())]
        rows[each.id] = joined(rows.get(each.id, ()), before, once=each.id in once)
    habits = Habits(copy.deepcopy(options.state.habits.seen))
    habits.learn(held.fresh())
    tell_alone = any(each.id == alone.id for each in detections)
    seen = Logins.of(held.every())
    found = [
        finding(
            story,
            _judged(seen.placed(story), surroundings, habits, options.hours),
            alone,
            attack,
            single=tell_alone,
            logins=seen,
        )
        for story in _stories(held, detections, rows, single=tell_alone)
    ]
    return Correlated(Told(found, rows, once), [*messages, *context.warnings], held, habits)


def wanted(detections: Sequence[Detection], context: Context, gates: tuple[str, ...]) -> Prefilter:
    """What the bytes of an event hold that any of these detections could look at; nothing: every event may be one."""
    marked = replace(context, tag_literals=_marked)
    texts = [f"{_ACTS} | table _raw", *(one.search for one in detections if one.correlation.reads is Reads.MATCHES)]
    plans = (job.planned(parse(text, marked.knowledge), marked) for text in texts)
    return Demand.of(scan for plan in plans for step in _steps(plan) for scan in scans(step)).prefilter(gates)


def _renamed(row: Row, held: Held) -> Row:
    """A row of a former scan, its host under the name it goes by now."""
    return {**row, HOST: held.named(host)} if isinstance(host := row.get(HOST), str) else row


def _judged(story: Story, surroundings: Surroundings, habits: Habits, hours: WorkingHours | None) -> Judgement:
    """What the surroundings say, and what the log itself shows of habits."""
    judgement = surroundings.judge(story)
    own = (habits.new_user(story), None if hours is None else hours.off(story))
    return replace(judgement, multipliers=(*(each for each in own if each is not None), *judgement.multipliers))


def _marked() -> tuple[str, ...]:
    return (INDICATED,)


def _steps(plan: Plan) -> list[Plan]:
    return job.steps(plan) if isinstance(plan, Deferred) else [plan]


def _seen(
    detection: Detection, asked: Sequence[Scan], held: Held, context: Context, tools: Tools
) -> tuple[list[Row], list[str]]:
    """The rows of a search over held events; none, and no search, where it would see no event."""
    needs = detection.correlation.needs
    if not any(held.has_rows(_request(scan), Asked(None, needs)) for scan in asked):
        return [], []
    plan = tools.plans.plan(detection.search, context)
    tags = tags_asked(plan)
    if not any(held.has_rows(_request(scan), Asked(tags, needs)) for scan in asked):
        return [], []
    only = held.bits(_request(asked[0])) if len(asked) == 1 else None
    return _rows(plan, View(held, Asked(tags, needs, only)), tools.engine, tools.plans.again(detection.search))


def _request(scan: Scan) -> ScanRequest:
    return ScanRequest((), scan.prefilter, scan.earliest_us, scan.latest_us, scan.indexes)


def _rows(plan: Plan, source: EventSource, engine: Engine, again: Again | None = None) -> tuple[list[Row], list[str]]:
    answer = engine.run(plan, source, again)
    return list(plain_rows(answer.batches, answer.fields)), answer.messages


def _stories(held: Held, detections: Sequence[Detection], rows: dict[str, list[Row]], *, single: bool) -> list[Story]:
    hosts = {str(row.get(HOST) or UNKNOWN_HOST) for found in rows.values() for row in found}
    if single:
        hosts |= {host for host, weight in held_acts.heaviest(held.every()).items() if weight >= OPENS_FROM}
    acts = by_host(held_acts.acts(held.every(), frozenset(hosts)))
    texts = (text for found in rows.values() for row in found if isinstance(text := row.get(RAW), str))
    known = held_acts.named(held.every(), texts)
    every: list[Match] = []
    for each in detections:
        every.extend(matches(each, rows.get(each.id, ()), known, acts))
    return stories(every, acts, single=single)
