"""Whether approved changes explain a story: host and window and image, every act of it, or what does not fit.

A story is covered only as a whole. What nearly fits is said and changes nothing: an intruder who knows the window is
exactly who we look for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from bootwatch.detect.story import Act, Story
from bootwatch.detect.tuning import images, moments, needs, places
from bootwatch.detect.tuning.changes import Change, Changes
from bootwatch.detect.tuning.needs import Need
from bootwatch.detect.tuning.places import Address, Network

CLOCK_GRACE: Final = timedelta(minutes=5)
"""How far the clocks of a device and of the change system may be apart."""
WORK_GRACE: Final = timedelta(minutes=30)
"""A restart, a clean-up or a commit that belongs to the work may come this much after the end of the window."""
BOOT_GRACE: Final = timedelta(minutes=60)
"""What a device says about its start comes when it has started."""
_NEAR: Final = timedelta(hours=48)
_MOST_SAID: Final = 6
_FIRMWARE_WORDS: Final = re.compile(
    r"(?i)\b(?:rom-?mon(?:itor)?|rom[ -]monitor|firmware|fpds?|fpgas?|cplds?|eplds?|bios|boot[ -]?loader|microcode)\b"
)
_WIPE_WORDS: Final = re.compile(
    r"(?i)\b(?:rma|wip(?:e|ed|ing)|eras(?:e|ed|ing)|format(?:ted|ting)?|reformat\w*|zeroi[sz]\w*|factory|reset|decommission\w*"
    r"|dispos\w*|return(?:ed|ing)?|password recovery|re-?imag\w*|replac\w*)\b"
)


@dataclass(frozen=True, slots=True)
class Approval:
    """``covering`` are the changes that explain all of the story (none: none does); ``mismatches`` what does not fit.

    ``remarks`` say what was taken as harmless.
    """

    covering: tuple[Change, ...] = ()
    mismatches: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


class Known(Protocol):
    """What is known beside the changes."""

    def called(self, host: str) -> str:
        """The name that findings carry for a host or an address."""

    def version_of(self, host: str) -> str | None:
        """The release the inventory has for a device."""

    def servers_of(self, user: str) -> tuple[tuple[Network, ...], bool]:
        """Addresses of the management systems an account belongs to, and whether its files come from nowhere else."""

    def is_outside(self, server: Address) -> bool:
        """Whether an address is in none of the networks that devices and management systems are in."""


@dataclass(frozen=True, slots=True)
class _Case:
    """A story and the changes of its host around its time, oldest first. ``shown``: images, but what is deleted."""

    story: Story
    acts: tuple[Act, ...]
    changes: tuple[Change, ...]
    shown: tuple[str, ...]
    known: Known

    def open_for(self, act: Act, grace: timedelta) -> list[Change]:
        return [c for c in self.changes if c.start - CLOCK_GRACE <= act.time <= c.end + grace]


def weigh(story: Story, changes: Changes, known: Known) -> Approval:
    """What the changes say of a story."""
    first, last = span(story)
    around = changes.between(first - _NEAR, last + _NEAR)
    if not around:
        return Approval()
    acts = needs.counted(story)
    host = known.called(story.host).lower()
    own = tuple(c for c in around if any(_same_host(host, known.called(named).lower()) for named in c.hosts))
    moved = (act for act in acts if needs.need(act) is not Need.CLEANUP)
    case = _Case(story, acts, own, tuple(dict.fromkeys(name for act in moved for name in needs.names(act))), known)
    if not any(c.start - CLOCK_GRACE <= last and c.end + BOOT_GRACE >= first for c in own):
        return Approval(mismatches=tuple(_elsewhere(case, around, first, last)))
    used: dict[tuple[str, str, datetime], Change] = {}
    mismatches: list[str] = []
    remarks: list[str] = []
    for act in acts:
        found, reason = _cover(case, act, remarks)
        if found is None:
            mismatches.append(reason)
        else:
            used.setdefault((found.where, found.id, found.start), found)
    if not acts:
        found = next((c for c in own if c.start - CLOCK_GRACE <= first and last <= c.end + BOOT_GRACE), None)
        if found is None:
            mismatches.append(f"{own[0].title} covers the host, but not all of the time from {moments.shown(first)}")
        else:
            used[found.where, found.id, found.start] = found
    mismatches.extend(_whole(case, used.values()))
    if mismatches:
        return Approval(mismatches=_few(mismatches))
    return Approval(tuple(used.values()), remarks=tuple(dict.fromkeys(remarks)))


def _cover(case: _Case, act: Act, remarks: list[str]) -> tuple[Change | None, str]:
    """The change that covers an act, or why none does."""
    need = needs.need(act)
    found = case.open_for(act, _grace(act, need))
    if not found:
        near = min(case.changes, key=lambda c: max(c.start - act.time, act.time - c.end))
        return None, f"{near.title} covers the host, but {needs.shown(act)} is outside its window ({near.window})"
    users = [c for c in found if _is_user(c, act)]
    if not users:
        accounts = ", ".join(found[0].users)
        return None, f"{found[0].title} covers host and window, but the account is {act.text('user')}, not {accounts}"
    found = users
    match need:
        case Need.NOTHING | Need.CHANGE:
            return found[0], ""
        case Need.NEVER:
            return None, _extra(found[0], act)
        case Need.ACCESS:
            empty = next((c for c in found if not c.names_image), None)
            return (empty, "") if empty is not None else (None, _extra(found[0], act))
        case Need.CONTAINER:
            return _cover_container(case, act, found)
        case Need.WIPE:
            told = next((c for c in found if _says(c, _WIPE_WORDS)), None)
            return (told, "") if told is not None else (None, _extra(found[0], act))
        case Need.RESTART:
            return _cover_restart(case, act, found)
        case Need.CLEANUP:
            return _cover_cleanup(case, act, found)
        case Need.UNBOOT:
            with_image = next((c for c in found if c.names_image), None)
            return (with_image, "") if with_image is not None else (None, _no_image(found[0], act))
        case Need.IMAGE | Need.FIRMWARE:
            return _cover_image(case, act, found, need, remarks)


def _cover_restart(case: _Case, act: Act, found: list[Change]) -> tuple[Change | None, str]:
    with_image = [c for c in found if c.names_image]
    loads = needs.names(act)
    into = any(needs.need(other) in (Need.IMAGE, Need.FIRMWARE, Need.NEVER) for other in case.acts)
    if needs.goes_back(act) and not _installed(case, with_image):
        return None, f"{found[0].title} covers host and window, but {needs.shown(act)} goes back to another image"
    written = [other for other in case.acts if needs.need(other) is Need.FIRMWARE]
    if into and not loads and written and not any(map(needs.names, written)):
        told = next((c for c in found if _says(c, _FIRMWARE_WORDS)), None)
        others = (other for other in case.acts if needs.need(other) in (Need.IMAGE, Need.NEVER))
        if told is not None and next(others, None) is None:
            return told, ""
    if not into and not loads:
        version = act.text("version")
        if version is not None and _is_other_release(case, version, with_image):
            return None, _other_release(with_image, version)
        return (with_image or found)[0], ""
    if not with_image:
        return None, _no_image(found[0], act)
    for name in loads:
        if not images.covered(_names(with_image), name):
            return None, _other_image(with_image, name)
    return with_image[0], ""


def _cover_cleanup(case: _Case, act: Act, found: list[Change]) -> tuple[Change | None, str]:
    with_image = [c for c in found if c.names_image]
    later = any(o.time_us > act.time_us and needs.transfers(o) for o in case.acts)
    for name in needs.names(act):
        if "C" in act.classes and not later and images.covered(_names(with_image), name):
            title = with_image[0].title
            return None, f"{title} covers host, window and image, but {needs.shown(act)} deletes that image"
    return (with_image or found)[0], ""


def _cover_container(case: _Case, act: Act, found: list[Change]) -> tuple[Change | None, str]:
    """Containers have packages of their own: a change that names one covers its installing and its start."""
    empty = next((c for c in found if not c.names_image), None)
    packages = [n for o in case.acts if needs.need(o) is Need.CONTAINER for n in needs.names(o)]
    named = [c for c in found if packages and all(images.covered(c.images, name) for name in packages)]
    fitting = empty or next(iter(named), None)
    return (fitting, "") if fitting is not None else (None, _extra(found[0], act))


def _cover_image(
    case: _Case, act: Act, found: list[Change], need: Need, remarks: list[str]
) -> tuple[Change | None, str]:
    with_image = [c for c in found if c.names_image]
    named = needs.names(act)
    if need is Need.FIRMWARE and not named:
        told = [c for c in found if _says(c, _FIRMWARE_WORDS)]
        return (told[0], "") if told else (None, _extra(found[0], act))
    if not with_image:
        return None, _no_image(found[0], act)
    if needs.goes_back(act) and not _installed(case, with_image):
        return None, f"{with_image[0].title} covers host and window, but {needs.shown(act)} goes back to another image"
    if (reason := _wrong_server(case, act, with_image)) is not None:
        return None, reason
    if not named:
        if needs.transfers(act) and not case.shown and not needs.told_by_device(act):
            return (
                None,
                f"{with_image[0].title} covers host and window, but no message shows which image was transferred",
            )
        if needs.transfers(act) and not case.shown:
            remarks.append("no message names the image or its release, and that of the change is taken for it")
        return with_image[0], ""
    for name in named:
        fitting = [c for c in with_image if images.covered(c.images, name) or _by_digest(case, c)]
        if fitting:
            with_image = fitting
        elif needs.boots(act) and _is_fallback(case, act, name, with_image):
            remarks.append(f"{name} is only the second to boot, behind the approved image")
        elif need is Need.FIRMWARE:
            return None, _extra(with_image[0], act)
        else:
            return None, _other_image(with_image, name)
    return with_image[0], ""


def _whole(case: _Case, used: Iterable[Change]) -> Iterator[str]:
    """What only the story as a whole shows: sums that differ, a release that is another one."""
    covering = [c for c in used if c.names_image]
    approved = {digest for c in covering for _, digest in c.digests}
    sizes = {len(digest) for digest in approved}
    for act in case.story.acts:
        for digest in images.digests(" ".join(filter(None, (act.text("command"), act.text("message_text"))))):
            if len(digest) in sizes and digest not in approved:
                yield f"{covering[0].title} covers host and window, but the sum is {digest[:16]}…, not the approved one"
    if not covering or any(needs.goes_back(act) for act in case.acts):
        return
    moved = min((act.time_us for act in case.acts if needs.need(act) is Need.IMAGE), default=None)
    for act in case.acts:
        version = act.text("version")
        if needs.need(act) is not Need.RESTART or version is None or moved is None or act.time_us < moved:
            continue
        if _is_other_release(case, version, covering):
            yield _other_release(covering, version)


def _elsewhere(case: _Case, around: Iterable[Change], first: datetime, last: datetime) -> Iterator[str]:
    """Changes that fit but for the time, or but for the host."""
    said = 0
    for change in case.changes:
        gap = change.start - last if change.start > last else first - change.end
        minutes = round(gap.total_seconds() / 60)
        when = "before its window opened" if change.start > last else "after its window had closed"
        span = f"{minutes} min" if minutes < 180 else f"{round(minutes / 60)} h"
        if said < 2:
            yield f"{change.title} covers the host, but not the time: {span} {when} ({change.window})"
        said += 1
    if said:
        return
    for change in around:
        open_then = change.start - CLOCK_GRACE <= first and last <= change.end + BOOT_GRACE
        if said < 2 and open_then and any(images.covered(change.images, name) for name in case.shown):
            host = case.known.called(case.story.host)
            yield f"{change.title} covers window and image, but is for {_list(change.hosts)}, not {host}"
            said += 1


def _grace(act: Act, need: Need) -> timedelta:
    if needs.told_by_device(act):
        return BOOT_GRACE if need is Need.RESTART else WORK_GRACE
    return WORK_GRACE if need in (Need.RESTART, Need.CLEANUP) else CLOCK_GRACE


def span(story: Story) -> tuple[datetime, datetime]:
    """The time of its first and its last event, aware UTC."""
    times = [act.time_us for act in story.acts]
    times.extend(time for match in story.matches for time in (match.first_us, match.last_us))
    epoch = moments.EPOCH
    return epoch + timedelta(microseconds=min(times, default=0)), epoch + timedelta(microseconds=max(times, default=0))


def _same_host(one: str, other: str) -> bool:
    """Names of one device; a name without its domain is the same as with one."""
    if one == other:
        return True
    (left, _, left_domain), (right, _, right_domain) = one.partition("."), other.partition(".")
    return left == right and not (left_domain and right_domain) and places.address(one) is places.address(other) is None


def _says(change: Change, words: re.Pattern[str]) -> bool:
    return words.search(change.summary) is not None


def _is_user(change: Change, act: Act) -> bool:
    user = act.text("user")
    return not change.users or user is None or user.lower() in (name.lower() for name in change.users)


def _wrong_server(case: _Case, act: Act, changes: list[Change]) -> str | None:
    """Why the server of a transfer is none of the change's, of the account's management system, or of ours at all."""
    server, user = act.text("transfer_host"), act.text("user")
    if server is None or not needs.transfers(act):
        return None
    address = places.address(server)
    networks, only = case.known.servers_of(user) if user is not None else ((), False)
    if address is not None and places.within(address, networks):
        return None
    told = [named for change in changes for named in change.servers]
    before = f"{changes[0].title} covers host and window, but the file comes from {server}"
    if told:
        if any(_is_named(case.known, named, server, address) for named in told):
            return None
        return f"{before}, not from {_list(told)}"
    if only and address is not None:
        return f"{before}, not from the management system of {user}"
    if address is not None and case.known.is_outside(address):
        return f"{before}, outside of every network that inventory and management systems are in"
    return None


def _is_named(known: Known, named: str, server: str, address: Address | None) -> bool:
    network = places.network(named)
    if network is not None and address is not None and places.within(address, (network,)):
        return True
    return _same_host(known.called(named).lower(), known.called(server).lower())


def _is_fallback(case: _Case, act: Act, name: str, changes: list[Change]) -> bool:
    """Whether a boot statement stands behind one for the approved image, and names what was not brought just now."""
    earlier = [o for o in case.acts if o is not act and o.time_us <= act.time_us and needs.boots(o)]
    first = next((n for o in earlier for n in needs.names(o)), None)
    brought = {n for o in case.acts if needs.transfers(o) for n in needs.names(o)}
    return first is not None and images.covered(_names(changes), first) and name not in brought


def _installed(case: _Case, changes: list[Change]) -> bool:
    return any(images.covered(_names(changes), name) for name in case.shown)


def _by_digest(case: _Case, change: Change) -> bool:
    """Whether the story shows a sum of the change: the image is the approved one whatever it is called."""
    if change.images or not change.digests:
        return False
    told = {digest for _, digest in change.digests}
    texts = (text for act in case.story.acts for text in (act.text("command"), act.text("message_text")) if text)
    return any(digest in told for text in texts for digest in images.digests(text))


def _names(changes: Iterable[Change]) -> tuple[str, ...]:
    return tuple(name for change in changes for name in change.images)


def _list(names: Iterable[str]) -> str:
    found = list(dict.fromkeys(names))
    return ", ".join(found[:4]) + (f" and {len(found) - 4} more" if len(found) > 4 else "")


def _extra(change: Change, act: Act) -> str:
    kind = "an upgrade" if change.names_image else "a change of access or configuration"
    return f"{change.title} covers host and window, but {needs.shown(act)} is no part of {kind}"


def _no_image(change: Change, act: Act) -> str:
    return f"{change.title} covers host and window, but names no image, and {needs.shown(act)} needs one"


def _is_other_release(case: _Case, version: str, changes: list[Change]) -> bool:
    """Whether the release that came up is neither approved nor the one the device had."""
    running = case.known.version_of(case.story.host)
    return images.contradicts(version, _names(changes)) and not (running and images.same(running, version))


def _other_release(changes: list[Change], version: str) -> str:
    return f"{changes[0].title} covers host and window, but release {version} came up, not {_list(_names(changes))}"


def _other_image(changes: list[Change], name: str) -> str:
    told = _list(_names(changes)) or "the one with the approved sum"
    return f"{changes[0].title} covers host and window, but image {name} is not {told}"


def _few(sentences: Iterable[str]) -> tuple[str, ...]:
    found = list(dict.fromkeys(sentences))
    rest = len(found) - _MOST_SAID
    return (*found[:_MOST_SAID], f"and {rest} more that no change covers") if rest > 0 else tuple(found)
