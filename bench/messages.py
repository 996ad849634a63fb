"""Pools of device messages in their vendors' forms: ordinary noise, near misses, true hits and decoys.

Bodies stand in ``messages.txt``; headers are here, for their form belongs to the device. Formats follow the vendors'
message documentation, the mix of kinds published volume estimates per device class. A message is fixed texts with up
to ``SLOTS`` holes between them, each filled per line with a stamp, milliseconds or a counter, so that a gigabyte costs
no formatting.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

SLOTS = 5
HOLES = ("BSD", "BSDYEAR", "YEAR", "ISO", "SLASH", "CLOCK", "MS", "N")
"""What may fill a hole, numbered by place: six stamps of a second, then milliseconds and a counter."""
STAMPS, MILLIS, COUNTER, NOTHING = 6, 6, 7, 8

SHARES = {"access": 12, "router": 24, "nexus": 10, "asa": 28, "junos": 14, "pan": 12}
"""Noise lines of each device class in a hundred: few talkative firewalls, many quiet switches."""

DEVICES = {"access": 240, "router": 60, "nexus": 40, "asa": 16, "junos": 24, "pan": 12}

_SOURCETYPES = {"asa": "cisco:asa", "junos": "juniper:junos:syslog", "pan": "pan:log"}
_HITS = {"access": 160, "router": 320, "nexus": 160, "junos": 20, "pan": 20}
_DECOYS = {"access": 80, "router": 80}
_USERS = ("netops", "jdoe", "admin", "svc-backup", "m.keller", "akira", "noc2")
_ACCESS_LISTS = ("ACL-EDGE-IN", "OUTSIDE-IN", "120", "MGMT-ONLY", "BOGONS")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Templates:
    """The bodies one device class writes for one use, and their cumulative weights."""

    texts: list[str] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Message:
    """One line with its time cut out: ``texts`` has one more entry than ``holes``."""

    device: str
    host: str
    sourcetype: str
    texts: tuple[bytes, ...]
    holes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Pools:
    """Messages by what they are for. Decoys pass the base search as substrings but not as Splunk terms."""

    noise: tuple[Message, ...]
    near_misses: tuple[Message, ...]
    hits: tuple[Message, ...]
    decoys: tuple[Message, ...]


@cache
def build(seed: int, size: int = 24_000) -> Pools:
    """Pools with about ``size`` noise messages in the mix above, the same for the same seed."""
    random = Random(seed)
    templates = load()

    def pool(use: str, counts: dict[str, int]) -> tuple[Message, ...]:
        messages = [
            _message(random, device, templates[device, use]) for device, count in counts.items() for _ in range(count)
        ]
        random.shuffle(messages)
        return tuple(messages)

    return Pools(
        noise=pool("noise", {device: size * share // 100 for device, share in SHARES.items()}),
        near_misses=pool("near", {device: size * share // 1000 for device, share in SHARES.items()}),
        hits=pool("hit", _HITS),
        decoys=pool("decoy", _DECOYS),
    )


def load(path: Path | None = None) -> dict[tuple[str, str], Templates]:
    """The templates of ``messages.txt`` or another file, by device and use; a trailing blank belongs to its text."""
    sections: dict[tuple[str, str], Templates] = {}
    section = Templates()
    path = path or Path(__file__).with_name("messages.txt")
    for line in path.read_text(encoding="utf-8").split("\n"):
        if line.startswith("["):
            device, use = line.strip("[]").split()
            section = sections.setdefault((device, use), Templates())
        elif line and not line.startswith("#"):
            weight, _, text = line.partition(" ")
            section.texts.append(text)
            section.weights.append(sum(section.weights[-1:]) + float(weight))
    return sections


def _message(random: Random, device: str, templates: Templates) -> Message:
    number = random.randrange(DEVICES[device])
    host, header = _HEADERS[device](random, number)
    (body,) = random.choices(templates.texts, cum_weights=templates.weights)
    texts, holes, drawn = [""], list[int](), dict[str, str]()
    position = 0
    line = f"{header}{body}\n"
    for found in _PLACEHOLDER.finditer(line):
        texts[-1] += line[position : found.start()]
        position = found.end()
        name = found[1]
        if name in HOLES:
            holes.append(HOLES.index(name))
            texts.append("")
        else:
            if name not in drawn:
                drawn[name] = WORDS[name.rstrip("2")](random)
            texts[-1] += drawn[name]
    texts[-1] += line[position:]
    spare = SLOTS - len(holes)
    if spare < 0:
        raise ValueError(f"{len(holes)} stamps and counters in one message, {SLOTS} at most: {line!r}")
    return Message(
        device,
        host,
        _SOURCETYPES.get(device, "cisco:ios"),
        tuple(text.encode() for text in texts) + (b"",) * spare,
        tuple(holes) + (NOTHING,) * spare,
    )


# Headers: the form follows from the device's number, as one device keeps to one form.


def _access(random: Random, number: int) -> tuple[str, str]:
    host = f"sw-b{number // 12:02d}-f{number % 12:02d}"
    return host, _ios(random, host, number)


def _router(random: Random, number: int) -> tuple[str, str]:
    host = f"rtr-{('fra', 'ams', 'lon', 'mil')[number % 4]}-{number:02d}"
    return host, _ios(random, host, number)


def _ios(random: Random, host: str, number: int) -> str:
    priority, count = 187 + random.randrange(4), 10 + number % 80
    forms = (
        f"<{priority}>{count}{{N}}: {host}: {{BSD}}.{{MS}} UTC: ",
        f"<{priority}>{count}{{N}}: {host}: *{{BSD}}.{{MS}}: ",
        f"{{BSD}} {host} {count}{{N}}: {{BSD}}.{{MS}} UTC: ",
        f"<{priority}>{count}{{N}}: {host}: .{{BSD}}.{{MS}} UTC: ",
        f"{{BSD}} {host} {count}{{N}}: {{BSDYEAR}}: ",
    )
    return forms[number % len(forms)]


def _nexus(random: Random, number: int) -> tuple[str, str]:
    host = f"n9k-dc{number % 3 + 1}-{number:02d}"
    if number % 3:
        return host, f"<{187 + random.randrange(4)}>{{BSD}} {host} : {{YEAR}} UTC: "
    return host, f"{{BSD}} {host} : {{YEAR}}.{{MS}} UTC: "


def _asa(random: Random, number: int) -> tuple[str, str]:
    host = f"asa-edge-{number:02d}"
    forms = (
        f"<{164 + random.randrange(3)}>{{BSDYEAR}} {host} : ",
        f"{{BSD}} {host} ",
        f"{{BSD}} {host} :{{ISO}}Z: ",
    )
    return host, forms[number % len(forms)]


def _junos(random: Random, number: int) -> tuple[str, str]:
    host = f"srx-{number:02d}"
    if number % 4 == 1:
        return host, f"{{BSD}}.{{MS}} 2026  {host} "
    return host, f"<{random.choice((14, 38, 190))}>{{BSD}} {host} "


def _pan(random: Random, number: int) -> tuple[str, str]:
    host = f"pa-fw-{number:02d}"
    return host, f"<14>{{BSD}} {host} 1,{{SLASH}},0118010{number:05d},"


_HEADERS: dict[str, Callable[[Random, int], tuple[str, str]]] = {
    "access": _access,
    "router": _router,
    "nexus": _nexus,
    "asa": _asa,
    "junos": _junos,
    "pan": _pan,
}


def _private(random: Random) -> str:
    return f"10.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(1, 255)}"


def _public(random: Random) -> str:
    return f"{random.choice(('192.0.2', '198.51.100', '203.0.113'))}.{random.randrange(1, 255)}"


def _port(random: Random) -> str:
    kind = random.choice(("GigabitEthernet", "TenGigabitEthernet"))
    return f"{kind}{random.randrange(1, 4)}/0/{random.randrange(1, 49)}"


WORDS: dict[str, Callable[[Random], str]] = {
    "acl": lambda random: random.choice(_ACCESS_LISTS),
    "digit": lambda random: str(random.randrange(10, 48)),
    "high": lambda random: str(random.randrange(1024, 65_536)),
    "image": lambda random: f"c{random.randrange(1000, 9999)}-universalk9.bin",
    "low": lambda random: random.choice(("22", "23", "25", "80", "443", "445", "8443")),
    "mac": lambda random: ".".join(f"{random.randrange(65_536):04x}" for _ in range(3)),
    "port": _port,
    "private": _private,
    "public": _public,
    "state": lambda random: random.choice(("up", "down")),
    "user": lambda random: random.choice(_USERS),
    "vlan": lambda random: str(random.randrange(100, 900)),
}
