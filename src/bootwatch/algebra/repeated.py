"""How the keys that a text holds say which of them it holds more than once."""

from __future__ import annotations

from typing import Final

SEVERAL: Final = "\x1f"
"""Ends the name of a key that occurs several times."""
