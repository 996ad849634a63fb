"""The page's search as plain Python: a second opinion on which lines it returns and with which fields.

Terms as Splunk cuts them (whole terms, then the phrase in the text, without case), the four categories with case.
Only for the few trusted lines of these tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

SOURCETYPES = {"cisco:ios", "cisco_syslog", "syslog", "juniper:junos:syslog", "pan:log"}
PHRASES = [
    "copy tftp",
    "copy ftp",
    "copy scp",
    "copy http",
    "archive download-sw",
    "archive copy-sw",
    "install add file",
    "install activate",
    "boot system flash",
    "boot system tftp",
    "boot system ftp",
    "no boot system",
    "ROMMON_CONFIG",
    "confreg 0x",
    "INTEGRITY_FAILED",
    "SIGNATURE_FAILED",
    "hash mismatch",
    "image verification failed",
    "FLASH-4-WRITE_FAILED",
    "FLASH-5-SIGNIFICANT_FLASH_ERASE",
]
CATEGORIES = {
    "IsImageTransfer": r"copy (tftp|ftp|scp|http|rcp):|archive (download-sw|copy-sw)|install add file|install activate",
    "IsBootManipulation": r"boot system (flash|tftp|ftp|http)|no boot system|ROMMON_CONFIG|confreg 0x[0-9a-fA-F]",
    "IsIntegrityAlert": "INTEGRITY_FAILED|SIGNATURE_FAILED|hash mismatch|image verification failed|"
    "FLASH-4-WRITE_FAILED|FLASH-5-SIGNIFICANT_FLASH_ERASE",
    "IsFlashWrite": r"(flash:|disk0:|bootflash:).*\.(bin|img|tar|pkg|tgz)",
}
EXTRACTIONS = {
    "ExtractedUser": r"[Uu]ser[:\s]+([\w@.\-]+)",
    "ExtractedCommand": r"logged command[:\s]+(.+?)$",
    "SourceTransferIP": r"(?:tftp|ftp|scp|http)://([\d\.]+|[\w\-\.]+)/",
    "SyslogMnemonic": r"%([A-Z0-9_\-]+-\d-[A-Z0-9_]+):",
}
_MAJOR = re.compile(r"--|%(?:2[1-6B-D89]|2526|3[ABD]|5[BD]|7C|0A|2520)|[\s\[\]<>(){}|!;,'\"*&?+]")
_MINOR = re.compile(r"[/:=@.\-$#%\\_]")


def rows(lines: Iterable[tuple[float, str, str, str]]) -> list[dict[str, str | float | None]]:
    """Rows for ``(_time, host, sourcetype, _raw)``, in the page's order; null fields are there and None."""
    found: list[dict[str, str | float | None]] = []
    for time, host, sourcetype, raw in lines:
        flags = {name: int(re.search(pattern, raw) is not None) for name, pattern in CATEGORIES.items()}
        score = sum(flags.values())
        if sourcetype in SOURCETYPES and _is_candidate(raw) and score > 0:
            extracted = {name: _first(pattern, raw) for name, pattern in EXTRACTIONS.items()}
            found.append({"_time": time, "host": host, **extracted, **flags, "SuspicionScore": score, "_raw": raw})
    found.sort(key=lambda row: (row["SuspicionScore"], row["_time"]), reverse=True)
    return found


def _is_candidate(raw: str) -> bool:
    on_flash = any(_holds(raw, device) for device in ("flash:", "disk0:", "bootflash:"))
    is_image = any(_holds(raw, extension) for extension in (".bin", ".img", ".tar", ".pkg", ".tgz"))
    return any(_holds(raw, phrase) for phrase in PHRASES) or (on_flash and is_image)


def _holds(raw: str, literal: str) -> bool:
    folded, literal = raw.lower(), literal.lower()
    majors = [segment for segment in _MAJOR.split(folded) if segment]
    terms = {*majors, *(piece for segment in majors for piece in _MINOR.split(segment))}
    wanted = [piece for segment in _MAJOR.split(literal) for piece in _MINOR.split(segment) if piece]
    return literal in folded and all(piece in terms for piece in wanted)


def _first(pattern: str, raw: str) -> str | None:
    found = re.search(pattern, raw)
    return found[1] if found else None
