"""PagerDuty: Events API v2. One incident for each alert: it is triggered, acknowledged and resolved with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from bootwatch.detect.alertstore import Message
from bootwatch.detect.sinks import http, sink, words
from bootwatch.documents.entry import Entry

_URL: Final = "https://events.pagerduty.com/v2/enqueue"
_SEVERITIES: Final = {"critical": "critical", "high": "error", "medium": "warning"}


@dataclass(frozen=True, slots=True)
class PagerDuty:
    url: str
    routing_key: str = field(repr=False)

    def send(self, message: Message, alert: dict[str, Any]) -> None:
        finding = alert["finding"]
        action = "trigger"
        if alert["stage"] == "closed":
            action = "resolve"
        elif message.event == "stage" and alert["stage"] in ("acknowledged", "in_progress"):
            action = "acknowledge"
        content: dict[str, Any] = {
            "routing_key": self.routing_key,
            "event_action": action,
            "dedup_key": alert["id"],
        }
        if action == "trigger":
            content["payload"] = {
                "summary": words.headline(message.event, alert)[:1024],
                "source": words.plain(finding["host"]),
                "severity": _SEVERITIES.get(str(finding["severity"]), "info"),
                "timestamp": finding["last_time"],
                "component": finding["os_family"] or "",
                "class": ", ".join(finding["techniques"]),
                "custom_details": dict(words.facts(alert)) | {"evidence": words.evidence(alert)},
            }
        http.post(self.url, content)


def read(item: Entry) -> PagerDuty:
    url = sink.address(item, "url") if item.has("url") else _URL
    return PagerDuty(url, sink.secret(item, "routing_key"))
