"""One thing that was tried, and how it went."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Json = str | int | bool | None | list[str]


class Kind(StrEnum):
    POSITIVE = "positive"
    NEGATIVE = "negative"
    SIGMA = "sigma"
    SEARCH = "search"
    EXERCISE = "exercise"
    HUNT = "hunt"


@dataclass(frozen=True, slots=True)
class Outcome:
    """``of`` is the id of the detection, exercise or hunt, ``os`` None where it is not about one system.

    ``problems`` are empty where it went as promised. ``not_run`` is what only a device could tell; ``tried`` is False
    where there was nothing to try, because the system has no such test.
    """

    kind: Kind
    of: str
    os: str | None
    name: str
    problems: tuple[str, ...]
    not_run: tuple[str, ...] = ()
    tried: bool = True

    @property
    def ok(self) -> bool:
        return not self.problems

    def to_dict(self) -> dict[str, Json]:
        """As JSON, keys in a fixed order."""
        return {
            "kind": self.kind.value,
            "of": self.of,
            "os": self.os,
            "name": self.name,
            "tried": self.tried,
            "ok": self.ok,
            "problems": list(self.problems),
            "not_run_on_a_device": list(self.not_run),
        }
