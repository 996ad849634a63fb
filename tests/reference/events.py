"""Random events around the page's phrases: what matches, and what only nearly does."""

from __future__ import annotations

import random

Event = dict[str, object]

START = 1_736_899_200
"""The generated events lie within two days of this instant (2025-01-15 00:00 UTC), each at its own second."""

SOURCETYPES = (
    "cisco:ios",
    "cisco_syslog",
    "syslog",
    "juniper:junos:syslog",
    "pan:log",
    "CISCO:IOS",
    "cisco:asa",
    "linux",
)
HOSTS = ("rtr-edge-1", "RTR-EDGE-1", "sw-acc-3", "10.1.1.7", "10.1.2.9", "srx-core", "PA-VM")
PHRASES = (
    *("copy tftp", "copy ftp", "copy scp", "copy http", "archive download-sw", "archive copy-sw", "install add file"),
    *(
        "install activate",
        "boot system flash",
        "boot system tftp",
        "boot system ftp",
        "no boot system",
        "ROMMON_CONFIG",
    ),
    *("confreg 0x", "INTEGRITY_FAILED", "SIGNATURE_FAILED", "hash mismatch", "image verification failed"),
    *("FLASH-4-WRITE_FAILED", "FLASH-5-SIGNIFICANT_FLASH_ERASE", "copy rcp", "boot system http"),
)
TARGETS = ("flash:", "disk0:", "bootflash:", "flash0:", "usbflash0:", "slavebootflash:", "disk1:", "FLASH:", "flash")
ENDINGS = (".bin", ".img", ".tar", ".pkg", ".tgz", ".bins", ".bin.md5", ".BIN", "bin", ".tar.gz", "_bin", ".txt")
SCHEMES = ("tftp", "ftp", "scp", "http", "https", "sftp", "TFTP", "rcp", "usb")
PLACES = ("192.168.1.50", "img-01.example.net", "backup@10.0.0.5", "192.168.1.50:69", "[2001:db8::1]", "10.1.2.3x", "")
USERS = ("admin", "svc_net@corp.example.net", "CORP\\jsmith", "ops-team", "jdoé", "admin.", "")
WORDS = ("alpha", "beta", "gamma", "delta", "ab-c", "a.b", "x_y")
NAMES = ("Bob", "alice", "ALICE", "CORP\\jsmith", "two words", "o'neil", "10.1.1.7", "10.1.2.9", "9.9.x")


def random_events(rng: random.Random, n: int) -> list[Event]:
    """``n`` events in order of arrival, their times all different.

    Besides Splunk's own fields some carry ``a`` (whole numbers), ``b`` (whole and half numbers), ``c`` (lower-case
    words, now and then empty), ``d`` (names and addresses), ``e`` (numbers and words) and ``f`` (one or several words).
    ``g`` (a number) and ``h`` (text) occur only as ``key=value`` in ``_raw``.
    """
    return [_event(rng, START + second) for second in rng.sample(range(2 * 86_400), n)]


def _event(rng: random.Random, second: int) -> Event:
    event: Event = {
        "_time": second,
        "host": rng.choice(HOSTS),
        "source": rng.choice(("udp:514", "/var/log/network.log")),
        "sourcetype": rng.choice(SOURCETYPES),
        "index": rng.choice(("network", "network", "network", "NETWORK", "main")),
        "_raw": _line(rng),
    }
    choices: dict[str, object] = {
        "a": str(rng.randint(-12, 12)),
        "b": rng.choice((str(rng.randint(-5, 30)), f"{rng.randint(1, 20)}.5", f"-{rng.randint(1, 9)}.5")),
        "c": rng.choice(WORDS) if rng.random() < 0.96 else "",
        "d": rng.choice(NAMES),
        "e": rng.choice((str(rng.randint(0, 30)), rng.choice(WORDS))),
        "f": rng.choice(WORDS) if rng.random() < 0.4 else [rng.choice(WORDS) for _ in range(rng.randint(2, 4))],
    }
    event.update({field: held for field, held in choices.items() if rng.random() < 0.85})
    return event


def _line(rng: random.Random) -> str:
    """One message: a header, a user, a body, and what may stand behind it."""
    line = rng.choice(
        (
            f"<189>{rng.randint(1, 9999)}: rtr-edge-1: Jan 15 09:10:11.123 UTC: %PARSER-5-CFGLOG_LOGGEDCMD: ",
            "<189>4124: Jan 15 09:10:15.002 UTC: %SYS-5-CONFIG_I: ",
            "Jan 15 09:11:40 srx-core mgd[5121]: UI_CMDLINE_READ_LINE: ",
            "Jan 15 09:13:20 PA-VM 1,2025/01/15 09:13:20,007200001056,SYSTEM,general,0,",
            "RP/0/RSP0/CPU0:Jan 15 09:10:11: config[65]: %MGBL-CONFIG-6-DB_COMMIT : ",
            "%LINK-SP-3-UPDOWN: ",
            "",
        )
    )
    line += _user(rng)
    line += "".join(_piece(rng) for _ in range(rng.randint(1, 3)))
    if rng.random() < 0.3:
        line += f" g={rng.randint(0, 20)}"
    if rng.random() < 0.3:
        line += rng.choice((' h="two words"', " h=one", ' h=""', " h = spaced", " hh=long", " h=first h=second"))
    if rng.random() < 0.04:
        line += rng.choice(("\nsecond line", "\n", " café É", "\tend", " a%20b%3Ac", " x--y"))
    return line


def _user(rng: random.Random) -> str:
    user = rng.choice(USERS)
    form = rng.choice(
        (
            *(
                "User:{}  logged command:",
                "User:{}  logged command:",
                "User {} ",
                "user: {} Logged command:x ",
                "by user {} ",
            ),
            *(
                "user={} ",
                "User '{}', command '",
                'User: "{}" ',
                "superuser {} ",
                "USER: {} ",
                "username: {} logged command ",
            ),
            *("logged command: exec: ", ""),
        )
    )
    return form.format(user)


def _piece(rng: random.Random) -> str:
    match rng.randint(0, 4):
        case 0 | 1:
            return _nearly(rng, rng.choice(PHRASES)) + _edge(rng)
        case 2:
            scheme = rng.choice(SCHEMES)
            return f"copy {scheme}:{rng.choice(('//', '//', '/', ' '))}{rng.choice(PLACES)}/image{rng.choice(ENDINGS)} "
        case 3:
            return f"{rng.choice(TARGETS)}{rng.choice(('', '/', ' '))}c2900{rng.choice(ENDINGS)}{_edge(rng)}"
        case _:
            return rng.choice(
                ("fail", "failed", "fail-over", "link up", "error 403", "error 404", "127.0.0.1 ", "ip=127.0.0.1 ")
            )


def _nearly(rng: random.Random, phrase: str) -> str:
    """The phrase, mostly; else in other letters, with other joints, or grown at an end."""
    match rng.randint(0, 11):
        case 0:
            return phrase.upper()
        case 1:
            return phrase.swapcase()
        case 2:
            return phrase.replace(" ", "  ", 1)
        case 3:
            return phrase.replace("_", "-") if "_" in phrase else phrase.replace("-", "_")
        case 4:
            return phrase + rng.choice(("s", "2142", "ap", "0", "x"))
        case 5:
            return rng.choice(("x", "MY_", "9", "un")) + phrase
        case 6:
            return phrase.replace(" ", rng.choice(("-", ",", ":", "/", "\t")), 1)
        case 7:
            cut = rng.randrange(len(phrase))
            return phrase[:cut] + phrase[cut + 1 :]
        case _:
            return phrase


def _edge(rng: random.Random) -> str:
    """What stands behind a phrase: breakers of both kinds, and letters that are none.

    An equals sign gets a value of its own, so that it does not swallow the pair behind it.
    """
    return rng.choice(
        (" ", " ", ":", "/", ".", ",", '"', "'", ")", "; ", "=x ", "-", "_", "|", "0x2142 ", "s ", "://1.1.1.1/x.bin ")
    )
