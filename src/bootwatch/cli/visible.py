"""Text from a device made safe to look at."""

from __future__ import annotations

from typing import Final

_CONTROL: Final = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if code not in (9, 10)}
# Marks that turn the direction of what follows, so that a line reads as something else than it is (Unicode, UAX #9).
_DIRECTION: Final = {
    code: f"\\u{code:04x}" for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}
_SHOWN: Final = _CONTROL | _DIRECTION


def visible(text: str) -> str:
    """Control characters shown as \\x1b and the like, marks of direction as \\u202e; line ends and tabs stay."""
    return text.translate(_SHOWN)
