"""What a pack holds beside its detections, read when somebody asks: guides, exercises, hunts, playbooks, Sigma rules.

A scan needs none of it. Every folder and file is optional in a pack of one's own; what is there is read strictly, and
what one file says of another has to exist.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Protocol, TypeVar

from bootwatch.detections.attack import Attack
from bootwatch.detections.detection import Detection
from bootwatch.detections.exercises import Exercise, read_exercise
from bootwatch.detections.guide import Guide, Names, read_guide, read_shared
from bootwatch.detections.hunts import Hunt, read_hunt
from bootwatch.detections.pack import Pack, shipped
from bootwatch.detections.playbooks import Playbook, read_playbook
from bootwatch.detections.sigma import SigmaFile, read_sigma
from bootwatch.errors import ContentError


class _Found(Protocol):
    @property
    def path(self) -> str: ...


_Part = TypeVar("_Part", bound=_Found)


@dataclass(frozen=True, slots=True)
class Parts:
    """What belongs to one detection; None where its folder, or the pack, has no such file."""

    guide: Guide | None
    sigma: SigmaFile | None
    playbook: Playbook | None


@dataclass(frozen=True, slots=True)
class Library:
    """All of it, by id. ``parts`` are those of every detection of the pack, by the detection's id."""

    exercises: Mapping[str, Exercise]
    hunts: Mapping[str, Hunt]
    playbooks: Mapping[str, Playbook]
    parts: Mapping[str, Parts]

    def hunt(self, name: str) -> Hunt:
        """By id. Raises LookupError with a suggestion."""
        if name in self.hunts:
            return self.hunts[name]
        near = difflib.get_close_matches(name, self.hunts, 1)
        hint = f"; did you mean {near[0]}?" if near else "; known: " + ", ".join(self.hunts)
        raise LookupError(f"no hunt '{name}'{hint}")


def read_library(pack: Pack, log_sources: Collection[str], folders: Iterable[Traversable] = ()) -> Library:
    """The parts of a pack that was loaded from the shipped folder and these further ones. Raises ContentError.

    ``log_sources`` are those that may be named, such as ``ios/aaa-accounting``.
    """
    roots = (shipped(), *folders)
    exercises = _all(roots, "exercises", ".yaml", lambda file: read_exercise(file, log_sources))
    hunts = read_hunts(pack.attack, roots[1:])
    playbooks = _all(roots, "playbooks", ".json", read_playbook)
    detections = [detection.id for detection in pack.detections]
    names = Names((), exercises, hunts, log_sources, detections)
    shared = _all(roots, "guides", ".yaml", lambda file: read_shared(file, names))
    names = Names(shared, exercises, hunts, log_sources, detections)
    parts = {found.id: _parts(found, pack, names, shared, playbooks) for found in pack.detections}
    return Library(exercises, hunts, playbooks, parts)


def read_hunts(attack: Attack, folders: Iterable[Traversable] = ()) -> dict[str, Hunt]:
    """The hunting queries of the shipped pack and of further ones, by id. Raises ContentError."""
    return _all((shipped(), *folders), "hunts", ".yaml", lambda file: read_hunt(file, attack))


def _parts(
    detection: Detection, pack: Pack, names: Names, shared: Mapping[str, Guide], playbooks: Mapping[str, Playbook]
) -> Parts:
    folder = Path(detection.path)
    guide, sigma = folder / "guide.yaml", folder / "sigma.yml"
    read = read_guide(guide, names, shared) if guide.is_file() else None
    rules = read_sigma(sigma, pack.attack) if sigma.is_file() else None
    if read is not None and rules is not None and read.without_sigma is not None:
        raise ContentError("'without_sigma' stands beside a sigma.yml; one of them is wrong", path=read.path)
    if read is not None and detection.id in read.related:
        raise ContentError(f"'related' names {detection.id} itself", path=read.path)
    for differs in read.sigma_differs if read is not None else ():
        if differs.sample not in {sample.name for sample in detection.samples}:
            raise ContentError(
                f"'sigma_differs' names no sample of tests.yaml: {differs.sample}", path=guide.as_posix()
            )
    playbook = playbooks.get(detection.playbook) if detection.playbook is not None else None
    if detection.playbook is not None and playbook is None:
        raise ContentError(
            f"no playbook '{detection.playbook}'; accepted: {', '.join(playbooks) or 'none'}",
            path=f"{detection.path}/detection.yaml",
        )
    return Parts(read, rules, playbook)


def _all(
    roots: Iterable[Traversable], name: str, ending: str, read: Callable[[Traversable], _Part]
) -> dict[str, _Part]:
    """Every file of a folder of every pack, by its name without the ending; one name in two packs is refused."""
    found: dict[str, _Part] = {}
    for root in roots:
        folder = root / name
        files = [file for file in folder.iterdir() if file.name.endswith(ending)] if folder.is_dir() else []
        for file in sorted(files, key=lambda file: file.name):
            ident = file.name.removesuffix(ending)
            if ident in found:
                raise ContentError(f"'{ident}' stands already in {found[ident].path}", path=str(file))
            found[ident] = read(file)
    return found
