"""Management systems: from which address, with which account and with which commands they work.

``--allow`` names them (JSON or CSV ``[{"host","ip","user"}]``); what a product usually does stands in
``content/managers/*.yaml``. Address, account and commands are needed, all three: an account alone is what gets stolen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from bootwatch.detect.tuning import places
from bootwatch.detect.tuning.places import Address, Network
from bootwatch.documents import tables
from bootwatch.documents.entry import Entry
from bootwatch.errors import ContentError

_WIDEST: Final = (16, 48)
_COLUMNS: Final = {
    "host": "host", "hostname": "host", "name": "host", "system": "host", "ip": "ip", "ip_address": "ip",
    "address": "ip", "addresses": "ip", "network": "ip", "user": "user", "username": "user", "account": "user",
    "service_account": "user", "users": "user", "profile": "profile", "devices": "devices",
}  # fmt: skip


class Server(StrEnum):
    """Where files may come from: the management system itself, or anywhere."""

    OWN = "own"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a product does. ``verbs`` are matched against commands in lower case; ``writes``: it changes devices."""

    name: str
    title: str
    recognise: tuple[re.Pattern[str], ...]
    verbs: tuple[re.Pattern[str], ...]
    writes: bool
    interactive: bool
    server: Server

    def usual(self, command: str) -> bool:
        return any(verb.search(command.lower()) for verb in self.verbs)


@dataclass(frozen=True, slots=True)
class Manager:
    """One management system. ``devices`` are patterns of the hosts it looks after; empty: all."""

    host: str
    networks: tuple[Network, ...]
    users: tuple[str, ...]
    profile: Profile
    devices: tuple[str, ...]
    where: str

    @property
    def title(self) -> str:
        return f"{self.host} ({self.profile.title})"

    def is_at(self, address: Address) -> bool:
        return places.within(address, self.networks)

    def knows(self, user: str) -> bool:
        return user.lower() in self.users

    def looks_after(self, host: str) -> bool:
        return not self.devices or any(fnmatchcase(host.lower(), pattern) for pattern in self.devices)


def read(paths: Iterable[Path]) -> tuple[Manager, ...]:
    """The management systems of all files. Raises ContentError."""
    found: list[Manager] = []
    for path in paths:
        text, name = tables.text_of(path), str(path)
        match path.suffix.lower():
            case ".json":
                entries = tables.of_json(text, name)
            case ".csv":
                entries = tables.of_csv(text, name, _COLUMNS, needed=("host", "ip", "user")).rows
            case _:
                raise ContentError("cannot tell what it holds by its name; accepted: .json, .csv", path=path)
        found.extend(map(_manager, entries))
    _check(found)
    return tuple(found)


@cache
def profiles() -> dict[str, Profile]:
    """The shipped profiles by name."""
    folder = resources.files("bootwatch.content") / "managers"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return {profile.name: profile for profile in map(profile_of, files)}


def profile_of(file: Traversable) -> Profile:
    """Raises ContentError where the file is wrong."""
    entry = Entry.read(file)
    entry.text("document")
    found = Profile(
        entry.text("name"),
        entry.text("title"),
        tuple(_patterns(entry, "recognise")),
        tuple(_patterns(entry, "verbs")),
        entry.boolean("writes"),
        entry.boolean("interactive"),
        entry.choice("server", Server),
    )
    entry.done()
    return found


def _patterns(entry: Entry, key: str) -> Iterator[re.Pattern[str]]:
    for text in entry.texts(key, empty=True):
        try:
            yield re.compile(text)
        except re.error as exc:
            raise entry.error(key, f"'{text}' is no pattern: {exc}") from exc


def _manager(entry: Entry) -> Manager:
    host = places.named(entry, "host")
    networks = places.networks(entry, "ip", *_WIDEST)
    users = places.names(entry, "user")
    if not networks:
        raise entry.error("ip", f"{host} has no address; accepted: an address or a network, or several")
    if not users:
        raise entry.error("user", f"{host} has no account; accepted: the name of its service account")
    named = places.optional(entry, "profile")
    known = profiles()
    if named is not None and named not in known:
        raise entry.error("profile", f"'profile' is '{named}'; accepted: {', '.join(sorted(known))}")
    devices = tuple(pattern.lower() for pattern in places.names(entry, "devices"))
    entry.done()
    profile = known[named] if named is not None else _recognised(host, users)
    where = f"{entry.path}:{entry.line}"
    return Manager(host, networks, tuple(user.lower() for user in users), profile, devices, where)


def _recognised(host: str, users: tuple[str, ...]) -> Profile:
    """The profile that the system's name tells, else its account."""
    known = profiles()
    for text in (host, *users):
        for profile in known.values():
            if any(pattern.search(text.lower()) for pattern in profile.recognise):
                return profile
    return known["generic"]


def _check(managers: Iterable[Manager]) -> None:
    met: dict[tuple[str, Network], Manager] = {}
    for manager in managers:
        for user in manager.users:
            for network in manager.networks:
                first = met.setdefault((user, network), manager)
                if first is not manager and first.profile is not manager.profile:
                    path, _, line = manager.where.rpartition(":")
                    message = (
                        f"{user} at {network} is {manager.profile.name} here and {first.profile.name} at {first.where}"
                    )
                    raise ContentError(message, path=path, line=int(line))
