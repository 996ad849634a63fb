"""``collect``: the rows as events of an index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Self

from bootwatch.algebra.plans import Cell, Limit, Plan
from bootwatch.errors import Span, SplUnsupported
from bootwatch.events.fields import HOST, INDEX, RAW, SOURCE, SOURCETYPE, TIME
from bootwatch.spl.command import Command, CommandKind, Undecided, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor
from bootwatch.spl.risky import guard
from bootwatch.spl.subsearch import compared, shown, warn

_OPTIONS: Final = (
    "index",
    "addtime",
    "file",
    "host",
    "marker",
    "output_format",
    "run_in_preview",
    "spool",
    "source",
    "sourcetype",
    "testmode",
    "uselb",
)
MOST_ROWS: Final = 1_000_000


@command("collect", "stash", kind=CommandKind.DATASET_PROCESSING)
@dataclass(frozen=True, slots=True)
class Collect(Command):
    """``collect index=<name> [sourcetype=stash] [source=] [host=] [marker=""] [addtime=t] [testmode=f]``: stores rows.

    The rows go on. A row with ``_raw`` is stored as that text; any other as its fields, ``key="value"`` each, behind
    its time. ``testmode=t`` stores nothing. A risky command of Splunk's list: it runs only with ``--allow-risky``.
    """

    index: str = "summary"
    sourcetype: str = "stash"
    source: str = "bootwatch"
    host: str = ""
    marker: str = ""
    addtime: bool = True
    testmode: bool = False
    span: Span | None = None
    at: int = 0

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        at = args.at
        start = args.here() if not args.done else None
        options = args.options(*_OPTIONS)
        if "output_format" in options and options["output_format"].value.lower() != "raw":
            args.unsupported("output_format=hec is not supported", options["output_format"].span)
        values = {name: word.value for name, word in options.items()}
        return cls(
            values.get("index", "summary"),
            values.get("sourcetype", "stash"),
            values.get("source", "bootwatch"),
            values.get("host", ""),
            values.get("marker", ""),
            "addtime" not in options or args.as_bool(options["addtime"]),
            "testmode" in options and args.as_bool(options["testmode"]),
            start,
            at,
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        guard("collect", context, self.span)
        key = (context.text, self.at, "collect")
        if key not in context.results:
            count = MOST_ROWS + 1
            raise Undecided(source=Limit(source, count), key=key, rows=count, discover=source.fields.open)
        stored = context.results[key]
        if stored.preview or self.testmode:
            return stored
        if context.store is None:
            message = "there is no store to collect into"
            raise SplUnsupported(message, text=context.text, span=self.span, hint="collect is for searches of a store")
        if len(stored.rows) > MOST_ROWS:
            warn(context, f"collect stored the first {MOST_ROWS:,} rows")
        now = context.clock.now.timestamp()
        context.store([self._event(row, now) for row in stored.rows[:MOST_ROWS]])
        return stored

    def _event(self, row: Mapping[str, Cell], now: float) -> dict[str, str | float]:
        when = row.get(TIME)
        moment = when if isinstance(when, float) else now
        found: dict[str, str | float] = {
            TIME: moment,
            INDEX: self.index,
            SOURCE: self.source,
            SOURCETYPE: self.sourcetype,
            RAW: self._text(row, moment),
        }
        host = self.host or row.get(HOST)
        if isinstance(host, str):
            found[HOST] = host
        return found

    def _text(self, row: Mapping[str, Cell], moment: float) -> str:
        raw = row.get(RAW)
        if raw is not None:
            return shown(raw)
        parts: list[str] = []
        if self.addtime:
            parts.append(datetime.fromtimestamp(moment, UTC).strftime("%m/%d/%Y %H:%M:%S +0000"))
        for name, cell in row.items():
            if not name.startswith("_"):
                values = cell if isinstance(cell, tuple) else (shown(cell),)
                parts += [compared(name, value) for value in values]
        if self.marker:
            parts.append(self.marker)
        return ", ".join(parts)
