"""Upkeep of the store while nothing waits to be sealed: old events go, small segments are merged, files are checked.

A round is short: one merge and one file. What is found damaged is set aside, what is whole of it stays searchable, and
every search that it would have touched names it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bootwatch.errors import Error, StoreError
from bootwatch.store import manifest as manifests
from bootwatch.store import merging, quarantine, retention
from bootwatch.store.manifest import GRACE_S, Manifest
from bootwatch.store.records import DAMAGED
from bootwatch.store.tags import Rule

_LOG: Final = logging.getLogger("bootwatch.keeping")
_AFTER_FAILURE_S: Final = 60.0
_LONG: Final = 2000
"""So many records of what is gone make the manifest worth writing anew."""


@dataclass(slots=True)
class Counts:
    """Since the start: segments merged, given up, read to see whether they are whole, set aside; rounds that failed."""

    merged: int = 0
    expired: int = 0
    checked: int = 0
    damaged: int = 0
    failed: int = 0


class Keeper:
    """For the thread that seals; ``look`` is cheap between two rounds."""

    def __init__(
        self,
        home: Path,
        rules: Callable[[], Sequence[Rule]],
        *,
        every_s: float = 30.0,
        keep_days: int = 0,
        keep_bytes: int = 0,
        grace_s: float = GRACE_S,
    ) -> None:
        self.counts = Counts()
        self.failure: str | None = None
        self._home, self._rules, self._every_s, self._grace_s = home, rules, every_s, grace_s
        self._keep_days, self._keep_bytes = keep_days, keep_bytes
        self._next = time.monotonic() + every_s
        self._checked = ""
        self._damaged: frozenset[str] = frozenset()
        self._unreadable: tuple[str, ...] = ()
        with suppress(StoreError):  # said by whoever opens the store
            self._known_before(manifests.load(home))

    def look(self) -> None:
        """A round, where it is time for one. What fails is said and tried again later."""
        if time.monotonic() < self._next:
            return
        pause = self._every_s
        try:
            self.round()
            self.failure = None
        except Exception as exc:  # noqa: BLE001 - upkeep must not end the thread that seals
            self.counts.failed += 1
            pause = max(pause, _AFTER_FAILURE_S)
            if self.failure != str(exc):
                _LOG.error("upkeep failed and is tried again: %s", exc, exc_info=not isinstance(exc, Error | OSError))
            self.failure = str(exc)
        self._next = time.monotonic() + pause

    def round(self) -> bool:
        """One round; whether there was anything to merge. Raises StoreError, OSError."""
        manifest = manifests.load(self._home)
        self._unreadable = () if manifest is None else tuple(manifest.damaged)
        if manifest is None or manifest.damaged:
            return False
        retention.set_aside(self._home, manifest)
        today = datetime.now(UTC).date()
        old = retention.expired(manifest, today, keep_days=self._keep_days, keep_bytes=self._keep_bytes)
        retention.give_up(self._home, manifest, old)
        self.counts.expired += len(old)
        if old:
            _LOG.info("gave up %d segments with %d events", len(old), sum(one.rows for one in old))
        chosen = merging.plan(manifest, today.isoformat())
        if chosen and merging.merge(self._home, manifest, chosen, self._rules()) is not None:
            self.counts.merged += len(chosen)
        self._check_one(manifest)
        self._say_damage(manifest)
        if len(manifest.gone) > _LONG + len(manifest.segments):
            manifests.rewrite(self._home, manifest, grace_s=self._grace_s)
        manifests.clean(self._home, manifest, grace_s=self._grace_s)
        return bool(chosen)

    def troubles(self) -> list[str]:
        """What is wrong now, in sentences."""
        found = [] if self.failure is None else [f"upkeep of the store fails: {self.failure}"]
        found += [f"the list of segments: {what}" for what in self._unreadable]
        try:
            waiting = self._unanswered()
        except StoreError as exc:
            return [*found, f"what was said of damaged segments cannot be read: {exc}"]
        if waiting:
            found.append(
                f"{waiting} damaged segments were set aside in {self._home / retention.QUARANTINE}"
                " (bootwatch quarantine list)"
            )
        return found

    def _unanswered(self) -> int:
        """How many of those that were set aside nobody has dealt with. Raises StoreError."""
        if not self._damaged:
            return 0
        return len(self._damaged - quarantine.acknowledged(self._home).keys())

    def _known_before(self, manifest: Manifest | None) -> None:
        """What a former service said already."""
        if manifest is not None:
            self._unreadable = tuple(manifest.damaged)
            self._damaged = frozenset(segment.path for segment, _ in manifest.set_aside())

    def _check_one(self, manifest: Manifest) -> None:
        """Read the next segment, round and round."""
        paths = sorted(manifest.segments, key=lambda one: one.path)
        if not paths:
            return
        one = next((segment for segment in paths if segment.path > self._checked), paths[0])
        self._checked = one.path
        merging.mend(self._home, manifest, one, self._rules())
        self.counts.checked += 1

    def _say_damage(self, manifest: Manifest) -> None:
        aside = manifest.set_aside()
        for segment, what in aside:
            if segment.path not in self._damaged:
                _LOG.error("%s is %s and was set aside: %s", self._home / segment.path, DAMAGED, what)
                self.counts.damaged += 1
        self._damaged = frozenset(segment.path for segment, _ in aside)
