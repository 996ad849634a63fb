"""Microsoft Teams: a Workflows webhook, an Adaptive Card 1.4."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from bootwatch.detect.alertstore import Message
from bootwatch.detect.sinks import http, sink, words
from bootwatch.documents.entry import Entry

_COLOURS: Final = {"critical": "attention", "high": "attention", "medium": "warning"}


@dataclass(frozen=True, slots=True)
class Teams:
    url: str = field(repr=False)

    def send(self, message: Message, alert: dict[str, Any]) -> None:
        colour = _COLOURS.get(str(alert["finding"]["severity"]), "default")
        body: list[dict[str, Any]] = [
            {
                "type": "TextBlock",
                "text": words.headline(message.event, alert),
                "weight": "bolder",
                "size": "medium",
                "wrap": True,
                "color": colour,
            },
            {"type": "FactSet", "facts": [{"title": name, "value": value} for name, value in words.facts(alert)]},
            *(
                {"type": "TextBlock", "text": line, "fontType": "monospace", "wrap": True, "spacing": "small"}
                for line in words.evidence(alert)
            ),
        ]
        card = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": body,
        }
        attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "content": card}
        http.post(self.url, {"type": "message", "attachments": [attachment]})


def read(item: Entry) -> Teams:
    return Teams(sink.address(item, "url"))
