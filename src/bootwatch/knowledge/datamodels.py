"""Data models: datasets of events under the names of the Common Information Model, one YAML file for each model.

Follows Splunk's Common Information Model manual. A file maps dataset names to what they hold::

    All_Changes:
      constraint: tag=change                  # search language; a child's comes on top of its parent's
      unknown: action dest user               # fields that are 'unknown' in an event without them
      fields: command status                  # fields that are absent in an event without them
      calculated: {result: "coalesce(result, status)"}    # eval expressions over the event's own fields
    Account_Management:
      parent: All_Changes
      constraint: tag=account
      fields: src_user
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from bootwatch.errors import ContentError
from bootwatch.knowledge import document as documents

FOLDER: Final = Path(__file__).resolve().parents[1] / "content" / "datamodels"
_KEYS: Final = frozenset({"parent", "constraint", "unknown", "fields", "calculated"})


@dataclass(frozen=True, slots=True)
class ModelField:
    """A field of a dataset. ``expression`` is an eval expression ('': the event's field of this name).

    ``unknown``: it is 'unknown' where the event has no value.
    """

    name: str
    expression: str = ""
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset: its place in the tree (``All_Changes.Account_Management``), its constraint, its fields.

    ``fields`` are by full name, each under the dataset that brought it: ``All_Changes.user``.
    """

    name: str
    lineage: str
    constraint: str
    fields: Mapping[str, ModelField]


@dataclass(frozen=True, slots=True)
class DataModel:
    """A data model; ``datasets`` by name, parents before children."""

    name: str
    datasets: Mapping[str, Dataset] = field(default_factory=dict)

    def dataset(self, name: str) -> Dataset | None:
        """A dataset by its name or its place."""
        found = self.datasets.get(name.rpartition(".")[2])
        return found if found is not None and name in (found.name, found.lineage) else None

    @property
    def roots(self) -> tuple[Dataset, ...]:
        return tuple(dataset for dataset in self.datasets.values() if dataset.name == dataset.lineage)


@cache
def names() -> tuple[str, ...]:
    """The names of all data models."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@cache
def load(name: str) -> DataModel | None:
    """A data model by name, None where there is none. Raises ContentError for a file that is wrong."""
    return read(FOLDER / f"{name}.yaml") if name in names() else None


def read(path: Path) -> DataModel:
    """A data model from its file. Raises ContentError naming the key and what it accepts."""
    document = documents.read(path)
    if not isinstance(document, dict) or not document:
        raise ContentError("should map dataset names to what they hold", path=path)
    datasets: dict[str, Dataset] = {}
    for name, entry in document.items():
        datasets[str(name)] = _dataset(str(name), entry, datasets, path)
    return DataModel(path.stem, datasets)


def _dataset(name: str, entry: object, known: Mapping[str, Dataset], path: Path) -> Dataset:
    if not isinstance(entry, dict) or not entry.keys() <= _KEYS:
        raise ContentError(f"the dataset '{name}' accepts the keys {', '.join(sorted(_KEYS))}", path=path)
    lineage, constraint, fields = name, str(entry.get("constraint", "")), dict[str, ModelField]()
    if "parent" in entry:
        parent = known.get(str(entry["parent"]))
        if parent is None:
            raise ContentError(f"the parent '{entry['parent']}' of '{name}' is not declared before it", path=path)
        lineage = f"{parent.lineage}.{name}"
        constraint = f"({parent.constraint}) {constraint}".strip()
        fields = dict(parent.fields)
    calculated = entry.get("calculated", {})
    if not isinstance(calculated, dict):
        raise ContentError(f"'calculated' of '{name}' should map fields to expressions", path=path)
    own = [ModelField(word, unknown=True) for word in _words(entry, "unknown", name, path)]
    own += [ModelField(word) for word in _words(entry, "fields", name, path)]
    own += [ModelField(str(word), str(expression)) for word, expression in calculated.items()]
    for found in own:
        fields[f"{lineage}.{found.name}"] = found
    return Dataset(name, lineage, constraint, fields)


def _words(entry: dict[str, object], key: str, name: str, path: Path) -> list[str]:
    value = entry.get(key, "")
    if not isinstance(value, str):
        raise ContentError(f"'{key}' of '{name}' should be names separated by blanks", path=path)
    return value.split()
