"""One search from text to answer: scope, plan, engine, the events view."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bootwatch.algebra.plans import Deferred, Plan, Resume, Select, Stored
from bootwatch.algebra.rules.optimise import optimise
from bootwatch.algebra.types import FieldSet, FieldType
from bootwatch.engines.engine import Again, Answer, Engine
from bootwatch.errors import EngineError, SplSyntaxError
from bootwatch.events.fields import EVENT_FIELDS, INDEXTIME
from bootwatch.events.source import EventSource, ScanReport
from bootwatch.search.rows import Row, rows
from bootwatch.spl.context import Context
from bootwatch.spl.pipeline import ParsedSearch, parse, plan

if TYPE_CHECKING:
    import pyarrow as pa

_MAX_STEPS = 10_000
_VIEW = tuple(name for name in EVENT_FIELDS if name != INDEXTIME)


@dataclass(frozen=True, slots=True)
class EventsView:
    """What a search shows that ends in events: their own fields first, then everything found in them."""

    def __call__(self, source: Stored) -> Plan:
        names = [name for name in _VIEW if name in source.fields.known]
        names += sorted(name for name in source.fields.known if name not in EVENT_FIELDS)
        return Select(source, tuple((name, name) for name in names))

    def describe(self) -> str:
        return "every field of the events"


@dataclass(frozen=True, slots=True)
class Shown:
    """The rest of a search whose end may turn out to be open events."""

    rest: Resume

    def __call__(self, source: Stored) -> Plan:
        return with_view(self.rest(source))

    def describe(self) -> str:
        return self.rest.describe()


def with_view(plan: Plan) -> Plan:
    """The plan, ending in every field of the events where it ends in open events."""
    if isinstance(plan, Deferred):
        return replace(plan, resume=Shown(plan.resume))
    return Deferred(plan, EventsView(), discover=True) if plan.fields.open else plan


@dataclass(slots=True)
class Result:
    """The rows of a search. They can be read once, by one of ``rows``, ``arrow`` and ``df``.

    ``fields`` names the columns in order; ``messages`` and ``report`` are complete once the rows are read.
    """

    answer: Answer
    source: EventSource | None = None

    @property
    def report(self) -> ScanReport:
        """What the scan met."""
        return ScanReport() if self.source is None else self.source.report

    @property
    def fields(self) -> Mapping[str, FieldType]:
        return self.answer.fields

    @property
    def messages(self) -> list[str]:
        return self.answer.messages

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Arrow batches as the engine gives them."""
        return self.answer.batches

    def rows(self) -> Iterator[Row]:
        """Rows as dictionaries: absent fields left out, whole numbers as int, several values as a list."""
        return rows(self.answer.batches, self.answer.fields)

    def arrow(self) -> pa.Table:
        """The whole answer as one Arrow table: numbers float64, multivalue fields lists of strings."""
        import pyarrow as pa

        batches = list(self.answer.batches)
        if not batches:
            kinds = {FieldType.MULTI: pa.list_(pa.string()), FieldType.TEXT: pa.string()}
            schema = pa.schema([(name, kinds.get(kind, pa.float64())) for name, kind in self.fields.items()])
            return pa.Table.from_batches([], schema=schema)
        return pa.Table.from_batches(batches)

    def df(self) -> object:
        """The answer as a pandas data frame. Raises ImportError where pandas is not installed."""
        return self.arrow().to_pandas()


def own_types(source: EventSource | None) -> dict[str, FieldType]:
    """The further fields a source carries itself, with their types."""
    if source is None:
        return {}
    return {name: FieldType.MULTI if several else FieldType.TEXT for name, several in source.own_fields(None).items()}


def planned(parsed: ParsedSearch, context: Context, *, prefilter: bool = True) -> Plan:
    """The optimised plan of a search; one that ends in open events shows all their fields."""
    try:
        return optimise(with_view(plan(parsed, context)), prefilter=prefilter)
    except RecursionError:
        raise _too_deep(parsed) from None


def _too_deep(parsed: ParsedSearch) -> SplSyntaxError:
    return SplSyntaxError("the search nests too deeply", text=parsed.expansion.original)


def steps(found: Plan, *, prefilter: bool = True) -> list[Plan]:
    """The plans an engine runs one after another, each deferral taken to find no rows: what a check compiles."""
    done: list[Plan] = []
    done.append(_settled(found, done, prefilter=prefilter))
    return done


def _settled(found: Plan, done: list[Plan], *, prefilter: bool) -> Plan:
    while isinstance(found, Deferred):
        if len(done) > _MAX_STEPS:
            raise EngineError("the search defers itself without end")
        source = _settled(found.source, done, prefilter=prefilter)
        done.append(source)
        fields = FieldSet(source.fields.known, source.fields.open and not found.discover, source.fields.absent)
        if found.batch is not None:
            fields = found.batch.fields(fields)
        values = tuple((name, ()) for name in found.distinct)
        stored = Stored(f"#preview{len(done)}", fields, values, preview=True)
        found = optimise(found.resume(stored), prefilter=prefilter)
    return found


def run(text: str, source: EventSource | None, engine: Engine, context: Context, *, prefilter: bool = True) -> Result:
    """Run a search. Raises SplError before anything is read, EngineError and InputError while it runs."""
    parsed = parse(text, context.knowledge)
    context = replace(context, own=own_types(source))
    try:
        return answered(planned(parsed, context, prefilter=prefilter), source, engine, context)
    except RecursionError:
        raise _too_deep(parsed) from None


def answered(
    plan: Plan, source: EventSource | None, engine: Engine, context: Context, again: Again | None = None
) -> Result:
    """Run a plan made in a context. Raises EngineError and InputError."""
    answer = engine.run(plan, source, again)
    answer.messages.extend(context.warnings)
    return Result(answer, source)


def prepared(text: str, source: EventSource | None, context: Context, *, prefilter: bool = True) -> Plan:
    """The optimised plan of a search over a source, for whoever runs it themselves. Raises SplError."""
    return planned(parse(text, context.knowledge), replace(context, own=own_types(source)), prefilter=prefilter)
