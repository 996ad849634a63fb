"""``extract``: ``key=value`` fields out of the event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from bootwatch.algebra.plans import Plan, column
from bootwatch.algebra.scalars import Kernel
from bootwatch.algebra.types import FieldType
from bootwatch.events.fields import RAW
from bootwatch.spl.command import Command, CommandKind, command
from bootwatch.spl.context import Context
from bootwatch.spl.cursor import Cursor, Word
from bootwatch.spl.extraction import extracted
from bootwatch.spl.values import as_text

DEFAULT_LIMIT: Final = 50
MAX_CHARS: Final = 10_240
_OPTIONS: Final = (
    "pairdelim",
    "kvdelim",
    "limit",
    "maxchars",
    "mv_add",
    "clean_keys",
    "reload",
    "segment",
    "auto",
)


@command("extract", "kv", kind=CommandKind.DISTRIBUTABLE_STREAMING)
@dataclass(frozen=True, slots=True)
class Extract(Command):
    """``extract [pairdelim=" "] [kvdelim="="] [limit=50] [maxchars=10240] [mv_add=f] [clean_keys=t]``.

    Fields out of the pairs of ``_raw``. Each character of the delimiters counts; a value in double quotes may hold
    them. Without delimiters the automatic extraction is done again. A field that is there already stays, or with
    ``mv_add=t`` gets the values added; of a key that is repeated the first value counts, or all. ``clean_keys`` turns
    other characters of a key than letters and digits into ``_``. ``reload``, ``segment`` and ``auto`` change nothing.
    """

    pairdelim: str = ""
    kvdelim: str = ""
    limit: int = DEFAULT_LIMIT
    maxchars: int = MAX_CHARS
    mv_add: bool = False
    clean_keys: bool = True

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        given = args.options(*_OPTIONS)
        if not args.done:
            name = args.field(what='an option such as pairdelim=","')
            args.unsupported(
                f"the field extraction '{name.value}' of a transforms.conf is not known here",
                name.span,
                hint="write it with rex, or name the delimiters with pairdelim and kvdelim",
            )
        flags = {key: args.as_bool(given[key]) for key in _OPTIONS[4:] if key in given}
        return cls(
            _characters(args, given.get("pairdelim")),
            _characters(args, given.get("kvdelim")),
            args.as_integer(given["limit"]) if "limit" in given else DEFAULT_LIMIT,
            args.as_integer(given["maxchars"], least=1) if "maxchars" in given else MAX_CHARS,
            mv_add=flags.get("mv_add", False),
            clean_keys=flags.get("clean_keys", True),
        )

    def plan(self, source: Plan, context: Context) -> Plan:
        of = column(source, RAW)
        automatic = not self.pairdelim and not self.kvdelim
        if of is None or (automatic and source.fields.open and not self.mv_add):
            return source  # events whose fields are extracted as they are needed
        settings = (
            self.pairdelim,
            self.kvdelim,
            str(self.maxchars),
            str(self.limit),
            "clean" if self.clean_keys else "",
            "all" if self.mv_add else "",
        )
        pairs = Kernel("text_pairs", (as_text(of),), settings, FieldType.MULTI)
        existing = "append" if self.mv_add else "keep"
        return extracted(source, pairs, context, what="extract", existing=existing)


def _characters(args: Cursor, word: Word | None) -> str:
    """Delimiters as written: ``\\t`` is a tab, ``\\n`` a line break."""
    if word is None:
        return ""
    found = word.value.replace("\\t", "\t").replace("\\n", "\n").replace("\\r", "\r")
    if not found:
        args.fail("a delimiter cannot be empty", word.span)
    return found
