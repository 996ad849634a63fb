"""What surroundings say about a story: who the device is, what was approved, whose systems manage it.

Correlation asks this of whatever implements :class:`Surroundings`; without files about changes, managers and devices
there is :class:`Nothing` to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from bootwatch.detect.story import Story


@dataclass(frozen=True, slots=True)
class Multiplier:
    """The score is multiplied by ``factor``, because of ``why``: a sentence for the score trace."""

    factor: float
    why: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """Multipliers in the order they are to be taken, and why the story is no open finding (None: it is one).

    ``notes`` are sentences that change no score, such as the mismatch of a change that nearly fits.
    """

    multipliers: tuple[Multiplier, ...] = ()
    suppression: str | None = None
    notes: tuple[str, ...] = ()


class Surroundings(Protocol):
    """What is known beside the log."""

    def name_of(self, host: str) -> str:
        """The name of the device with this name or address; the same text where it is not known."""

    def knows(self, host: str) -> bool:
        """Whether there is a device of this name or address beside the log."""

    def version_of(self, host: str) -> str | None:
        """The release a device is said to run; None where nobody says."""

    def judge(self, story: Story) -> Judgement:
        """What speaks for and against a story. Called once for each story of a scan."""

    def notes(self) -> list[str]:
        """What a person should hear when the scan is done: entries nothing met, and those that have expired."""


class Nothing:
    """No files were given."""

    def name_of(self, host: str) -> str:
        return host

    def knows(self, host: str) -> bool:
        return False

    def version_of(self, host: str) -> str | None:
        return None

    def judge(self, story: Story) -> Judgement:
        return Judgement()

    def notes(self) -> list[str]:
        return []
