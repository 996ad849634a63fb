"""What is known beside the log, in one place: :class:`Tuning` is the surroundings that correlation asks.

Nothing is hidden here: a story that an approved change, a management system or an exception explains is *suppressed*
with the reason, and stays in the output. The factors are those of the scoring table: an approved change x0.2, a
management system x0.3, its account misused x1.5, a source outside of the management networks x1.5, past the end of
its support x1.2. A laboratory counts x0.4, which leaves the gravest story in it at low and open.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Final, Self

from bootwatch.detect.judgement import Judgement, Multiplier
from bootwatch.detect.story import Act, Story
from bootwatch.detect.tuning import approving, managing, needs, places
from bootwatch.detect.tuning.changes import Changes
from bootwatch.detect.tuning.changes import read as read_changes
from bootwatch.detect.tuning.exceptions import Exemption
from bootwatch.detect.tuning.exceptions import read as read_exceptions
from bootwatch.detect.tuning.inventory import REPLACED_FOR, Device, Inventory
from bootwatch.detect.tuning.inventory import read as read_inventory
from bootwatch.detect.tuning.managers import Manager, Server
from bootwatch.detect.tuning.managers import read as read_managers
from bootwatch.detect.tuning.needs import Need
from bootwatch.detect.tuning.places import Address, Network
from bootwatch.events.clock import Clock

APPROVED: Final = 0.2
MANAGED: Final = 0.3
MISUSED: Final = 1.5
OUTSIDE: Final = 1.5
PAST_SUPPORT: Final = 1.2
ON_TRIAL: Final = 0.4
REPLACED: Final = 0.3
AMONG_MEMBERS: Final = 0.3

_INSIDE: Final = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")))
_MOST_NAMED: Final = 8
_MOST_TRACED: Final = 3

_Key = tuple[str, str]
"""Where an entry stands, and what it is called: a file may be all on one line."""


class Tuning:
    """Context files, read. Implements :class:`bootwatch.detect.judgement.Surroundings`.

    ``judge`` says the same of the same story whatever was judged before; it remembers which entries were of use, and
    ``notes`` says at the end which were not, which have expired, and what reading the files made of doubtful places.
    """

    def __init__(
        self,
        clock: Clock,
        approved: Changes = Changes(),
        managed: tuple[Manager, ...] = (),
        devices: Inventory = Inventory(),
        exempt: tuple[Exemption, ...] = (),
    ) -> None:
        self._clock = clock
        self._changes = approved
        self._managers = managed
        self._inventory = devices
        self._exempt = exempt
        self._inside = _all_inside(devices, managed)
        self._met: set[_Key] = set()
        self._called: dict[str, str] = {}

    @classmethod
    def of(
        cls,
        clock: Clock,
        *,
        changes: Iterable[Path] = (),
        allow: Iterable[Path] = (),
        inventory: Iterable[Path] = (),
        exceptions: Iterable[Path] = (),
    ) -> Self:
        """Reads the files. ``clock.zone`` is that of times without one, ``clock.now`` decides what has expired.

        Raises ContentError with file, line and what would be accepted.
        """
        return cls(
            clock,
            read_changes(changes, clock.zone),
            read_managers(allow),
            read_inventory(inventory),
            read_exceptions(exceptions, clock.zone),
        )

    def name_of(self, host: str) -> str:
        """The inventory's name of the device with this name, alias or address; the same text where it has none."""
        found = self._inventory.device(host)
        if found is None:
            return host
        self._met.add((found.where, found.host))
        return found.host

    def called(self, host: str) -> str:
        """As :meth:`name_of`, for names out of files: that a file names a device does not mean that it was seen."""
        found = self._called.get(host)
        if found is None:
            found = self._called[host] = self._inventory.name_of(host)
        return found

    def knows(self, host: str) -> bool:
        """Whether the inventory has a device of this name, alias or address."""
        return self._inventory.device(host) is not None

    def device(self, host: str) -> Device | None:
        """What the inventory knows of a device, by any of its names."""
        return self._inventory.device(host)

    def version_of(self, host: str) -> str | None:
        """The release that the inventory has for a device."""
        found = self._inventory.device(host)
        return None if found is None else found.version

    def servers_of(self, user: str) -> tuple[tuple[Network, ...], bool]:
        """Addresses of the management systems an account belongs to, and whether its files come from nowhere else."""
        own = [manager for manager in self._managers if manager.knows(user)]
        only = bool(own) and all(manager.profile.server is Server.OWN for manager in own)
        return tuple(net for manager in own for net in manager.networks), only

    def is_outside(self, server: Address) -> bool:
        """Whether an address is public while every device and management system we know of has a private one."""
        return self._inside and not places.within(server, _INSIDE) and not server.is_loopback

    def judge(self, story: Story) -> Judgement:
        """Multipliers in the order they are taken, whether the story is suppressed and why, and what nearly fits."""
        multipliers: list[Multiplier] = []
        reasons: list[str] = []
        notes: list[str] = []
        management = managing.weigh(story, self._managers, self.called)
        self._met.update((manager.where, manager.host) for manager in management.met)
        self._approve(story, management, multipliers, reasons, notes)
        if management.usual is not None:
            why = f"{management.usual.title}: its address, its account and its usual commands"
            multipliers.append(Multiplier(MANAGED, why))
            reasons.append(f"the work of management system {why}")
        if management.misuse is not None:
            multipliers.append(Multiplier(MISUSED, management.misuse))
        notes.extend(management.notes)
        device = self._inventory.device(story.host)
        if device is not None:
            self._of_device(story, device, multipliers, reasons)
        for exempt in self._exempt:
            if self._clock.now < exempt.until and self._applies(exempt, story):
                self._met.add((exempt.where, exempt.ticket))
                reasons.append(exempt.title)
                break
        return Judgement(tuple(multipliers), reasons[0] if reasons else None, tuple(dict.fromkeys(notes)))

    def notes(self) -> list[str]:
        """What a person should hear when the scan is done."""
        said = [*self._changes.remarks, *self._inventory.remarks()]
        current = [exempt for exempt in self._exempt if self._clock.now < exempt.until]
        kinds: tuple[tuple[str, str, list[_Key]], ...] = (
            ("changes", "covered no story", [(c.where, c.origin) for c in self._changes.single]),
            ("calendar events", "covered no story", [(s.where, s.title) for s in self._changes.series]),
            ("management systems", "met no story", [(m.where, m.host) for m in self._managers]),
            ("devices", "are nowhere in the logs", [(d.where, d.host) for d in self._inventory.devices]),
            ("exceptions", "fit no story", [(e.where, e.ticket) for e in current]),
        )
        for kind, what, entries in kinds:
            said.extend(_unmet(kind, what, entries, self._met))
        for exempt in self._exempt:
            if exempt not in current:
                said.append(
                    f"{exempt.where}: the exception {exempt.ticket} of {exempt.owner} expired on {exempt.expires} and"
                    " does not apply"
                )
        return said

    def _approve(
        self,
        story: Story,
        management: managing.Management,
        multipliers: list[Multiplier],
        reasons: list[str],
        notes: list[str],
    ) -> None:
        approval = approving.weigh(story, self._changes, self)
        self._met.update((change.where, change.origin) for change in approval.covering)
        if not approval.covering:
            multipliers.extend(Multiplier(1, f"no discount: {said}") for said in approval.mismatches[:_MOST_TRACED])
            notes.extend(approval.mismatches[_MOST_TRACED:])
            return
        titles = "; ".join(f"approved {change.title}" for change in approval.covering)
        if management.stolen:
            notes.append(f"{titles} would cover this, but {management.misuse}")
            return
        first = approval.covering[0]
        what = "host, window and image" if first.names_image else "host and window"
        multipliers.append(Multiplier(APPROVED, f"{titles}: {what} fit ({first.window})"))
        reasons.append(f"{titles}: {what} fit")
        notes.extend(approval.remarks)

    def _of_device(self, story: Story, device: Device, multipliers: list[Multiplier], reasons: list[str]) -> None:
        counted = list(needs.counted(story))
        _, last = approving.span(story)
        if device.on_trial is not None:
            multipliers.append(Multiplier(ON_TRIAL, f"{device.host} is a {device.on_trial} device ({device.where})"))
        if (serials := _replaced(device, counted, last, self._clock)) is not None:
            multipliers.append(Multiplier(REPLACED, serials))
            reasons.append(serials)
        if _among_members(device, counted, self._inventory):
            why = f"a member of {device.host} was brought to the image of the others"
            multipliers.append(Multiplier(AMONG_MEMBERS, why))
            reasons.append(why)
        if (source := self._foreign(device, counted)) is not None:
            why = f"{source} is in none of the networks that {device.host} is managed from"
            multipliers.append(Multiplier(OUTSIDE, why))
        if device.end_of_life is not None and last.date() > device.end_of_life:
            multipliers.append(Multiplier(PAST_SUPPORT, f"{device.host} is out of support since {device.end_of_life}"))

    def _foreign(self, device: Device, acts: Iterable[Act]) -> str | None:
        """The first source outside of the management networks that is no management system either."""
        if not device.management_nets:
            return None
        for act in acts:
            source = places.address(act.text("src_ip") or "")
            if source is None or places.within(source, device.management_nets):
                continue
            if not any(manager.is_at(source) for manager in self._managers):
                return str(source)
        return None

    def _applies(self, exempt: Exemption, story: Story) -> bool:
        counted = list(needs.counted(story))
        acts = counted or list(story.acts)
        host = self._inventory.name_of(story.host)
        return (
            exempt.covers("detection", (match.detection.id for match in story.matches))
            and exempt.covers("host", (host,))
            and exempt.covers("user", _texts(acts, "user"))
            and exempt.covers("source", _texts(acts, "src_ip"))
            and exempt.covers("image", (name for act in acts for name in needs.names(act)))
            and all(any(exempt.covers("indicator", (i,)) for i in act.indicators or ("",)) for act in acts)
        )


def _texts(acts: Iterable[Act], field: str) -> list[str]:
    return list(dict.fromkeys(text for act in acts if (text := act.text(field)) is not None))


def _replaced(device: Device, acts: list[Act], last: datetime, clock: Clock) -> str | None:
    """Whether the inventory records that this is new hardware being set up."""
    if device.previous_serial is None or device.serial is None or device.replaced is None or not acts:
        return None
    start = datetime.combine(device.replaced, time(), clock.zone).astimezone(UTC)
    if not start <= last < start + REPLACED_FOR + timedelta(days=1):
        return None
    if any(set(act.classes) & {"D", "E", "F", "G"} for act in acts):
        return None
    serials = f"{device.previous_serial} by {device.serial}"
    return f"{device.host} was replaced on {device.replaced}: the inventory has serial {serials} ({device.where})"


def _among_members(device: Device, acts: list[Act], known: Inventory) -> bool:
    """Whether a stack or a pair updates a member by itself: its own messages, one image, and what follows from it."""
    if not device.members or not any(needs.member_upgrade(act) for act in acts):
        return False
    fitting = all(
        needs.told_by_device(act) and (needs.member_upgrade(act) or needs.need(act) is Need.RESTART) for act in acts
    )
    clients = [found for act in acts for text in needs.clients(act) if (found := known.device(text)) is not device]
    return fitting and not clients and len({name for act in acts for name in needs.names(act)}) <= 1


def _all_inside(devices: Inventory, managed: Iterable[Manager]) -> bool:
    """Whether all addresses we know of are private ones, and there are some."""
    known = [ip_network(address) for device in devices.devices for address in device.addresses]
    known.extend(net for device in devices.devices for net in device.management_nets)
    known.extend(net for manager in managed for net in manager.networks)
    return bool(known) and all(any(_subnet(net, inside) for inside in _INSIDE) for net in known)


def _subnet(net: Network, inside: Network) -> bool:
    return places.within(net.network_address, (inside,)) and places.within(net.broadcast_address, (inside,))


def _unmet(kind: str, what: str, entries: list[_Key], met: set[_Key]) -> Iterable[str]:
    """One sentence for each file: how many of its entries were of no use, and which."""
    files: dict[str, list[_Key]] = {}
    for entry in entries:
        files.setdefault(entry[0].rpartition(":")[0], []).append(entry)
    for path, held in files.items():
        idle = [entry[1] for entry in held if entry not in met]
        if idle:
            named = ", ".join(dict.fromkeys(idle[:_MOST_NAMED])) + (" …" if len(idle) > _MOST_NAMED else "")
            yield f"{path}: {len(idle)} of {len(held)} {kind} {what}: {named}"
