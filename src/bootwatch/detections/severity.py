"""How bad a finding is: the five severities, the score bands behind them, and how sure we are."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Severity(StrEnum):
    """From mild to grave; the order of the members is the order of severity."""

    INFO = "info"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for info up to 4 for critical."""
        return _ORDER[self]

    @classmethod
    def of_score(cls, score: int) -> Severity:
        """The band of a score of 0 to 100: up to 20 info, 40 low, 60 medium, 80 high, above that critical."""
        return next((severity for top, severity in _BANDS if score <= top), cls.CRITICAL)


class Confidence(StrEnum):
    """How likely a finding means what its title says."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


_ORDER: Final = {severity: rank for rank, severity in enumerate(Severity)}
_BANDS: Final = ((20, Severity.INFO), (40, Severity.LOW), (60, Severity.MEDIUM), (80, Severity.HIGH))
