"""An alert in a few words, for people who read it in a chat, a mail or a pager."""

from __future__ import annotations

from typing import Any

_SAID = {
    "created": "New alert",
    "extended": "More evidence",
    "reopened": "Opened again",
    "closed": "Closed",
    "stage": "Taken up",
    "assigned": "Assigned",
    "comment": "Comment",
}


def headline(event: str, alert: dict[str, Any]) -> str:
    """``New alert, critical: Image replaced on r1``."""
    finding = alert["finding"]
    return f"{_SAID.get(event, event)}, {finding['severity']}: {plain(finding['title'])}"


def facts(alert: dict[str, Any]) -> list[tuple[str, str]]:
    """What is known, as pairs of a name and a value."""
    finding = alert["finding"]
    found = [
        ("Device", finding["host"]),
        ("When", f"{finding['first_time']} to {finding['last_time']}"),
        ("Who", ", ".join(finding["users"])),
        ("From", ", ".join(finding["sources"])),
        ("Image", ", ".join(finding["images"])),
        ("Techniques", ", ".join(finding["techniques"])),
        ("Score", f"{finding['score']} of 100, confidence {finding['confidence']}"),
        ("Alert", alert["id"][:12]),
    ]
    return [(name, plain(value)) for name, value in found if value]


def evidence(alert: dict[str, Any], most: int = 5) -> list[str]:
    """The last events, one line each."""
    return [f"{one['time']}  {plain(one['_raw'])[:300]}" for one in alert["finding"]["evidence"][-most:]]


def plain(text: str) -> str:
    """Text from a device without control characters."""
    return "".join(char if char.isprintable() else "\ufffd" for char in str(text))
