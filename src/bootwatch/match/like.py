"""Patterns of LIKE as PCRE: ``%`` any run, ``_`` one character, a backslash before either or itself is literal."""

from __future__ import annotations

from bootwatch.match.regex import literal


def like_source(pattern: str) -> str:
    """The regular expression that matches exactly the texts a LIKE pattern does, with their case."""
    out = ["(?s)^"]
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\" and pattern[at + 1 : at + 2] in ("%", "_", "\\"):
            out.append(literal(pattern[at + 1]))
            at += 2
            continue
        out.append(".*" if char == "%" else "." if char == "_" else literal(char))
        at += 1
    out.append(r"\z")
    return "".join(out)
