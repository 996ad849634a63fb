"""Any of the services that the package apprise knows, by the address it gives them; the extra ``bootwatch[apprise]``.

It says whether a service took a message, and not why it did not: what is not taken is tried again, also what will never
be. An address is one target, as nothing tells which of several took a message.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any, Final

from bootwatch.detect.alertstore import Message
from bootwatch.detect.sinks import sink, words
from bootwatch.detect.sinks.sink import Retry
from bootwatch.documents.entry import Entry

_KINDS: Final = {"info": "info", "low": "info", "medium": "warning", "high": "warning", "critical": "failure"}


@dataclass(frozen=True, slots=True)
class Apprise:
    service: Any = field(repr=False)
    """One that apprise made of its address: untyped there."""

    def send(self, message: Message, alert: dict[str, Any]) -> None:
        known = "\n".join(f"{name}: {value}" for name, value in words.facts(alert))
        lines = "\n".join(words.evidence(alert))
        taken = self.service.notify(
            title=words.headline(message.event, alert),
            body=f"{known}\n\n{lines}\n\n{message.key}",
            notify_type=_KINDS.get(str(alert["finding"]["severity"]), "warning"),
            body_format="text",
        )
        if not taken:
            raise Retry("apprise could not deliver it; its log says more")


def read(item: Entry) -> Apprise:
    url = sink.secret(item, "url")
    try:
        apprise = importlib.import_module("apprise")
    except ModuleNotFoundError:
        raise item.error(
            "kind", "kind 'apprise' needs a package that is not installed: pip install 'bootwatch[apprise]'"
        ) from None
    service = apprise.Apprise()
    if not service.add(url):
        raise item.error("url", "'url' is no address that apprise knows")
    return Apprise(service)
