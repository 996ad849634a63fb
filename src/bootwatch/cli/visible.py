"""Text from a device made safe for a terminal."""

from __future__ import annotations

from typing import Final

_CONTROL: Final = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if code not in (9, 10)}


def visible(text: str) -> str:
    """Text safe for a terminal: control characters shown as \\x1b and the like; line ends and tabs stay."""
    return text.translate(_CONTROL)
