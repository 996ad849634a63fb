"""What an operator asks of a running service: ``/health`` and ``/metrics`` (Prometheus text format 0.0.4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_ESCAPED: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


@dataclass(frozen=True, slots=True)
class Metric:
    """One family: its name without ``bootwatch_``, what it means, and its samples by labels."""

    name: str
    kind: str
    doc: str
    samples: tuple[tuple[dict[str, str], float], ...]


def exposition(metrics: Iterable[Metric]) -> str:
    """The metrics as Prometheus reads them."""
    lines = []
    for metric in metrics:
        name = f"bootwatch_{metric.name}"
        lines += [f"# HELP {name} {metric.doc}", f"# TYPE {name} {metric.kind}"]
        for labels, value in metric.samples:
            inside = ",".join(f'{key}="{text.translate(_ESCAPED)}"' for key, text in labels.items())
            lines.append(f"{name}{{{inside}}} {value:.10g}" if inside else f"{name} {value:.10g}")
    return "\n".join(lines) + "\n"


class Operations:
    """The ASGI application. ``troubles`` says what is wrong now, in sentences; none is health."""

    def __init__(self, troubles: Callable[[], list[str]], metrics: Callable[[], Iterable[Metric]]) -> None:
        self._troubles, self._metrics = troubles, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        status, kind, body = 404, "application/json", b'{"error":"not found; there are /health and /metrics"}'
        if scope["method"] not in ("GET", "HEAD"):
            status, body = 405, b'{"error":"only GET is answered"}'
        elif scope["path"] == "/health":
            troubles = self._troubles()
            status = 503 if troubles else 200
            body = msgspec.json.encode({"status": "troubled" if troubles else "ok", "troubles": troubles})
        elif scope["path"] == "/metrics":
            status, kind, body = 200, "text/plain; version=0.0.4; charset=utf-8", exposition(self._metrics()).encode()
        headers = [(b"content-type", kind.encode()), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
