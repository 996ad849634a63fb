"""How a number is spelled where it becomes text."""

from __future__ import annotations

from typing import Final

WHOLE: Final = 2.0**63
"""Integral values below this print as whole numbers, on every engine."""


def number_text(number: float) -> str:
    """A number as Splunk prints it: integral values without decimals, others in the shortest form that reads back."""
    return str(int(number)) if number.is_integer() and abs(number) < WHOLE else repr(number)
