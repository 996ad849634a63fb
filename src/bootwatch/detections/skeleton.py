"""A detection of one's own to begin with: every file it may have, small and working, so that its own test passes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final
from uuid import uuid4

from bootwatch.detections.pack import shipped
from bootwatch.events.clock import Clock

FILES: Final = ("detection.yaml", "search.spl", "tests.yaml", "guide.yaml", "sigma.yml")
_ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class SkeletonError(Exception):
    """It cannot be written; the message says why."""


def write(name: str, content: Path, clock: Clock | None = None) -> list[Path]:
    """The files of a new detection under ``content/detections/NAME``. Raises SkeletonError, also where it exists."""
    if not _ID.fullmatch(name):
        raise SkeletonError(f"'{name}' is no id; accepted: lower-case words joined by '-', such as image-copied")
    folder = content / "detections" / name
    if folder.exists():
        raise SkeletonError(f"{folder} exists already")
    today = (clock or Clock.of()).now.date().isoformat()
    title = name.replace("-", " ").capitalize()
    written = []
    try:
        folder.mkdir(parents=True)
        for file in FILES:
            path = folder / file
            text = (shipped() / "skeleton" / file).read_text(encoding="utf-8")
            filled = text.replace("@title@", title).replace("@today@", today)
            path.write_text(re.sub("@uuid@", lambda _: str(uuid4()), filled), encoding="utf-8")
            written.append(path)
    except OSError as exc:
        raise SkeletonError(f"{folder} cannot be written: {exc.strerror}") from exc
    return written
