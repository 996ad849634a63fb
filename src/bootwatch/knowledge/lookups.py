"""Lookup tables: CSV files of a folder, and how their rows are matched.

Follows Splunk's transforms.conf specification (lookup tables). A file is a lookup under its own name, matched exactly;
``transforms.conf``, YAML files and JSON lines in the folder name further ones: ``filename`` (or the lookup's own name
with ``.csv``), ``match_type`` (``WILDCARD(field)``, ``CIDR(field)``), ``case_sensitive_match``, ``min_matches``,
``max_matches``, ``default_match``, ``time_field``, ``time_format``, ``max_offset_secs``, ``min_offset_secs``. With
``external_type = kvstore`` the table is the collection's: ``collection`` with ``.csv``, or else with ``.json``, the
array of objects that Splunk answers for a collection.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bootwatch.errors import ContentError
from bootwatch.knowledge import conf
from bootwatch.knowledge import document as documents

if TYPE_CHECKING:
    import pyarrow as pa

MAX_MATCHES: Final = 100
_MAX_OFFSET: Final = 2_000_000_000
_MATCH: Final = re.compile(r"\s*(EXACT|WILDCARD|CIDR)\s*\(\s*([^()]+?)\s*\)\s*", re.IGNORECASE)
_FILE: Final = re.compile(r"[\w .()+-]+")


@dataclass(frozen=True, slots=True)
class Lookup:
    """A lookup. ``path`` is its table, which may be missing; ``match`` the fields not compared exactly."""

    name: str
    path: Path
    match: Mapping[str, str] = field(default_factory=dict)
    case_sensitive: bool = True
    min_matches: int = 0
    max_matches: int = MAX_MATCHES
    default_match: str = ""
    time_field: str = ""
    time_format: str = "%s"
    max_offset_s: int = _MAX_OFFSET
    min_offset_s: int = 0

    @property
    def exists(self) -> bool:
        return self.path.is_file()

    def columns(self) -> tuple[str, ...]:
        """The table's columns, none where it is missing. Raises ContentError."""
        return table(self.path).columns if self.exists else ()


@dataclass(frozen=True, slots=True, eq=False)
class LookupTable:
    """A table in memory: its columns, each a list of cells as written, '' for an empty one. Equal only to itself."""

    columns: tuple[str, ...]
    cells: Mapping[str, list[str]]
    count: int

    def arrow(self) -> pa.Table:
        """The table with absent cells null."""
        import pyarrow as pa

        arrays = [pa.array([cell or None for cell in self.cells[name]], pa.string()) for name in self.columns]
        return pa.table(arrays, names=list(self.columns))


class Lookups:
    """The lookups of a folder; its files are read when a search names one. Those ``behind`` it fill what it lacks."""

    def __init__(self, folder: Path | None, behind: tuple[Lookups, ...] = ()) -> None:
        self.folder, self._behind = folder, behind
        self._defined: dict[str, Lookup] | None = None

    def find(self, name: str) -> Lookup | None:
        """A lookup by its name or its file's; None where no folder has either. Raises ContentError."""
        own = self._own(name)
        if own is not None:
            return own
        return next((found for other in self._behind if (found := other.find(name)) is not None), None)

    def _own(self, name: str) -> Lookup | None:
        if self.folder is None:
            return None
        found = self._definitions(self.folder).get(name)
        if found is not None:
            written = found.path.with_suffix(".csv")  # by a search, after the collection was exported
            return replace(found, path=written) if found.path.suffix == ".json" and written.is_file() else found
        for file in (name, f"{name}.csv"):
            path = self.folder / file
            if _FILE.fullmatch(file) and file.lower().endswith(".csv") and path.is_file():
                return Lookup(name, path)
        return None

    def target(self, name: str) -> Path | None:
        """Where a lookup is written: its table, or a new file of its name; None where there is no folder for it.

        Never a pack's: what a search writes is the user's.
        """
        found = self._own(name)
        if found is not None:
            return found.path.with_suffix(".csv")
        file = name if name.lower().endswith(".csv") else f"{name}.csv"
        return self.folder / file if self.folder is not None and _FILE.fullmatch(file) else None

    def names(self) -> frozenset[str]:
        """Every name a search may use, for suggestions."""
        behind = frozenset(name for other in self._behind for name in other.names())
        if self.folder is None:
            return behind
        files = {path.name for path in self.folder.glob("*.csv")}
        return behind.union(self._definitions(self.folder), files, (name.removesuffix(".csv") for name in files))

    def _definitions(self, folder: Path) -> Mapping[str, Lookup]:
        if self._defined is None:
            if not folder.is_dir():
                raise ContentError("is no folder of lookups", path=folder)
            self._defined = {lookup.name: lookup for lookup in _defined(folder)}
        return self._defined


def _defined(folder: Path) -> Iterator[Lookup]:
    for path in sorted(folder.iterdir()):
        if path.name == "transforms.conf":
            for stanza in conf.read(path):
                if "filename" in stanza.settings or "collection" in stanza.settings:
                    yield _lookup(stanza, folder, path)
        elif path.suffix.lower() in (".yml", ".yaml"):
            for document in documents.read_all(path):
                for entry in document if isinstance(document, list) else [document]:
                    yield _lookup(_stanza(entry, path, 0), folder, path)
        elif path.suffix.lower() == ".jsonl":
            import json

            for number, line in enumerate(conf.read_text(path).splitlines(), 1):
                try:
                    entry = json.loads(line) if line.strip() else None
                except (ValueError, RecursionError) as exc:
                    raise ContentError(f"not JSON: {exc}", path=path, line=number) from exc
                if entry is not None:
                    yield _lookup(_stanza(entry, path, number), folder, path)


def _stanza(entry: object, path: Path, line: int) -> conf.Stanza:
    """A definition in YAML or JSON as the settings it stands for; further keys are descriptions."""
    if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
        raise ContentError("a lookup is keys and values with a 'name'", path=path, line=line or None)
    settings: dict[str, str] = {}
    for key, value in entry.items():
        if isinstance(value, list):
            settings[str(key)] = ", ".join(map(str, value))
        elif isinstance(value, bool):
            settings[str(key)] = str(value).lower()
        elif value is not None and not isinstance(value, dict):
            settings[str(key)] = str(value)
    return conf.Stanza(entry["name"], line, settings)


def _lookup(stanza: conf.Stanza, folder: Path, path: Path) -> Lookup:
    settings = stanza.settings
    file = settings.get("filename") or f"{settings.get('collection') or stanza.name}.csv"
    if not _FILE.fullmatch(file):
        raise ContentError(f"'filename' of '{stanza.name}' should be a file in this folder", path=path)
    if "collection" in settings and not (folder / file).is_file():
        exported = Path(file).with_suffix(".json").name
        file = exported if (folder / exported).is_file() else file
    time_field = settings.get("time_field", "")
    most = conf.integer(stanza, "max_matches", path, otherwise=1 if time_field else MAX_MATCHES)
    return Lookup(
        stanza.name,
        folder / file,
        dict(_match_types(settings.get("match_type", ""), stanza, path)),
        conf.boolean(stanza, "case_sensitive_match", path, otherwise=True),
        conf.integer(stanza, "min_matches", path, otherwise=0),
        max(1, min(most, 1000)),
        settings.get("default_match", ""),
        time_field,
        settings.get("time_format", "%s"),
        conf.integer(stanza, "max_offset_secs", path, otherwise=_MAX_OFFSET),
        conf.integer(stanza, "min_offset_secs", path, otherwise=0),
    )


def _match_types(text: str, stanza: conf.Stanza, path: Path) -> Iterator[tuple[str, str]]:
    for part in re.split(r",(?![^()]*\))", text):
        if not part.strip():
            continue
        found = _MATCH.fullmatch(part)
        if found is None:
            message = f"'match_type' of '{stanza.name}' is {part.strip()!r}; accepted: WILDCARD(field), CIDR(field)"
            raise ContentError(message, path=path, line=stanza.line or None)
        if found[1].upper() != "EXACT":
            yield found[2], found[1].upper()


def table(path: Path) -> LookupTable:
    """The table of a file as it is now. Raises ContentError."""
    try:
        state = path.stat()
    except OSError as exc:
        raise ContentError(f"cannot be read: {exc.strerror or exc}", path=path) from exc
    return _table(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=32)
def _table(path: Path, changed_ns: int, size: int) -> LookupTable:
    del changed_ns, size  # they are what makes an old copy another one
    if path.suffix == ".json":
        return _exported(path)
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            rows = csv.reader(file)
            header = [name.strip() for name in next(rows, [])]
            columns: list[list[str]] = [[] for _ in header]
            for row in rows:
                if row:
                    row += [""] * (len(header) - len(row))
                    for column, cell in zip(columns, row, strict=False):
                        column.append(cell)
    except OSError as exc:
        raise ContentError(f"cannot be read: {exc.strerror or exc}", path=path) from exc
    except csv.Error as exc:
        raise ContentError(f"not CSV: {exc}", path=path) from exc
    cells = dict(zip(header, columns, strict=True))
    return LookupTable(tuple(dict.fromkeys(header)), cells, len(columns[0]) if columns else 0)


def _exported(path: Path) -> LookupTable:
    """A collection as Splunk's REST interface answers it: an array of objects, one a row."""
    import json

    try:
        rows = json.loads(conf.read_text(path))
    except (ValueError, RecursionError) as exc:
        raise ContentError(f"not JSON: {exc}", path=path) from exc
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ContentError("a collection is an array of objects, one for each row", path=path)
    names = dict.fromkeys(name for row in rows for name in row if name != "_user")
    cells = {name: [_cell(row.get(name)) for row in rows] for name in names}
    return LookupTable(tuple(names), cells, len(rows))


def _cell(value: object) -> str:
    """A value of a collection as a CSV file would hold it."""
    import json

    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)
