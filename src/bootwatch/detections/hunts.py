"""Hunting queries (``hunts/*.yaml``): searches a person runs now and then, and log lines that show what they find."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources.abc import Traversable

from bootwatch.detections.attack import Attack, AttackNameError, Technique
from bootwatch.documents.entry import Entry


@dataclass(frozen=True, slots=True)
class HuntSample:
    """Lines of any number of hosts, and the rows the search gives: of each the fields that are compared.

    Rows come in any order and are all of them. A value is what the field holds as text, its values in order.
    """

    name: str
    document: str | None
    lines: tuple[str, ...]
    rows: tuple[dict[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class Hunt:
    """``needs`` says which logs must be there, ``reading`` what a row means, ``limits`` what logs cannot tell."""

    id: str
    path: str
    number: int
    title: str
    question: str
    techniques: tuple[Technique, ...]
    needs: str
    spl: str
    reading: str
    limits: tuple[str, ...]
    samples: tuple[HuntSample, ...]


def read_hunt(file: Traversable, attack: Attack) -> Hunt:
    """Raises ContentError with the file, the line and what would be accepted."""
    entry = Entry.read(file)
    hunt = Hunt(
        id=file.name.removesuffix(".yaml"),
        path=entry.path,
        number=entry.integer("number", 1, 1_000),
        title=entry.text("title"),
        question=entry.text("question"),
        techniques=tuple(_technique(entry, name, attack) for name in entry.texts("techniques")),
        needs=entry.text("needs"),
        spl=entry.text("spl"),
        reading=entry.text("reading"),
        limits=entry.texts("limits"),
        samples=tuple(_sample(item) for item in entry.entries("samples")),
    )
    entry.done()
    return hunt


def _technique(entry: Entry, name: str, attack: Attack) -> Technique:
    try:
        return attack.technique(name)
    except AttackNameError as exc:
        raise entry.error("techniques", str(exc)) from exc


def _sample(entry: Entry) -> HuntSample:
    rows = entry.entries("rows", empty=True)
    sample = HuntSample(
        name=entry.text("name"),
        document=entry.optional_text("document"),
        lines=entry.texts("lines"),
        rows=tuple({key: row.literals(key) for key in row.names()} for row in rows),
    )
    entry.done()
    return sample
