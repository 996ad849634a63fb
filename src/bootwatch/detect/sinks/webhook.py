"""A webhook: the alert as JSON, signed so that the receiver knows it is ours and fresh.

``X-Bootwatch-Signature`` is ``t=SECONDS,v1=HEX``: the HMAC-SHA256 of ``SECONDS.BODY`` with the shared secret.
``Idempotency-Key`` stays the same however often a message is tried.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from typing import Any

from bootwatch.detect.alertstore import Message
from bootwatch.detect.sinks import http, sink
from bootwatch.documents.entry import Entry


@dataclass(frozen=True, slots=True)
class Webhook:
    url: str
    secret: str | None = field(repr=False)

    def send(self, message: Message, alert: dict[str, Any]) -> None:
        body = json.dumps({"event": message.event, "key": message.key, "alert": alert}).encode()
        headers = {"Idempotency-Key": message.key}
        if self.secret:
            at = int(time.time())
            headers["X-Bootwatch-Signature"] = f"t={at},v1={signature(self.secret, at, body)}"
        http.post(self.url, body, headers)


def signature(secret: str, at: int, body: bytes) -> str:
    """The signature of a body sent at a time, as the receiver computes it as well."""
    return hmac.new(secret.encode(), b"%d.%b" % (at, body), hashlib.sha256).hexdigest()


def read(item: Entry) -> Webhook:
    return Webhook(sink.address(item, "url"), sink.secret(item, "secret") if item.has("secret") else None)
