"""Text with places for names and values: what ``foreach`` repeats for each field or value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from bootwatch.spl.text import quote_end

_PLAIN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_UNSAFE: Final = re.compile(r"""['"|\[\]\\`]|[\x00-\x1f]""")


def safe(name: str) -> bool:
    """Whether a name can stand in the text of a search: data decides names, and must not decide what is searched."""
    return _UNSAFE.search(name) is None


def blanked(text: str, start: int, end: int, tokens: Mapping[str, str]) -> str:
    """The text with every token in a range read as a name of the same length, so that offsets hold."""
    body = text[start:end]
    for token in tokens:
        body = body.replace(token, "x" * len(token))
    return text[:start] + body + text[end:]


def filled(body: str, field: str, name: str, others: Mapping[str, str]) -> str:
    """The text with ``field`` read as a name and the other tokens as they are.

    Splunk puts the bare name there. A name that is no word of letters, digits and underscores only works in single
    quotes, and gets them where it stands alone.
    """
    for token, value in others.items():
        body = body.replace(token, value)
    if _PLAIN.fullmatch(name):
        return body.replace(field, name)
    parts = body.split(field)
    out = [parts[0]]
    for after in parts[1:]:
        before = "".join(out)
        alone = not (_touches(before[-1:]) or _touches(after[:1]) or _in_string(before))
        out.append((f"'{name}'" if alone else name) + after)
    return "".join(out)


def with_item(body: str, item: str, name: str) -> str:
    """The text with ``item`` read as the value of a field: inside a string it is put together with the rest of it."""
    out: list[str] = []
    at = 0
    while at < len(body):
        if body[at] == '"':
            stop = quote_end(body, at, len(body))
            stop = len(body) if stop < 0 else stop
            quoted = body[at:stop]
            if item in quoted:
                pieces = quoted[1:-1].split(item)
                quoted = "(" + f".'{name}'.".join(f'"{piece}"' for piece in pieces) + ")"
            out.append(quoted)
            at = stop
        elif body.startswith(item, at):
            out.append(f"'{name}'")
            at += len(item)
        else:
            out.append(body[at])
            at += 1
    return "".join(out).replace(f"''{name}''", f"'{name}'")


def _touches(char: str) -> bool:
    return char.isalnum() or char in ("_", "'", '"', ".", "{", "}")


def _in_string(before: str) -> bool:
    at = 0
    while at < len(before):
        if before[at] == '"':
            stop = quote_end(before, at, len(before))
            if stop < 0:
                return True
            at = stop
        else:
            at += 1
    return False
