"""The network the stories happen in: devices with their images, people, servers. Every seed has another one."""

from dataclasses import dataclass
from random import Random

_Image = tuple[str, tuple[tuple[str, str], ...]]

PLATFORMS: dict[str, dict[str, _Image]] = {
    "ios": {
        "ISR2911": (
            "c2900-universalk9-mz.SPA.{v}.bin",
            (
                ("152-4.M6", "15.2(4)M6"),
                ("154-3.M10", "15.4(3)M10"),
                ("155-3.M9", "15.5(3)M9"),
                ("157-3.M8", "15.7(3)M8"),
            ),
        ),
        "WS-C2960X-48": (
            "c2960x-universalk9-mz.{v}.bin",
            (
                ("150-2.EX5", "15.0(2)EX5"),
                ("152-4.E10", "15.2(4)E10"),
                ("152-7.E5", "15.2(7)E5"),
                ("152-7.E9", "15.2(7)E9"),
            ),
        ),
        "CISCO1941": (
            "c1900-universalk9-mz.SPA.{v}.bin",
            (
                ("151-4.M4", "15.1(4)M4"),
                ("154-3.M9", "15.4(3)M9"),
                ("156-3.M7", "15.6(3)M7"),
                ("157-3.M6", "15.7(3)M6"),
            ),
        ),
    },
    "iosxe": {
        "C9300-48P": (
            "cat9k_iosxe.{v}.SPA.bin",
            (("16.12.04", "16.12.4"), ("17.03.05", "17.3.5"), ("17.06.05", "17.6.5"), ("17.09.04a", "17.9.4a")),
        ),
        "ISR4331": (
            "isr4300-universalk9.{v}.SPA.bin",
            (("16.09.05", "16.9.5"), ("17.03.06", "17.3.6"), ("17.06.06a", "17.6.6a"), ("17.09.05a", "17.9.5a")),
        ),
        "ASR1001-X": (
            "asr1001x-universalk9.{v}.SPA.bin",
            (("16.06.10", "16.6.10"), ("16.12.08", "16.12.8"), ("17.03.08", "17.3.8"), ("17.06.07", "17.6.7")),
        ),
    },
    "iosxr": {
        "ASR9006": (
            "asr9k-mini-x64-{v}.iso",
            (("6.5.3", "6.5.3"), ("7.1.3", "7.1.3"), ("7.5.2", "7.5.2"), ("7.8.2", "7.8.2")),
        ),
        "NCS5501": (
            "ncs5500-goldenk9-x-{v}.iso",
            (("6.6.3", "6.6.3"), ("7.2.2", "7.2.2"), ("7.5.2", "7.5.2"), ("7.9.2", "7.9.2")),
        ),
    },
    "nxos": {
        "N9K-C93180YC": (
            "nxos.{v}.bin",
            (("7.0.3.I7.10", "7.0(3)I7(10)"), ("9.3.9", "9.3(9)"), ("9.3.12", "9.3(12)"), ("9.3.13", "9.3(13)")),
        ),
        "N9K-C9336C": (
            "nxos64-cs.{v}.M.bin",
            (("10.2.3", "10.2(3)"), ("10.2.5", "10.2(5)"), ("10.3.3", "10.3(3)"), ("10.3.4a", "10.3(4a)")),
        ),
    },
    "asa": {
        "ASA5516-X": (
            "asa{v}-lfbff-k8.SPA",
            (("9-8-4", "9.8(4)"), ("9-12-4-72", "9.12(4)72"), ("9-16-4-57", "9.16(4)57"), ("9-16-4-67", "9.16(4)67")),
        ),
        "ASA5545-X": (
            "asa{v}-smp-k8.bin",
            (("9-6-4", "9.6(4)"), ("9-12-4-58", "9.12(4)58"), ("9-14-4-17", "9.14(4)17"), ("9-14-4-24", "9.14(4)24")),
        ),
    },
    "ftd": {
        "FPR2130": (
            "cisco-ftd-fp2k.{v}.SPA",
            (("6.6.7-223", "6.6.7"), ("7.0.5-72", "7.0.5"), ("7.2.5-208", "7.2.5"), ("7.2.8-25", "7.2.8")),
        ),
    },
    "junos": {
        "MX204": (
            "junos-vmhost-install-mx-x86-64-{v}.tgz",
            (
                ("19.4R3.11", "19.4R3.11"),
                ("20.4R3-S9.4", "20.4R3-S9.4"),
                ("21.4R3-S5.4", "21.4R3-S5.4"),
                ("22.4R3.25", "22.4R3.25"),
            ),
        ),
        "SRX345": (
            "junos-srxsme-{v}.tgz",
            (
                ("18.4R3.3", "18.4R3.3"),
                ("20.2R3.9", "20.2R3.9"),
                ("21.2R3-S7.7", "21.2R3-S7.7"),
                ("21.4R3-S6.6", "21.4R3-S6.6"),
            ),
        ),
        "EX4300-48T": (
            "jinstall-ex-4300-{v}-signed.tgz",
            (
                ("18.1R3.3", "18.1R3.3"),
                ("19.4R3.11", "19.4R3.11"),
                ("21.2R3-S6.11", "21.2R3-S6.11"),
                ("21.4R3-S5.4", "21.4R3-S5.4"),
            ),
        ),
    },
    "panos": {
        "PA-3220": (
            "PanOS_3200-{v}",
            (("9.1.14", "9.1.14"), ("10.1.9", "10.1.9"), ("10.1.11-h5", "10.1.11-h5"), ("10.2.7-h3", "10.2.7-h3")),
        ),
        "PA-VM": (
            "PanOS_vm-{v}",
            (("10.0.8", "10.0.8"), ("10.1.6", "10.1.6"), ("10.2.4", "10.2.4"), ("10.2.9-h1", "10.2.9-h1")),
        ),
    },
    "eos": {
        "DCS-7280SR": (
            "EOS-{v}.swi",
            (("4.24.11M", "4.24.11M"), ("4.27.4M", "4.27.4M"), ("4.28.8M", "4.28.8M"), ("4.30.5M", "4.30.5M")),
        ),
        "DCS-7050SX": (
            "EOS64-{v}.swi",
            (("4.25.9M", "4.25.9M"), ("4.28.5M", "4.28.5M"), ("4.29.7M", "4.29.7M"), ("4.31.2F", "4.31.2F")),
        ),
    },
    "fortios": {
        "FGT100F": (
            "FGT_100F-v{v}-FORTINET.out",
            (
                ("6.4.9.M-build1966", "v6.4.9"),
                ("7.0.12.M-build0523", "v7.0.12"),
                ("7.2.5.F-build1517", "v7.2.5"),
                ("7.2.8.M-build1639", "v7.2.8"),
            ),
        ),
        "FGT60F": (
            "FGT_60F-v{v}-FORTINET.out",
            (
                ("6.4.11.M-build2030", "v6.4.11"),
                ("7.0.9.M-build0444", "v7.0.9"),
                ("7.2.4.F-build1396", "v7.2.4"),
                ("7.4.3.F-build2573", "v7.4.3"),
            ),
        ),
    },
}
"""Per OS and platform: how an image is named, and versions in rising order as its name and the device write them."""

_ROLES = {
    "ios": ("br-rtr", "acc-sw"),
    "iosxe": ("core-sw", "wan-rtr"),
    "iosxr": ("pe", "p-rtr"),
    "nxos": ("leaf", "spine"),
    "asa": ("fw", "asa"),
    "ftd": ("ftd", "ngfw"),
    "junos": ("mx", "srx"),
    "panos": ("pa", "pan-fw"),
    "eos": ("eos-leaf", "tor"),
    "fortios": ("fgt", "fortigate"),
}
_SITES = (
    ("ber", "muc", "ham", "zrh", "vie", "prg"),
    ("nyc", "chi", "dal", "sea", "yyz", "atl"),
    ("lon", "dub", "man", "ams", "bru", "cdg"),
    ("sin", "hkg", "nrt", "syd", "bom", "icn"),
)
_STAFF = (
    ("jdoe", "m.keller", "akira", "r.lopez", "svetlana", "tpham"),
    ("kbrown", "a.novak", "li.wei", "dsouza", "hmiller", "o.haas"),
    ("pmartin", "e.rossi", "jkim", "b.olsen", "nadia", "cfox"),
)


@dataclass(frozen=True, slots=True)
class Device:
    """One device; ``number`` decides the forms it keeps to. Versions rise from ``older`` over ``old`` to ``new``."""

    os: str
    name: str
    ip: str
    number: int
    platform: str
    images: dict[str, str]
    versions: dict[str, str]
    serial: str


@dataclass(frozen=True, slots=True)
class World:
    """Who and where: operators, the jump host, the image server, management systems, addresses that belong to none."""

    random: Random
    sites: tuple[str, ...]
    staff: tuple[str, ...]
    net: int
    domain: str

    @property
    def jump(self) -> str:
        return f"10.{self.net}.0.10"

    @property
    def srv(self) -> str:
        return f"10.{self.net}.0.20"

    @property
    def nms(self) -> str:
        return f"10.{self.net}.0.30"

    @property
    def odd(self) -> str:
        """A desk in a user network: inside, but nothing that manages devices."""
        return f"10.{self.net + 40}.{self.random.randrange(1, 250)}.{self.random.randrange(2, 250)}"

    @property
    def bad(self) -> str:
        return f"{self.random.choice(('192.0.2', '198.51.100', '203.0.113'))}.{self.random.randrange(2, 250)}"


def world(seed: int) -> World:
    """The people and networks of a seed."""
    random = Random(f"world {seed}")
    return World(
        random,
        _SITES[seed % len(_SITES)],
        _STAFF[seed % len(_STAFF)],
        random.randrange(10, 80),
        random.choice(("example.net", "corp.example", "net.example.org")),
    )


def device(place: World, os: str, number: int, platform: str | None = None, twin: Device | None = None) -> Device:
    """The ``number``-th device of the network, with the images of its twin where it has one.

    What is malicious about its ``evil`` image is never its name.
    """
    random = place.random
    platform = platform or random.choice(sorted(PLATFORMS[os]))
    form, versions = PLATFORMS[os][platform]
    older, old, new = sorted(random.sample(range(len(versions)), 3))
    names = {key: form.format(v=versions[index][0]) for key, index in (("older", older), ("old", old), ("new", new))}
    stem, dot, suffix = names["new"].rpartition(".")
    tail = f"{dot}{suffix}" if suffix.isalpha() else ""
    stem = stem if tail else names["new"]
    names["evil"] = random.choice(
        (
            f"{stem}{random.choice(('-r2', '.u1', '_fix', '-upd'))}{tail}",
            f"{random.choice(('update', 'svc', 'patch', 'core'))}{random.randrange(100, 999)}{tail}",
        )
    )
    site, role = place.sites[number % len(place.sites)], _ROLES[os][number // 2 % 2]
    maker = random.choice(("FOC", "FDO", "JN1", "JPE"))
    return Device(
        os,
        f"{site}-{role}-{number:03d}",
        f"10.{place.net + 1}.{number // 200}.{number % 200 + 11}",
        number,
        platform,
        twin.images if twin else names,
        twin.versions if twin else {"older": versions[older][1], "old": versions[old][1], "new": versions[new][1]},
        f"{maker}{random.randrange(10_000, 99_999)}{random.choice('ABCDEF')}{random.randrange(100, 999)}",
    )
