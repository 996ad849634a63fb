"""What is known beside the log, in one place: :class:`Tuning` is the surroundings that correlation asks.

Nothing is hidden here: a story that an approved change, a management system or an exception explains is *suppressed*
with the reason, and stays in the output.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Self

from bootwatch.detect.judgement import Judgement
from bootwatch.detect.story import Story
from bootwatch.detect.tuning.inventory import Device
from bootwatch.events.clock import Clock


class Tuning:
    """Context files, read. Implements :class:`bootwatch.detect.judgement.Surroundings`.

    ``judge`` says the same of the same story whatever was judged before; it remembers which entries were of use, and
    ``notes`` says at the end which were not, which have expired, and what reading the files made of doubtful places.
    """

    @classmethod
    def of(
        cls,
        clock: Clock,
        *,
        changes: Iterable[Path] = (),
        allow: Iterable[Path] = (),
        inventory: Iterable[Path] = (),
        exceptions: Iterable[Path] = (),
    ) -> Self:
        """Reads the files. ``clock.zone`` is that of times without one, ``clock.now`` decides what has expired.

        Raises ContentError with file, line and what would be accepted.
        """
        return cls()

    def name_of(self, host: str) -> str:
        """The inventory's name of the device with this name, alias or address; the same text where it has none."""
        return host

    def device(self, host: str) -> Device | None:
        """What the inventory knows of a device, by any of its names."""
        return None

    def judge(self, story: Story) -> Judgement:
        """Multipliers in the order they are taken, whether the story is suppressed and why, and what nearly fits."""
        return Judgement()

    def notes(self) -> list[str]:
        """What a person should hear when the scan is done."""
        return []
