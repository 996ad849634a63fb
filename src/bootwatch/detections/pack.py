"""A content pack: the detections found under its folders, checked as a whole."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from bootwatch.detections.attack import Attack
from bootwatch.detections.detection import Detection
from bootwatch.detections.read import read
from bootwatch.errors import ContentError

_SHIPPED_ONLY: Final = {
    "indicators": "let the search of the detection ask for the words and fields itself",
    "log-sources": "name those it has (bootwatch doctor LOGS)",
    "managers": "list yours with --allow",
    "attack.json": "techniques are those of its version of ATT&CK",
    "datamodels": "spell the fields out, or write a macro",
    "eventtypes.yaml": "write a macro, or give eventtypes.conf with --lookups",
}
"""What a further pack cannot bring, and what does the same."""


@dataclass(frozen=True, slots=True)
class Pack:
    """Every detection of every folder that was given, ordered by id."""

    attack: Attack
    detections: tuple[Detection, ...]

    def detection(self, name: str) -> Detection:
        """By id. Raises LookupError with a suggestion."""
        for found in self.detections:
            if found.id == name:
                return found
        near = difflib.get_close_matches(name, [found.id for found in self.detections], 1)
        hint = f"; did you mean {near[0]}?" if near else "; known: " + ", ".join(found.id for found in self.detections)
        raise LookupError(f"no detection '{name}'{hint}")


def shipped() -> Traversable:
    """The folder of the pack that comes with bootwatch; its ``samples/`` are the bundled logs."""
    return files("bootwatch") / "content"


def load(paths: Iterable[Traversable] = ()) -> Pack:
    """The shipped pack and further ones. Raises ContentError, also where two packs use one id."""
    attack = Attack.read(shipped() / "attack.json")
    found: dict[str, Detection] = {}
    own = shipped()
    for folder in (own, *paths):
        if folder is not own:
            _refuse_others(folder)
        for entry in _folders(folder):
            detection = read(entry, attack)
            if detection.id in found:
                message = f"detection '{detection.id}' stands already in {found[detection.id].path}"
                raise ContentError(message, path=detection.path)
            if same := next((other for other in found.values() if other.uuid == detection.uuid), None):
                raise ContentError(
                    f"'id' is that of {same.id}; give it its own", path=f"{detection.path}/detection.yaml"
                )
            found[detection.id] = detection
    return Pack(attack, tuple(found[name] for name in sorted(found)))


def _folders(pack: Traversable) -> list[Traversable]:
    root = pack / "detections"
    if not root.is_dir():
        raise ContentError("not a content pack: it has no folder 'detections'", path=str(pack))
    return sorted((entry for entry in root.iterdir() if _is_detection(entry)), key=lambda entry: entry.name)


def _refuse_others(pack: Traversable) -> None:
    """Parts that only the shipped pack has would be passed over without a word."""
    for name, instead in _SHIPPED_ONLY.items():
        if (pack / name).is_dir() or (pack / name).is_file():
            raise ContentError(
                f"only the pack that comes with bootwatch has '{name}'; {instead}", path=str(pack / name)
            )


def _is_detection(entry: Traversable) -> bool:
    return entry.is_dir() and not entry.name.startswith((".", "__"))
