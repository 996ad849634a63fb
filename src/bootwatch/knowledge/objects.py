"""The knowledge a search can name, loaded when it does: what the user gives over what is built in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from bootwatch.knowledge.eventtypes import EventType
    from bootwatch.knowledge.lookups import Lookups
    from bootwatch.knowledge.macros import Macro, Macros

# What reads the files is imported when a search names something of them: a search that names nothing starts sooner.

SHIPPED: Final = Path(__file__).resolve().parents[1] / "content"


@dataclass(slots=True)
class Knowledge:
    """Macros and lookups of one user. Files are read once, at the first question that needs them.

    ``packs`` are content packs: their ``macros.yaml`` and ``lookups/`` stand behind what the user gives.
    """

    macros_file: Path | None = None
    lookups_folder: Path | None = None
    detections: Callable[[], Mapping[str, str]] = dict
    """The searches of the detections by id and by name, asked for at most once."""
    packs: tuple[Path, ...] = ()
    _macros: Macros | None = field(default=None, init=False, repr=False)
    _lookups: Lookups | None = field(default=None, init=False, repr=False)
    _event_types: Mapping[str, EventType] | None = field(default=None, init=False, repr=False)
    _saved: Mapping[str, str] | None = field(default=None, init=False, repr=False)

    def macros(self, name: str) -> tuple[Macro, ...]:
        """The macros of a name: the user's, before those of packs, before the built-in ones.

        Raises ContentError for a wrong file.
        """
        from bootwatch.knowledge.macros import over, read

        if self._macros is None:
            files = [] if self.macros_file is None else [self.macros_file]
            files += [path for pack in self.packs if (path := pack / "macros.yaml").is_file()]
            self._macros = over([read(path) for path in files])
        return over([self._macros, _builtin_macros()], name).get(name, ())

    @property
    def lookups(self) -> Lookups:
        """The lookups of the user's folder, before those of packs."""
        from bootwatch.knowledge.lookups import Lookups

        if self._lookups is None:
            folders = (folder for pack in self.packs if (folder := pack / "lookups").is_dir())
            self._lookups = Lookups(self.lookups_folder, tuple(map(Lookups, folders)))
        return self._lookups

    def saved_searches(self) -> Mapping[str, str]:
        """Searches known by name: those of the detections, and of ``savedsearches.conf`` in the folder of lookups."""
        from bootwatch.knowledge import conf

        if self._saved is None:
            saved = dict(self.detections())
            path = None if self.lookups_folder is None else self.lookups_folder / "savedsearches.conf"
            if path is not None and path.is_file():
                for stanza in conf.read(path):
                    if "search" in stanza.settings:
                        saved[stanza.name] = stanza.settings["search"]
            self._saved = saved
        return self._saved

    def event_types(self) -> Mapping[str, EventType]:
        """Every event type by name: those of ``eventtypes.conf`` in the folder of lookups over the built-in ones.

        ``tags.conf`` beside it tags either.
        """
        from bootwatch.knowledge import eventtypes

        if self._event_types is None:
            folder = self.lookups_folder
            self._event_types = eventtypes.shipped() if folder is None else eventtypes.with_folder(folder)
        return self._event_types

    def read(self) -> None:
        """Read the macros and the definitions of lookups now. Raises ContentError for what is wrong in them."""
        self.macros("")
        self.lookups.names()

    def macro_names(self) -> frozenset[str]:
        """Every macro name there is, for suggestions."""
        self.macros("")
        return frozenset(self._macros or ()) | frozenset(_builtin_macros())


@cache
def _builtin_macros() -> Macros:
    from bootwatch.knowledge.macros import read

    return read(SHIPPED / "macros.yaml")
