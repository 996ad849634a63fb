"""``inputcsv``: the rows of a CSV file of the folder of lookups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from bootwatch.spl.command import CommandKind, command
from bootwatch.spl.commands.inputlookup import Inputlookup
from bootwatch.spl.cursor import Cursor


@command("inputcsv", kind=CommandKind.GENERATING)
@dataclass(frozen=True, slots=True)
class Inputcsv(Inputlookup):
    """``inputcsv [append=f] [start=0] [max=] [events=f] [dispatch=f] <file> [where <search>]``: as ``inputlookup``.

    Files are those of the folder of lookups; ``dispatch`` and ``events`` are accepted and change nothing.
    """

    @classmethod
    def parse(cls, args: Cursor) -> Self:
        return cls.read(args, "the name of a file", "dispatch", "events")
