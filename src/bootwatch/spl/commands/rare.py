"""``rare``: the least frequent values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bootwatch.spl.command import CommandKind, command
from bootwatch.spl.commands.top import Frequency


@command("rare", kind=CommandKind.TRANSFORMING)
@dataclass(frozen=True, slots=True)
class Rare(Frequency):
    """``rare [N] [limit=10] … <fields> [BY <fields>]``: as ``top``, least frequent first."""

    descending: ClassVar[bool] = False
