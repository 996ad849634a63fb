"""Slack: an incoming webhook, Block Kit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bootwatch.detect.alertstore import Message
from bootwatch.detect.sinks import http, sink, words
from bootwatch.documents.entry import Entry


@dataclass(frozen=True, slots=True)
class Slack:
    url: str = field(repr=False)

    def send(self, message: Message, alert: dict[str, Any]) -> None:
        headline = words.headline(message.event, alert)
        known = "\n".join(f"*{name}*  {_escaped(value)}" for name, value in words.facts(alert))
        lines = _escaped("\n".join(words.evidence(alert)))[:2800]
        http.post(
            self.url,
            {
                "text": _escaped(headline),
                "blocks": [
                    {"type": "header", "text": {"type": "plain_text", "text": headline[:150]}},
                    {"type": "section", "text": {"type": "mrkdwn", "text": known[:2900]}},
                    {"type": "section", "text": {"type": "mrkdwn", "text": f"```{lines}```"}},
                ],
            },
        )


def _escaped(text: str) -> str:
    """As Slack asks: its three control characters; a backquote would end the block of lines."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("`", "'")


def read(item: Entry) -> Slack:
    return Slack(sink.address(item, "url"))
