"""What would keep a service from running well here: doors, home, disk, clock, kernel buffer, relays that lose words."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bootwatch import app
from bootwatch.errors import Error, SettingsError
from bootwatch.service.doors import Address
from bootwatch.settings import Settings
from bootwatch.store.layout import manifest_path

_RMEM_MAX: Final = Path("/proc/sys/net/core/rmem_max")
_LEAST_FREE: Final = 1 << 30
_BEFORE_THIS_S: Final = 1_750_000_000  # no clock of a server that runs this stood here
_AHEAD_S: Final = 120.0
_RELAYED: Final = (
    'search index=* NOT mnemonic=* ("Configured from" OR "logged command:" OR "changed state to" OR "SYS-5-")'
    " | stats count by host | sort 20 - count"
)


@dataclass(frozen=True, slots=True)
class Check:
    """``wrong``: it has to be put right before the service does what it should; else it is worth knowing."""

    name: str
    wrong: bool
    said: str


def checks(settings: Settings, home: Path) -> Iterator[Check]:
    """Every check, in a fixed order; nothing is changed."""
    running = is_held(home)
    if running:
        yield Check("service", False, "runs: it holds the store and its doors")
    else:
        yield from _doors(settings)
    yield from _home(home)
    yield from _clock(home)
    yield from _buffer(settings)
    yield from _relays(home)


def is_held(home: Path) -> bool:
    """Whether a process holds the store for writing."""
    try:
        descriptor = os.open(home / "lock", os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _doors(settings: Settings) -> Iterator[Check]:
    for name in ("udp", "tcp", "tls", "hec", "web"):
        try:
            address = Address.parse(getattr(settings, name), name)
            if address is None:
                continue
            address.bound(socket.SOCK_DGRAM if name == "udp" else socket.SOCK_STREAM, name).close()
        except SettingsError as exc:
            yield Check(f"door {name}", True, str(exc))
        else:
            yield Check(f"door {name}", False, f"{address} can be opened")


def _home(home: Path) -> Iterator[Check]:
    there = home
    while not there.exists():
        there = there.parent
    if not os.access(there, os.W_OK | os.X_OK):
        yield Check("home", True, f"{there} cannot be written by this account")
    elif home.exists() and home.stat().st_mode & 0o007:
        yield Check("home", False, f"{home} is open to every account; chmod o= keeps logs from them")
    else:
        yield Check("home", False, f"{home} can be written")
    free = shutil.disk_usage(there).free
    yield Check("disk", free < _LEAST_FREE, f"{free >> 20} MiB are free" + (": too few" if free < _LEAST_FREE else ""))


def _clock(home: Path) -> Iterator[Check]:
    now = time.time()
    try:
        written = manifest_path(home).stat().st_mtime
    except OSError:
        written = 0.0
    if now < _BEFORE_THIS_S:
        yield Check("clock", True, f"it says {time.strftime('%Y-%m-%d', time.gmtime(now))}, which is past")
    elif written > now + _AHEAD_S:
        yield Check("clock", True, f"it is {written - now:.0f} s before the last write to the store: it was set back")
    else:
        yield Check("clock", False, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now)))


def _buffer(settings: Settings) -> Iterator[Check]:
    try:
        most = int(_RMEM_MAX.read_text())
    except (OSError, ValueError):
        return
    if settings.udp.lower() != "off" and most < settings.udp_buffer_bytes:
        yield Check(
            "receive buffer",
            False,
            f"net.core.rmem_max is {most}, below udp.buffer_bytes {settings.udp_buffer_bytes}: bursts may be lost"
            f"; sysctl -w net.core.rmem_max={settings.udp_buffer_bytes}, or give CAP_NET_ADMIN",
        )


def _relays(home: Path) -> Iterator[Check]:
    """Senders whose messages read like a device's and lack the mnemonic by which detections know them."""
    scope = app.Scope(home=home)
    try:
        rows = list(app.search(_RELAYED, app.store(scope), scope).rows())
    except Error:
        return  # no store yet, or one that doctor speaks of elsewhere
    for row in rows:
        said = f"{row['count']} messages of {row['host']} lack their mnemonic: a relay on the way cuts it off"
        yield Check("relay", True, said)
