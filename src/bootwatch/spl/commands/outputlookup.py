"""``outputlookup``: the rows as a lookup's table."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from bootwatch.algebra.plans import Cell, Limit, Plan, Stored
from bootwatch.errors import InputError, Span, SplUnsupported
from bootwatch.knowledge import lookups
from bootwatch.spl.command import Command, CommandKind, Undecided, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.risky import guard
from bootwatch.spl.subsearch import shown, warn

_OPTIONS: Final = (
    "append",
    "create_empty",
    "override_if_empty",
    "max",
    "key_field",
    "createinapp",
    "create_context",
    "output_format",
    "allow_updates",
)
DEFAULT_ROWS: Final = 50_000
_KEY: Final = "_key"


@command("outputlookup", kind=CommandKind.DATASET_PROCESSING)
@dataclass(frozen=True, slots=True)
class Outputlookup(Command):
    """``outputlookup [append=f] [key_field=] [create_empty=t] [override_if_empty=t] [max=50000] <table>``: writes rows.

    The rows go on. The table is a CSV file of the folder of lookups; several values of a field stand one on a line.
    ``append=t`` adds rows under the columns the table has. With ``key_field`` a column ``_key`` holds that field's
    value, and of rows with one key the last stays, in the place of the first. Without rows the table becomes empty, or
    with ``override_if_empty=f`` stays. A risky command of Splunk's list: it runs only with ``--allow-risky``.
    """

    table: Word
    append: bool = False
    create_empty: bool = True
    override_if_empty: bool = True
    most: int = DEFAULT_ROWS
    span: Span | None = None
    key_field: str | None = None

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        options = args.options(*_OPTIONS)
        table = args.word()
        if table is None:
            args.unexpected("the name of a lookup")
        args.options(*_OPTIONS, given=options)
        flags = {
            name: args.as_bool(options[name])
            for name in ("append", "create_empty", "override_if_empty")
            if name in options
        }
        return cls(
            table,
            flags.get("append", False),
            flags.get("create_empty", True),
            flags.get("override_if_empty", True),
            args.as_integer(options["max"], least=1) if "max" in options else DEFAULT_ROWS,
            table.span,
            options["key_field"].value if "key_field" in options else None,
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        guard("outputlookup", context, self.span)
        path = context.knowledge.lookups.target(self.table.value)
        if path is None and not context.checking:
            message = f"there is nowhere to write the lookup '{self.table.value}' to"
            raise SplUnsupported(message, text=context.text, span=self.span, hint="--lookups DIR says where")
        key = (context.text, self.span, "outputlookup")
        if key not in context.results:
            raise Undecided(
                source=Limit(source, self.most + 1), key=key, rows=self.most + 1, discover=source.fields.open
            )
        stored = context.results[key]
        if not stored.preview and path is not None:
            self._write(stored, path, context)
        return Limit(stored, self.most)

    def _write(self, stored: Stored, path: Path, context: Context) -> None:
        if len(stored.rows) > self.most:
            warn(context, f"outputlookup wrote the first {self.most:,} rows")
        rows = stored.rows[: self.most]
        if not rows and path.exists() and not self.override_if_empty:
            return
        if not rows and not path.exists() and not self.create_empty:
            return
        names = [name for name in stored.fields.known if not name.startswith("#")]
        if self.key_field is not None and _KEY not in names:
            names.append(_KEY)
        written: list[list[str]] = []
        if self.append and path.exists():
            known = lookups.table(path)
            names = list(known.columns)
            written = [list(row) for row in zip(*(known.cells[name] for name in names), strict=True)]
            if self.key_field is not None and _KEY not in names:
                names.append(_KEY)
                written = [[*row, ""] for row in written]
        written += [[self._cell(row, name) for name in names] for row in rows]
        write_csv(path, names, written if self.key_field is None else _by_key(written, names.index(_KEY)))

    def _cell(self, row: Mapping[str, Cell], name: str) -> str:
        if name == _KEY and self.key_field is not None:
            name = self.key_field
        return shown(row[name]) if name in row else ""


def _by_key(rows: list[list[str]], place: int) -> list[list[str]]:
    """The last row of each key, where the first stood; a row without a key is its own."""
    found: dict[object, list[str]] = {}
    for nth, row in enumerate(rows):
        found[row[place] or nth] = row
    return list(found.values())


def write_csv(path: Path, names: list[str], rows: list[list[str]]) -> None:
    """A CSV file in place of what was there, whole or not at all. Raises InputError."""
    part = path.with_name(f".{path.name}.part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(names)
            writer.writerows(rows)
        part.replace(path)
    except OSError as exc:
        raise InputError(f"cannot be written: {exc.strerror or exc}", path=path) from exc
