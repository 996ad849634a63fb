"""The searches people publish, read from the measuring data, and events made of what they compare fields with."""

from __future__ import annotations

import gzip
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bootwatch import app

MACROS = "escu_macros.jsonl.gz"
_COMPARED = re.compile(r'([A-Za-z_][\w.{}]*)\s*(?:=|IN\s*\()\s*("(?:[^"\\]|\\.)*"|[^\s"(),|]+)')
_CALL = re.compile(r"`(\w+)`")
_SPLUNK_S = frozenset({"index", "sourcetype", "source", "host", "earliest", "latest"})
_SOURCETYPES = ("_json", "WinEventLog:Security", "cisco:ios")


@dataclass(frozen=True, slots=True)
class Published:
    """A search with the name it was published under."""

    name: str
    spl: str


def records(path: Path) -> list[dict[str, object]]:
    """The objects of a file of the measuring data. Skips the test where it is not there."""
    if not path.exists():
        pytest.skip(f"{path.name} is not among the measuring data")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def published(shared: Path) -> list[Published]:
    """Every search of both corpora."""
    found = [(f"{record['kind']}: {record['name']}", record["search"]) for record in records(_file(shared, "escu"))]
    found += [(f"sigma: {record['title']}", record["spl"]) for record in records(_file(shared, "sigma_spl"))]
    return [Published(name, text) for name, text in found if isinstance(text, str)]


def _file(shared: Path, name: str) -> Path:
    return shared / "corpus" / f"{name}.jsonl.gz"


def macros(shared: Path, folder: Path) -> Path:
    """The macros of the published detections, as a file that bootwatch reads."""
    path = folder / "macros.jsonl"
    found = records(shared / "corpus" / MACROS)
    path.write_text("".join(json.dumps(record) + "\n" for record in found), encoding="utf-8")
    return path


def events(shared: Path, count: int, seed: int) -> Iterator[dict[str, object]]:
    """Events a second apart: half of them hold what a published search asks for, half are lines of devices.

    Of few sourcetypes, as each is a segment of its own and thousands of searches read all of them.
    """
    choose = random.Random(seed)
    texts = [search.spl for search in published(shared)]
    defined = {str(found["name"]): str(found["definition"]) for found in records(shared / "corpus" / MACROS)}
    lines = [line for path in app.samples() for line in path.read_text().splitlines() if "%" in line]
    for number in range(count):
        event: dict[str, object] = {"_time": 1_768_000_000 + number, "host": f"host-{number % 7}"}
        if number % 2:
            yield event | {"_raw": choose.choice(lines)}
            continue
        text = choose.choice(texts)
        text = _CALL.sub(lambda call: defined.get(call[1], ""), text)
        asked = {name: _value(value, choose) for name, value in _COMPARED.findall(text)}
        body = {name: value for name, value in asked.items() if name not in _SPLUNK_S}
        yield event | {"sourcetype": choose.choice(_SOURCETYPES), "_raw": json.dumps(body)}


def _value(text: str, choose: random.Random) -> str:
    value = text.strip('"').replace("\\\\", "\\").replace('\\"', '"')
    return value.replace("*", choose.choice(["", "x", "C:\\Windows\\System32\\"]))
