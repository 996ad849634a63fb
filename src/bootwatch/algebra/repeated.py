"""Marks in the texts that kernels hand to one another: they occur in no event that is read as text."""

from __future__ import annotations

from typing import Final

SEVERAL: Final = "\x1f"
"""Ends the name of a key that a text holds more than once."""
BETWEEN: Final = "\x1e"
"""Stands between the parts of a table's row."""
