"""Posting a message over HTTP, and what the answer means for it."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Final

from bootwatch.detect.sinks.sink import Rejected, Retry, error_of
from bootwatch.version import __version__

TIMEOUT_S: Final = 10.0
_AGAIN: Final = frozenset({408, 409, 425, 429})
_SHOWN: Final = 200


def post(url: str, content: Any, headers: Mapping[str, str] | None = None) -> bytes:
    """Post JSON, or bytes as they are; the answer's body. Raises Retry or Rejected.

    A redirect is not followed: whoever was trusted with the message is the one that was named.
    """
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    request = urllib.request.Request(url, body, method="POST")  # noqa: S310 - the scheme was checked when it was read
    request.add_header("Content-Type", "application/json")
    request.add_header("User-Agent", f"bootwatch/{__version__}")
    for name, value in (headers or {}).items():
        request.add_header(name, value)
    try:
        with _OPENER.open(request, timeout=TIMEOUT_S) as answer:
            read: bytes = answer.read(1 << 20)
            return read
    except urllib.error.HTTPError as exc:
        with exc:
            said = exc.read(_SHOWN).decode("utf-8", "replace").strip()
            why = f"HTTP {exc.code}" + (f": {said}" if said else "")
            if exc.code >= 500 or exc.code in _AGAIN:
                after = exc.headers.get("Retry-After", "")
                raise Retry(why, float(after) if after.isdigit() else None) from None
            raise Rejected(why) from None
    except (OSError, http.client.HTTPException) as exc:
        why = error_of(exc) if isinstance(exc, OSError) else repr(exc)
        raise Retry(why) from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: object, **kwargs: object) -> None:
        return None


_OPENER: Final = urllib.request.build_opener(_NoRedirect)
