"""Types of a column, and the set of fields a stage of a query has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from bootwatch.events.fields import TAG_FIELDS

ELEMENTS: Final = "{}"
"""In the name of a field: the elements of an array in JSON, as Splunk names them."""


class FieldType(Enum):
    """What a column is known to hold; a null is an absent field.

    TEXT may look like a number and then acts as one (the dual nature of Splunk's values); NUMBER is a double, INTEGER a
    double without decimals; BOOL lives inside expressions only; MULTI is a list of text with at least one value.
    """

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    BOOL = "bool"
    MULTI = "multi"

    @property
    def numeric(self) -> bool:
        return self in (FieldType.NUMBER, FieldType.INTEGER)


@dataclass(frozen=True, slots=True)
class FieldSet:
    """The fields after a stage: ``known`` in display order, and whether further ones may exist (``open``).

    An open set may hold any name except those in ``absent``; an unknown name is then TEXT, extracted when it is needed,
    or MULTI where it is a tag's or names the elements of an array.
    """

    known: Mapping[str, FieldType] = field(default_factory=dict)
    open: bool = False
    absent: frozenset[str] = frozenset()

    def type_of(self, name: str) -> FieldType | None:
        """Type of a field, None where no event can have it."""
        found = self.known.get(name)
        if found is None and self.open and name not in self.absent and not name.startswith("#"):
            return FieldType.MULTI if name in TAG_FIELDS or ELEMENTS in name else FieldType.TEXT
        return found

    def with_fields(self, added: Mapping[str, FieldType]) -> FieldSet:
        return FieldSet({**self.known, **added}, self.open, self.absent - added.keys())

    def without(self, names: Iterable[str]) -> FieldSet:
        gone = frozenset(names)
        known = {name: kind for name, kind in self.known.items() if name not in gone}
        return FieldSet(known, self.open, self.absent | gone if self.open else frozenset())

    def __iter__(self) -> Iterator[str]:
        return iter(self.known)
