"""Another Splunk's HTTP Event Collector: the alert as an event."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from bootwatch.detect.alertstore import Message
from bootwatch.detect.sinks import http, sink
from bootwatch.documents.entry import Entry


@dataclass(frozen=True, slots=True)
class SplunkHec:
    url: str
    token: str = field(repr=False)
    index: str | None
    sourcetype: str

    def send(self, message: Message, alert: dict[str, Any]) -> None:
        content: dict[str, Any] = {
            "time": round(time.time(), 3),
            "host": alert["finding"]["host"],
            "source": "bootwatch",
            "sourcetype": self.sourcetype,
            "event": {"event": message.event, "key": message.key, **alert},
        }
        if self.index:
            content["index"] = self.index
        http.post(
            f"{self.url.rstrip('/')}/services/collector/event", content, {"Authorization": f"Splunk {self.token}"}
        )


def read(item: Entry) -> SplunkHec:
    return SplunkHec(
        sink.address(item, "url"),
        sink.secret(item, "token"),
        item.optional_text("index"),
        item.optional_text("sourcetype") or "bootwatch:alert",
    )
