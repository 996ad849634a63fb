"""The one place that wires parts together: sources, engine, content, and what the command line and Python ask for.

Above 400 lines because it is one list: what the product can be asked for, each a few lines that hand parts on.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING

from bootwatch.algebra.plans import Plan, Scan, sources
from bootwatch.errors import SettingsError, SplError
from bootwatch.events.clock import Clock
from bootwatch.events.fields import TAG_FIELDS
from bootwatch.events.relative import RelativeTimeError
from bootwatch.events.source import EventSource, Prefilter
from bootwatch.ingest.files import FileSource
from bootwatch.ingest.remote import is_remote
from bootwatch.knowledge.objects import Knowledge
from bootwatch.search import job
from bootwatch.search.job import Result
from bootwatch.spl import pipeline
from bootwatch.spl.context import Context, Switches
from bootwatch.spl.limits import Limits
from bootwatch.spl.pipeline import parse
from bootwatch.spl.timerange import parse_time
from bootwatch.vendors.profile import aliases
from bootwatch.vendors.repeats import Marked

if TYPE_CHECKING:
    from threading import Event

    from bootwatch.detect.findings import Finding
    from bootwatch.detect.planned import Plans
    from bootwatch.detect.tuning import Tuning
    from bootwatch.detections.detection import Detection
    from bootwatch.detections.library import Library
    from bootwatch.detections.pack import Pack
    from bootwatch.engines.duckdb.engine import DuckDbEngine
    from bootwatch.engines.engine import Engine
    from bootwatch.engines.spark.engine import SparkEngine
    from bootwatch.store.ingest import IngestReport
    from bootwatch.store.tags import Rule

# What only a scan needs (content, findings) and the engine are imported where they are used: a search starts sooner.
INDICATOR, _ = TAG_FIELDS
Paths = Sequence[str | Path]


def knowledge(packs: Sequence[Path] = (), *, macros: Path | None = None, lookups: Path | None = None) -> Knowledge:
    """What searches may name: of the user's files before that of content packs before what is built in."""
    return Knowledge(macros, lookups, partial(saved_searches, packs), tuple(packs))


@dataclass(frozen=True, slots=True)
class Scope:
    """What a search or a scan is told besides its text: the clock, time bounds, and what raw files are taken for."""

    clock: Clock = field(default_factory=Clock.of)
    earliest: str | None = None
    latest: str | None = None
    index: str | None = None
    sourcetype: str | None = None
    host: str | None = None
    prefilter: bool = True
    count_lines: bool = False
    threads: int = 2
    switches: Switches = field(default_factory=Switches)
    limits: Limits = field(default_factory=Limits)
    home: Path | None = None
    knowledge: Knowledge = field(default_factory=knowledge)
    allow_risky: bool = False
    engine: object = None
    """What runs searches: None is the embedded engine; a Spark master (``local[2]``, ``spark://HOST:PORT``), ``spark``
    for the session of the environment, or a SparkSession."""

    def context(self) -> Context:
        """The planning context. Raises SettingsError for a bound that is no time."""
        earliest, latest = self._time("--earliest", self.earliest), self._time("--latest", self.latest)
        if earliest is not None and latest is None:
            latest = self.clock.now.timestamp()
        return Context(
            clock=self.clock,
            switches=self.switches,
            limits=self.limits,
            tag_literals=tag_literals,
            sourcetype_aliases=aliases(),
            earliest=earliest,
            latest=latest,
            knowledge=self.knowledge,
            allow_risky=self.allow_risky,
            store=partial(collect, self) if self.allow_risky else None,
        )

    def _time(self, key: str, value: str | None) -> float | None:
        if value is None:
            return None
        try:
            return parse_time(value, self.clock)
        except RelativeTimeError as exc:
            raise SettingsError(f"{exc}; use -24h@h, epoch seconds or ISO 8601", key=key) from exc


def saved_searches(packs: Sequence[Path] = ()) -> dict[str, str]:
    """The searches of the detections, by id and by name, and the hunting queries, by id; of ``packs`` too."""
    from bootwatch.detections.library import read_hunts
    from bootwatch.detections.pack import load

    pack = load(packs)
    found = {name: detection.search for detection in pack.detections for name in (detection.id, detection.name)}
    return found | {name: hunt.spl for name, hunt in read_hunts(pack.attack, packs).items()}


def tag_literals() -> tuple[str, ...]:
    """Lower-case literals of which every event that shows an indicator of the catalogue holds one."""
    from bootwatch.vendors.indicators import catalogue

    return catalogue().gates


def default_home() -> Path:
    """The store's directory: ``BOOTWATCH_HOME``, else bootwatch in the XDG data directory."""
    named = os.environ.get("BOOTWATCH_HOME")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "bootwatch"


def files(paths: Paths, scope: Scope, stdin: IO[bytes] | None = None) -> FileSource:
    """Log files, folders and standard input (``-``) as a source of events."""
    return FileSource(
        paths,
        clock=scope.clock,
        index=scope.index,
        sourcetype=scope.sourcetype,
        host=scope.host,
        threads=scope.threads,
        prefilter_enabled=scope.prefilter,
        count_lines=scope.count_lines,
        stdin=stdin,
    )


def reading(paths: Paths, scope: Scope) -> EventSource:
    """Paths as a source of events, whether this machine or a cluster reaches them."""
    return remote(paths, scope) if any(map(is_remote, paths)) else files(paths, scope)


def remote(paths: Paths, scope: Scope) -> EventSource:
    """Paths with a scheme (``s3a://…``), read by a cluster's own connectors. Raises SettingsError without a cluster."""
    cluster = on_spark(scope)
    if cluster is None:
        raise SettingsError(f"{paths[0]} is read by a cluster: give its master, such as local[2]", key="--engine")
    from bootwatch.engines.spark import files as spark_files
    from bootwatch.ingest.remote import RemoteSource

    return RemoteSource(
        [str(path) if is_remote(path) else spark_files.local(Path(path)) for path in paths],
        clock=scope.clock,
        listing=partial(spark_files.listing, cluster.session),
        fields=partial(spark_files.own_fields, cluster.session),
        index=scope.index,
        sourcetype=scope.sourcetype,
        host=scope.host,
        prefilter_enabled=scope.prefilter,
    )


def source(paths: Paths, scope: Scope, spl: str) -> EventSource | None:
    """Where a search reads: the paths, else the store; None where ``spl`` makes its own rows."""
    if paths:
        return reading(paths, scope)
    if spl and not reads_events(spl, scope):
        return None
    return store(scope)


def store(scope: Scope) -> EventSource:
    """What is in the store: its segments, and what waits in the log to be sealed. Raises StoreError."""
    from bootwatch.ingest.headers import Reader
    from bootwatch.ingest.live import After, LiveSource
    from bootwatch.store.manifest import Manifest
    from bootwatch.store.reader import SegmentSource
    from bootwatch.store.tail import snapshot

    home = scope.home or default_home()
    tail = snapshot(home)
    segments = SegmentSource(
        home,
        manifest=tail.manifest or (Manifest() if tail.blocks else None),
        aliases=aliases(),
        read=Reader(scope.clock).read,
        threads=scope.threads,
        prefilter_enabled=scope.prefilter,
    )
    if not tail.blocks and not tail.damaged:
        return segments
    return After(segments, LiveSource(lambda: tail.blocks, scope.clock.zone, damaged=tail.damaged), tail.next_n)


def ingest(source: EventSource, scope: Scope) -> IngestReport:
    """Load events into the store, tagged for every detection of the pack. Raises StoreError, InputError."""
    from bootwatch.store.ingest import ingest as store_events

    return store_events(source, scope.home or default_home(), rules=rules(scope), clock=scope.clock)


def rules(scope: Scope) -> list[Rule]:
    """What events are tagged for when they are stored: the catalogue, and every detection of the pack."""
    from bootwatch.detections.pack import load
    from bootwatch.store.tags import Rule

    found = [Rule(INDICATOR, _prefilter(f"{INDICATOR}=*", scope))]
    for detection in load().detections:
        prefilter = _prefilter(detection.search, scope)
        if prefilter:
            found.append(Rule(detection.id, prefilter))
    return found


def collect(scope: Scope, events: Sequence[Mapping[str, str | float]]) -> None:
    """Take events of a search into the store. Raises StoreError."""
    import json
    import tempfile

    with tempfile.TemporaryDirectory(prefix="bootwatch-") as folder:
        path = Path(folder) / "collected.jsonl"
        path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
        ingest(files([path], scope), scope)


def _prefilter(spl: str, scope: Scope) -> Prefilter:
    """What a search asks of the bytes of an event."""
    found = _scan_of(job.planned(parse(spl, scope.knowledge), scope.context()))
    return Prefilter() if found is None else found.prefilter


def reads_events(spl: str, scope: Scope) -> bool:
    """Whether a search reads events, rather than making rows itself. Raises SplError."""
    return pipeline.reads_events(parse(spl, scope.knowledge))


def embedded(scope: Scope) -> DuckDbEngine:
    """The embedded engine for a scope."""
    from bootwatch.engines.duckdb.engine import DuckDbEngine

    return DuckDbEngine(threads=scope.threads, prefilter=scope.prefilter)


def on_spark(scope: Scope) -> SparkEngine | None:
    """The Spark engine, where the scope asks for one. Raises EngineError, SettingsError."""
    if scope.engine in (None, "duckdb"):
        return None
    from bootwatch.engines.spark import session
    from bootwatch.engines.spark.engine import SparkEngine

    return SparkEngine(session.given(scope.engine), prefilter=scope.prefilter)


def engine(scope: Scope) -> Engine:
    """What runs the searches of a scope. Raises EngineError, SettingsError."""
    return on_spark(scope) or embedded(scope)


def search(spl: str, source: EventSource | None, scope: Scope | None = None, *, plans: Plans | None = None) -> Result:
    """Run a search over a source. Raises SplError, InputError, EngineError, SettingsError.

    ``plans`` are used and filled, for the next run of the same search: its rows are then all held at once.
    """
    scope = scope or Scope()
    read = None if source is None else Marked(source)
    if plans is not None and scope.prefilter:
        context = replace(scope.context(), own=job.own_types(read))
        plans.on(context)
        return job.answered(plans.plan(spl, context), read, engine(scope), context, plans.again(spl))
    return job.run(spl, read, engine(scope), scope.context(), prefilter=scope.prefilter)


def data_frame(spl: str, source: EventSource | None, scope: Scope) -> object:
    """The rows of a search as a data frame of Spark. Raises as :func:`search`; SettingsError without a Spark engine."""
    cluster = on_spark(scope)
    if cluster is None:
        raise SettingsError("a data frame of Spark needs a Spark engine", key="engine")
    read = None if source is None else Marked(source)
    return cluster.frame(job.prepared(spl, read, scope.context(), prefilter=scope.prefilter), read)


def follow(spl: str, scope: Scope, poll_s: float = 0.5, *, ended: Event | None = None) -> Iterator[Result]:
    """Run a search over what a server takes into the store from now on: one result for each time that something came.

    It ends once ``ended`` is set, never by itself. Raises SplUnsupported, naming the command, where rows depend on
    other rows: what such a search says changes with every event. Raises SplError, StoreError, EngineError.
    """
    import threading

    from bootwatch.ingest.live import LiveSource
    from bootwatch.spl.following import refuse_what_waits
    from bootwatch.store.tail import Following

    refuse_what_waits(parse(spl, scope.knowledge))
    following = Following(scope.home or default_home())
    ended = ended or threading.Event()
    while not ended.is_set():
        blocks = following.more()
        if blocks:
            yield search(spl, LiveSource(partial(list, blocks), scope.clock.zone), scope)
        else:
            ended.wait(poll_s)


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on one search: ``ok``, ``syntax`` (not SPL) or ``unsupported`` (SPL that is not run)."""

    status: str
    message: str = ""
    line: int | None = None
    column: int | None = None
    error: SplError | None = None
    warnings: tuple[str, ...] = ()


def check(spl: str, scope: Scope | None = None) -> Checked:
    """Compile a search for the engine without running it."""
    from bootwatch.errors import SplUnsupported, UnsupportedOnEngine

    scope = scope or Scope()
    try:
        context = replace(scope.context(), checking=True)
        plan = job.planned(parse(spl, scope.knowledge), context, prefilter=scope.prefilter)
        compiler = embedded(scope)
        for step in job.steps(plan, prefilter=scope.prefilter):
            compiler.describe(step)
    except RecursionError:
        return Checked("syntax", "the search nests too deeply", 1, 1)
    except SplError as exc:
        status = "unsupported" if isinstance(exc, SplUnsupported | UnsupportedOnEngine) else "syntax"
        return Checked(status, exc.message, exc.line, exc.column, exc)
    return Checked("ok", warnings=tuple(context.warnings))


@dataclass(frozen=True, slots=True)
class Explanation:
    """A compiled search: its plan, the literals a line must hold, the engine's query."""

    plan: str
    prefilter: tuple[tuple[str, ...], ...] | None
    query: str


def explain(spl: str, scope: Scope | None = None) -> Explanation:
    """How a search would run over files."""
    from bootwatch.algebra.explain import describe as describe_plan

    scope = scope or Scope()
    context = replace(scope.context(), checking=True)
    plan = job.planned(parse(spl, scope.knowledge), context, prefilter=scope.prefilter)
    scan = _scan_of(plan)
    return Explanation(
        describe_plan(plan), None if scan is None else scan.prefilter.clauses, embedded(scope).describe(plan)
    )


def _scan_of(plan: Plan) -> Scan | None:
    while not isinstance(plan, Scan):
        below = sources(plan)
        if not below:
            return None
        plan = below[0]
    return plan


@dataclass(frozen=True, slots=True)
class Beside:
    """What a scan is given beside the log: context files, and how it remembers.

    ``state`` is a file that keeps what the next scan needs to go on with the stories of this one. ``whole_log``:
    whether detections run that read everything. ``working_hours`` (``07:00-19:00``, in the clock's zone): what is done
    outside them weighs more; without it no hour is suspicious.
    """

    changes: Paths = ()
    allow: Paths = ()
    inventory: Paths = ()
    exceptions: Paths = ()
    state: str | Path | None = None
    whole_log: bool = True
    working_hours: str | None = None


@dataclass(slots=True)
class Scanned:
    """The findings of a scan, worst first, and what it met."""

    findings: list[Finding]
    pack: Pack
    source: EventSource
    messages: list[str]


def scan(
    source: EventSource,
    scope: Scope | None = None,
    *,
    pack: Pack | None = None,
    only: Iterable[str] = (),
    beside: Beside | None = None,
    plans: Plans | None = None,
) -> Scanned:
    """Run detections over a source of events.

    ``only`` names detections (none: all). A detection that scores its rows itself shows its own verdict where it is
    named, and is evidence for the others where it is not. ``plans`` are used and filled, for the next scan with the
    same detections and scope, at whatever time. Raises LookupError for an unknown detection, ContentError
    for a wrong pack or context file, InputError for a wrong state, SettingsError.
    """
    from bootwatch.detections.detection import Score
    from bootwatch.detections.pack import load

    scope = scope or Scope()
    pack = pack or load()
    named = [pack.detection(name) for name in only]
    raw = [detection for detection in named if isinstance(detection.score, Score)]
    others = [detection for detection in named if detection not in raw] if named else list(pack.detections)
    found: list[Finding] = []
    messages: list[str] = []
    for detection in raw:
        found += _verdict(detection, source, scope, messages, plans)
    if others:
        found += _correlated(others, source, scope, pack, beside or Beside(), messages, plans)
    return Scanned(sorted(found, key=_worst), pack, source, messages)


def check_beside(beside: Beside, scope: Scope) -> None:
    """Read the context files. Raises ContentError, SettingsError."""
    _tuning(beside, scope)


def _tuning(beside: Beside, scope: Scope) -> Tuning:
    from bootwatch.detect.tuning import Tuning

    return Tuning.of(
        scope.clock,
        changes=map(Path, beside.changes),
        allow=map(Path, beside.allow),
        inventory=map(Path, beside.inventory),
        exceptions=map(Path, beside.exceptions),
    )


def wanted(scope: Scope, pack: Pack) -> Prefilter:
    """What the bytes of an event hold that any detection of the pack could look at."""
    from bootwatch.detect.correlate import wanted as asked

    return asked(pack.detections, scope.context(), tag_literals())


def _verdict(
    detection: Detection, source: EventSource, scope: Scope, messages: list[str], plans: Plans | None
) -> list[Finding]:
    """What a detection that scores its rows itself says of them."""
    from bootwatch.detect.observe import Observed
    from bootwatch.detect.run import findings

    seen = Observed(source)
    result = search(detection.search, seen, scope, plans=plans)
    rows = list(result.rows())
    messages.extend(f"{detection.id}: {message}" for message in result.messages)
    return findings(detection, rows, origins=seen.origins(rows))


def _correlated(
    detections: list[Detection],
    source: EventSource,
    scope: Scope,
    pack: Pack,
    beside: Beside,
    messages: list[str],
    plans: Plans | None,
) -> list[Finding]:
    """The stories that detections make together."""
    from bootwatch.detect import state
    from bootwatch.detect.correlate import ALONE, Options, Tools, correlate
    from bootwatch.detect.habits import WorkingHours
    from bootwatch.detect.planned import Plans
    from bootwatch.ingest.headers import Reader

    around = _tuning(beside, scope)
    kept = None if beside.state is None else Path(beside.state)
    options = Options(
        beside.whole_log,
        state.State() if kept is None else state.read(kept),
        None if beside.working_hours is None else WorkingHours.of(beside.working_hours, scope.clock.zone),
        lambda host: None if (device := around.device(host)) is None else device.vendor_os,
    )
    runs = replace(embedded(scope), prefilter=True, few=True, threads=1)  # as many searches run side by side
    whole: Engine = embedded(scope)
    read = source
    cluster = on_spark(scope)
    if cluster is not None:
        from bootwatch.engines.spark.spread import Spread

        whole, read = cluster, Spread(source, cluster)
    texts = Reader(scope.clock).read
    tools = Tools(scope.context(), runs, whole, tag_literals(), texts, scope.threads, plans or Plans())
    made = correlate(read, detections, tools, around, pack.attack, pack.detection(ALONE), options=options)
    if kept is not None:
        window_s = max(state.LOOK_BACK, *(each.correlation.window for each in pack.detections)).total_seconds()
        now_s = scope.clock.now.timestamp()
        before = options.state.rows
        state.write(kept, made.held.every(), made.habits, window_s=window_s, now_s=now_s, told=made.told, before=before)
    made.held.close()
    messages.extend([*made.messages, *around.notes()])
    return list(made.told.findings)


def _worst(finding: Finding) -> tuple[int, str, str]:
    return (-finding.score, finding.host, finding.id)


def pack(folders: Sequence[Path]) -> Pack:
    """The shipped content pack, with further ones, of which every file is read. Raises ContentError."""
    from bootwatch.detections.pack import load

    found = load(folders)
    if folders:
        library(found, folders)
        knowledge(folders).read()
    return found


def library(pack: Pack, folders: Sequence[Path] = ()) -> Library:
    """What the same folders hold beside the detections: guides, tests, hunts, playbooks, rules. Raises ContentError."""
    from bootwatch.detections.library import read_library
    from bootwatch.diagnose.facts import load

    sources = [f"{Path(platform.path).stem}/{source.id}" for platform in load() for source in platform.sources]
    return read_library(pack, sources, folders)


def compile_pack(pack: Pack, scope: Scope | None = None) -> dict[str, Checked]:
    """Every detection's search, compiled."""
    return {detection.id: check(detection.search, scope) for detection in pack.detections}


def samples() -> list[Path]:
    """The bundled sample logs."""
    folder = Path(__file__).parent / "content" / "samples"
    return sorted(path for path in folder.iterdir() if path.suffix == ".log")
