"""Whether a management system's usual work explains a story: its address, its account and its commands, all three."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from bootwatch.detect.story import Act, Story
from bootwatch.detect.tuning import needs, places
from bootwatch.detect.tuning.managers import Manager, Server
from bootwatch.detect.tuning.needs import Need

_BEYOND: Final = frozenset((Need.NEVER, Need.ACCESS, Need.FIRMWARE))
_CONSOLE: Final = re.compile(r"(?i)^(?:con(?:sole)?\s*\d*|aux\s*\d*|tty0)$")


@dataclass(frozen=True, slots=True)
class Management:
    """``usual``: the management system that did it all. ``misuse``: why its account is more suspicious for it.

    ``stolen``: the misuse speaks against whatever else explains the story. ``notes`` decide nothing.
    """

    usual: Manager | None = None
    misuse: str | None = None
    stolen: bool = False
    notes: tuple[str, ...] = ()
    met: tuple[Manager, ...] = ()


def weigh(story: Story, managers: tuple[Manager, ...], name_of: Callable[[str], str]) -> Management:
    """What the management systems say of a story."""
    acts = list(needs.counted(story))
    host = name_of(story.host)
    users = list(dict.fromkeys(user.lower() for act in acts if (user := act.text("user")) is not None))
    for user in users:
        own = tuple(m for m in managers if m.knows(user) and m.looks_after(host))
        if own:
            return _of_account(user, own, acts, users, name_of)
    return Management(notes=tuple(_strangers(acts, managers)))


def _of_account(
    user: str, own: tuple[Manager, ...], acts: list[Act], users: list[str], name_of: Callable[[str], str]
) -> Management:
    by_user = [act for act in acts if (act.text("user") or "").lower() == user]
    sources = list(dict.fromkeys(a for act in by_user if (a := places.address(act.text("src_ip") or "")) is not None))
    foreign = [source for source in sources if not any(manager.is_at(source) for manager in own)]
    manager = next((m for m in own if sources and all(m.is_at(source) for source in sources)), own[0])
    misuse = [
        *(
            f"account {user} of {m.host} worked from {source}, which is not its address"
            for source in foreign[:1]
            for m in own[:1]
        ),
        *_misuse(manager, user, by_user, name_of),
    ]
    if misuse:
        stolen = bool(foreign) or (
            not manager.profile.writes and any(needs.need(a) is not Need.CHANGE for a in by_user)
        )
        return Management(None, misuse[0], stolen, tuple(misuse[1:3]), own)
    doubts = []
    if not sources:
        doubts.append(f"account {user} is that of {manager.title}, but no message shows the address it came from")
    if others := [other for other in users if other != user]:
        doubts.append(f"beside {user} of {manager.host}, {', '.join(others[:3])} worked here too")
    if alone := [
        a for a in acts if a.text("user") is None and (needs.need(a) in _BEYOND or not manager.profile.writes)
    ]:
        doubts.append(f"{needs.shown(alone[0])} is no part of what {manager.title} does")
    beside = (act for act in by_user if needs.is_named(act) and not manager.profile.usual(act.text("command") or ""))
    doubts.extend(f"{needs.shown(act)} is no part of what {manager.title} does" for act in list(beside)[:1])
    return Management(None, notes=tuple(doubts), met=own) if doubts else Management(manager, met=(manager,))


def _misuse(manager: Manager, user: str, acts: Iterable[Act], name_of: Callable[[str], str]) -> Iterable[str]:
    """What the account did beside the usual work of its system."""
    for act in acts:
        command, server = act.text("command"), act.text("transfer_host")
        if needs.is_named(act):
            continue
        if needs.need(act) in _BEYOND or (command is not None and not manager.profile.usual(command)):
            if not manager.profile.writes:
                yield f"account {user} of {manager.title} only reads, but did {needs.shown(act)}"
            else:
                yield f"{needs.shown(act)} is no part of what {manager.title} does"
        elif server is not None and manager.profile.server is Server.OWN and not _is_own(manager, server, name_of):
            yield f"account {user} took a file from {server}, which is not {manager.title}"
        elif not manager.profile.interactive and _CONSOLE.match((act.text("line") or "").strip()):
            yield f"account {user} of {manager.title} worked on the console"


def _is_own(manager: Manager, server: str, name_of: Callable[[str], str]) -> bool:
    address = places.address(server)
    if address is not None:
        return manager.is_at(address)
    return name_of(server).lower().split(".")[0] == manager.host.lower().split(".")[0]


def _strangers(acts: Iterable[Act], managers: tuple[Manager, ...]) -> list[str]:
    """Other accounts at the address of a management system: said, since it may be taken for the system's own work."""
    said: dict[str, None] = {}
    for act in acts:
        source, user = places.address(act.text("src_ip") or ""), act.text("user")
        if source is not None and user is not None:
            for manager in managers:
                if manager.is_at(source):
                    accounts = ", ".join(manager.users)
                    said[f"{source} is {manager.title}, but the account is {user}, not {accounts}"] = None
    return list(said)[:2]
