"""Approved changes: which hosts, when, and what image; read from JSON and from the CSV that change tools export.

JSON is the contract's ``[{"id","start","end","hosts","summary","image"}]``. CSV takes the columns of ServiceNow's
change requests (number, cmdb_ci, start_date, end_date, short_description, state) under the names that people give
them. Calendars are read in ``calendars.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final, Protocol

from bootwatch.detect.tuning import images, moments, places
from bootwatch.documents import tables
from bootwatch.documents.entry import Entry
from bootwatch.errors import ContentError

LONGEST: Final = timedelta(days=366)
"""What is open for longer is no maintenance window."""

APPROVING: Final = (
    "approved", "scheduled", "implement", "implementing", "in progress", "work in progress", "review", "closed",
    "closed complete", "closed successful", "closed successful with issues", "complete", "completed", "open",
    "-2", "-1", "0", "3",
)  # fmt: skip
NOT_APPROVING: Final = (
    "new", "draft", "assess", "authorize", "pending", "pending approval", "requested", "not requested",
    "not yet requested", "awaiting approval", "rejected", "not approved", "on hold", "canceled", "cancelled",
    "no longer required", "closed incomplete", "closed unsuccessful", "closed skipped", "-5", "-4", "-3", "4",
)  # fmt: skip

_MOST_NAMED: Final = 6
_COLUMNS: Final = {
    "id": ("number", "id", "change", "change_number", "change_id", "change_request", "ticket", "task"),
    "start": (
        "start_date", "planned_start_date", "planned_start", "start", "start_time", "scheduled_start", "window_start",
        "implementation_start", "start_datetime",
    ),
    "end": (
        "end_date", "planned_end_date", "planned_end", "end", "end_time", "scheduled_end", "window_end",
        "implementation_end", "end_datetime",
    ),
    "hosts": (
        "cmdb_ci", "ci", "configuration_item", "configuration_items", "hosts", "host", "affected_cis", "affected_ci",
        "cmdb_ci_name", "device", "devices", "impacted_cis",
    ),
    "summary": ("short_description", "summary", "title", "subject"),
    "description": ("description", "implementation_plan", "justification"),
    "state": ("state", "status", "change_state"),
    "approval": ("approval", "approval_status"),
    "image": ("image", "images", "u_image", "target_image", "software_image", "firmware", "u_target_image"),
    "version": ("version", "target_version", "u_version", "u_target_version", "software_version"),
    "md5": ("md5", "u_md5"),
    "sha256": ("sha256", "u_sha256"),
    "sha512": ("sha512", "u_sha512", "checksum", "u_checksum", "hash"),
    "servers": ("servers", "server", "u_servers", "file_server", "source_server"),
    "users": ("users", "user", "u_users", "account", "accounts"),
}  # fmt: skip
_KEY_OF: Final = {name: key for key, written in _COLUMNS.items() for name in written}
_PATTERN: Final = re.compile(r"[*?\[\]]")
_LINE: Final = "(?im)^[ \t]*(?:{names})[ \t]*[:=][ \t]*(?P<value>.+?)[ \t]*$"
_IMAGE_LINE: Final = re.compile(_LINE.format(names="images?|target image|software image|firmware"))
_NUMBERED: Final = r"[0-9]+(?:[.(][0-9]+)+(?:[.()-]?[A-Za-z0-9]+)*\)?"
_BEFORE: Final = re.compile(
    rf"(?i)\bfrom\s+(?:[a-z][\w-]*\s+){{0,3}}?(?:\S+\.(?:bin|img|iso|tgz|swi|spa)\b|\S*{_NUMBERED})"
)
_SERVER: Final = re.compile(
    r"(?i)(?:\b(?:from|server|repository|source)\b[ :=]{1,3}|\b(?:tftp|s?ftp|scp|https?)://(?:[^@/\s]*@)?)"
    r"(?P<server>[0-9]{1,3}(?:\.[0-9]{1,3}){3})(?![0-9.]*[0-9])"
)
_RELEASE: Final = re.compile(
    r"(?i)(?:\b(?:upgrad\w*|updat\w*|migrat\w*|downgrad\w*|install\w*|push\w*|roll\w*|deploy\w*|to|version|release)\s+"
    r"(?:\S+\s+){0,4}?|^\W*(?:[A-Z]{2,8}-?[0-9]{3,}\W+)?(?:(?:cisco|junos|juniper|arista|forti)\s*)?"
    r"(?:pan-?os|junos(?: os)?|os|ios(?:[ -]?x[er])?|nx-?os|eos|asa|ftd|fortios)\s+)"
    rf"(?P<release>(?:[A-Za-z]\w*[-_])*v?{_NUMBERED})"
)


@dataclass(frozen=True, slots=True)
class Change:
    """One window. ``start`` and ``end`` are aware UTC, ``digests`` lower-case sums of the image by algorithm.

    Without images and digests a change covers access and configuration only. Empty ``servers`` and ``users`` leave
    open from where and by whom. ``where`` is file and line.
    """

    id: str
    start: datetime
    end: datetime
    hosts: tuple[str, ...]
    summary: str
    images: tuple[str, ...]
    where: str
    digests: tuple[tuple[str, str], ...] = ()
    servers: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    series: str | None = None

    @property
    def origin(self) -> str:
        """What it is called where its file is spoken of: the title of the series it belongs to, else its id."""
        return self.series or self.id

    @property
    def names_image(self) -> bool:
        return bool(self.images or self.digests)

    @property
    def title(self) -> str:
        """For a sentence: ``change CHG1 (upgrade of r1)``."""
        return f"change {self.id}" + (f" ({self.summary[:80]})" if self.summary else "")

    @property
    def window(self) -> str:
        return f"{moments.shown(self.start)} to {moments.shown(self.end)}"


class Series(Protocol):
    """Changes that come again and again. ``title`` is for a sentence, ``where`` the file and line of the first."""

    @property
    def title(self) -> str: ...

    @property
    def where(self) -> str: ...

    def between(self, first: datetime, last: datetime) -> tuple[Change, ...]:
        """Those whose window touches ``[first, last]``, oldest first."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What the files hold. ``remarks`` are sentences for a person: what was left out, what was doubtful."""

    single: tuple[Change, ...] = ()
    series: tuple[Series, ...] = ()
    remarks: tuple[str, ...] = ()

    def between(self, first: datetime, last: datetime) -> tuple[Change, ...]:
        """Changes whose window touches ``[first, last]``, by start and id."""
        found = [change for change in self.single if change.start <= last and change.end >= first]
        for series in self.series:
            found.extend(series.between(first, last))
        return tuple(sorted(found, key=lambda change: (change.start, change.end, change.id, change.where)))


@dataclass(slots=True)
class Remarks:
    """Sentences about one file, as reading it brings them up."""

    path: str
    zone: tzinfo
    zoneless: int = 0
    said: list[str] = field(default_factory=list)
    idle: list[str] = field(default_factory=list)

    def leave(self, line: int, entry: str, why: str) -> None:
        """An entry that approves nothing."""
        self.idle.append(f"{entry} {why} (line {line})")

    def say(self, line: int | None, sentence: str) -> None:
        self.said.append(f"{self.path}:{line}: {sentence}" if line is not None else f"{self.path}: {sentence}")

    def all(self) -> Iterator[str]:
        yield from self.said
        if self.idle:
            more = f" and {len(self.idle) - _MOST_NAMED} more" if len(self.idle) > _MOST_NAMED else ""
            yield f"{self.path}: approving nothing: {', '.join(self.idle[:_MOST_NAMED])}{more}"
        if self.zoneless:
            times = "1 time" if self.zoneless == 1 else f"{self.zoneless} times"
            yield f"{self.path}: {times} without a zone, read in {self.zone} (--tz)"


def read(paths: Iterable[Path], zone: tzinfo) -> Changes:
    """The changes of all files; times without a zone are in ``zone``. Raises ContentError."""
    single: list[Change] = []
    series: list[Series] = []
    remarks: list[str] = []
    for path in paths:
        said = Remarks(str(path), zone)
        text = tables.text_of(path)
        match path.suffix.lower():
            case ".json":
                entries = tables.of_json(text, str(path))
                single.extend(found for entry in entries if (found := _contract(entry, said)) is not None)
            case ".csv":
                single.extend(_exported(text, said))
            case ".ics":
                from bootwatch.detect.tuning import calendars  # a tenth of a second, for the few who have one

                once, again = calendars.read(text, said)
                single.extend(once)
                series.extend(again)
            case _:
                raise ContentError("cannot tell what it holds by its name; accepted: .ics, .csv, .json", path=path)
        remarks.extend(said.all())
    _check(single)
    remarks.extend(_overlaps(single))
    return Changes(tuple(single), tuple(series), tuple(remarks))


def window(entry: Entry, said: Remarks) -> tuple[datetime, datetime]:
    """``start`` and ``end`` of a row."""
    start, end = (_moment(entry, key, said) for key in ("start", "end"))
    if end <= start:
        found = f"'end' ({moments.shown(end)}) is not after 'start' ({moments.shown(start)})"
        raise entry.error("end", found)
    if end - start > LONGEST:
        raise entry.error("end", f"the window is {(end - start).days} days long; accepted: up to {LONGEST.days}")
    return start, end


def approves(state: str) -> bool | None:
    """Whether work may go on in this state; None where the state is not known."""
    bare = (
        re.sub(r"[\s_-]+", " ", state.strip().lower()).strip() if not state.strip().startswith("-") else state.strip()
    )
    if bare in NOT_APPROVING:
        return False
    return True if bare in APPROVING else None


def images_of_text(text: str) -> tuple[str, ...]:
    """Image names a description tells: on a line ``Image: …``, else file names in it, else the release upgraded to."""
    if told := [found["value"] for found in _IMAGE_LINE.finditer(text)]:
        return tuple(dict.fromkeys(images.listed(told)))
    after = _BEFORE.sub(" ", text)
    return tuple(images.in_text(after)) or tuple(
        dict.fromkeys(
            found["release"] for found in _RELEASE.finditer(after) if places.address(found["release"]) is None
        )
    )


def servers_of_text(text: str) -> tuple[str, ...]:
    """Addresses that a description fetches from: ``tftp://10.0.0.9/…``, ``from 10.0.0.9``, ``server: 10.0.0.9``."""
    return tuple(dict.fromkeys(found["server"] for found in _SERVER.finditer(text)))


def _contract(entry: Entry, said: Remarks) -> Change | None:
    change_id = places.named(entry, "id")
    start, end = window(entry, said)
    hosts = places.names(entry, "hosts") if entry.has("hosts") else entry.texts("hosts")
    if not hosts:
        raise entry.error("hosts", f"change {change_id} names no host; accepted: a list of host names or addresses")
    _no_patterns(entry, hosts)
    summary = _sentence(entry.text("summary")) if places.given(entry, "summary") else ""
    if entry.has("image"):
        approved = tuple(dict.fromkeys(images.listed(_image_texts(entry, "image"))))
    else:
        approved = images_of_text(summary)
    change = Change(
        change_id, start, end, hosts, summary, approved, f"{said.path}:{entry.line}", _digests(entry),
        places.names(entry, "servers") or servers_of_text(summary), places.names(entry, "users"),
    )  # fmt: skip
    state = _state(entry)
    entry.done()
    if state is not None:
        said.leave(entry.line, change_id, f"is '{state}'")
    return None if state is not None else change


def _exported(text: str, said: Remarks) -> Iterator[Change]:
    table = tables.of_csv(text, said.path, _KEY_OF, needed=("id", "start", "end", "hosts"), loose=True)
    if table.ignored:
        said.say(1, f"columns not read: {', '.join(table.ignored)}")
    for entry in table.rows:
        change_id = places.named(entry, "id")
        if (state := _state(entry)) is not None:
            said.leave(entry.line, change_id, f"is '{state}'")
            continue
        hosts = places.names(entry, "hosts")
        if not hosts:
            said.leave(entry.line, change_id, "names no host")
            continue
        _no_patterns(entry, hosts)
        start, end = window(entry, said)
        summary = _sentence(entry.text("summary")) if places.given(entry, "summary") else ""
        words = "\n".join(entry.text(key) for key in ("summary", "description") if places.given(entry, key))
        if "image" in table.keys or "version" in table.keys:
            approved = tuple(
                dict.fromkeys(images.listed((*_image_texts(entry, "image"), *_image_texts(entry, "version"))))
            )
        else:
            approved = images_of_text(words)
        yield Change(
            change_id, start, end, hosts, summary, approved, f"{said.path}:{entry.line}", _digests(entry),
            places.names(entry, "servers") or servers_of_text(words), places.names(entry, "users"),
        )  # fmt: skip


def _state(entry: Entry) -> str | None:
    """The state or approval that keeps a change from approving; None where nothing does."""
    for key in ("state", "approval"):
        if not places.given(entry, key):
            continue
        state = places.named(entry, key)
        known = approves(state)
        if known is None:
            accepted = ", ".join(APPROVING[:10]) + ", and as not approving: " + ", ".join(NOT_APPROVING[:19])
            raise entry.error(key, f"'{key}' is '{state}'; accepted as approving: {accepted}")
        if not known:
            return state
    return None


def _moment(entry: Entry, key: str, said: Remarks) -> datetime:
    text = entry.text(key)
    found = moments.read(text, said.zone, last=key == "end")
    if found is None:
        raise entry.error(key, f"'{key}' is '{text}'; accepted: {moments.ACCEPTED}")
    said.zoneless += found.zoneless
    if found.doubt is not None:
        said.say(entry.line_of(key), found.doubt)
    return found.time


def _image_texts(entry: Entry, key: str) -> tuple[str, ...]:
    if not places.given(entry, key):
        return ()
    texts = entry.texts(key, one=True, empty=True)
    for text in texts:
        if re.search(r"[*?]", text):
            raise entry.error(key, f"'{key}' is '{text}'; accepted: names of images, without patterns")
    return texts


def _digests(entry: Entry) -> tuple[tuple[str, str], ...]:
    found = []
    for algorithm, size in images.DIGEST_SIZES.items():
        for text in places.names(entry, algorithm):
            if not re.fullmatch(rf"[0-9a-fA-F]{{{size}}}", text):
                raise entry.error(algorithm, f"'{algorithm}' is '{text}'; accepted: {size} hexadecimal digits")
            found.append((algorithm, text.lower()))
    return tuple(found)


def _no_patterns(entry: Entry, hosts: Iterable[str]) -> None:
    for host in hosts:
        if _PATTERN.search(host) and places.address(host) is None:
            raise entry.error("hosts", f"'hosts' holds '{host}'; accepted: names and addresses, without patterns")


def _sentence(text: str) -> str:
    """On one line, without characters that steer a terminal."""
    return " ".join(re.sub(r"[\x00-\x20\x7f-\x9f]+", " ", text).split())


def _check(changes: Iterable[Change]) -> None:
    """A change may stand in several rows, one for each host, but says the same of a host once only."""
    met: dict[tuple[str, str], Change] = {}
    for change in changes:
        for host in change.hosts:
            first = met.setdefault((change.id, host.lower()), change)
            if first is not change and (first.start, first.end, first.images) != (
                change.start,
                change.end,
                change.images,
            ):
                path, _, line = change.where.rpartition(":")
                raise ContentError(
                    f"{change.id} says another window or image for {host} than at {first.where}",
                    path=path,
                    line=int(line),
                )


def _overlaps(changes: list[Change]) -> Iterator[str]:
    """Windows of one host that lie over one another and approve different images."""
    by_host: dict[str, list[Change]] = {}
    for change in sorted(changes, key=lambda change: (change.start, change.id)):
        for host in change.hosts:
            by_host.setdefault(host.lower(), []).append(change)
    for host, held in by_host.items():
        latest: Change | None = None
        for change in held:
            if not change.names_image:
                continue
            if latest is not None and change.start < latest.end and set(change.images) != set(latest.images):
                first = ", ".join(latest.images) or "an image by its sum"
                second = ", ".join(change.images) or "an image by its sum"
                yield (
                    f"{change.where}: {change.id} and {latest.id} are open on {host} at the same time and name "
                    f"different images ({first}; {second}): either is taken as approved"
                )
            latest = change if latest is None or change.end > latest.end else latest
