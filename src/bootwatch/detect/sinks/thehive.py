"""TheHive 5: ``POST /api/v1/alert``; a story's source reference stays, so that the same alert is not made twice."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from bootwatch.detect.alertstore import Message
from bootwatch.detect.sinks import http, sink, words
from bootwatch.detect.sinks.sink import Rejected
from bootwatch.documents.entry import Entry

_SEVERITIES: Final = {"info": 1, "low": 1, "medium": 2, "high": 3, "critical": 4}


@dataclass(frozen=True, slots=True)
class TheHive:
    url: str
    key: str = field(repr=False)

    def send(self, message: Message, alert: dict[str, Any]) -> None:
        finding = alert["finding"]
        lines = "\n".join(f"    {line}" for line in words.evidence(alert, 20))
        known = "\n".join(f"- {name}: {value}" for name, value in words.facts(alert))
        content = {
            "type": "bootwatch",
            "source": "bootwatch",
            "sourceRef": alert["id"] if message.event == "created" else message.key,
            "title": words.headline(message.event, alert)[:512],
            "description": f"{known}\n\n{lines}",
            "severity": _SEVERITIES[str(finding["severity"])],
            "tags": [*finding["techniques"], finding["detection"]],
            "observables": [
                *({"dataType": "hostname", "data": words.plain(name)} for name in [finding["host"]]),
                *({"dataType": "filename", "data": words.plain(name)} for name in finding["images"]),
                *({"dataType": "other", "data": words.plain(name)} for name in finding["sources"]),
            ],
        }
        try:
            http.post(f"{self.url.rstrip('/')}/api/v1/alert", content, {"Authorization": f"Bearer {self.key}"})
        except Rejected as exc:
            if "already exist" not in str(exc):  # a try before this one came through, and its answer did not
                raise


def read(item: Entry) -> TheHive:
    return TheHive(sink.address(item, "url"), sink.secret(item, "key"))
