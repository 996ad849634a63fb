"""The service: opens the store and the doors, says so, runs until it is told to stop, and stops without loss.

Order matters. At the start the store's lock comes first, then what a crash left in the log, then the doors. At the end
the doors close first, then what was read is synced, then the lock goes; what is not sealed yet is at the next start.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
import uvicorn

from bootwatch import app
from bootwatch.api.hec import Collector, NoRoom
from bootwatch.detect.alertstore import AlertStore
from bootwatch.detect.sinks.sink import read as read_sinks
from bootwatch.detections.severity import Severity
from bootwatch.errors import SettingsError
from bootwatch.events.clock import Clock
from bootwatch.ingest.hec import Token
from bootwatch.service.detecting import Detector, reads_from
from bootwatch.service.doors import Address, Counts
from bootwatch.service.follow import Follower
from bootwatch.service.intake import Busy, Intake
from bootwatch.service.ops import Metric, Operations
from bootwatch.service.sealing import Sealer
from bootwatch.service.sending import Sender
from bootwatch.service.tcp import Tcp, load_certificate, tls_context
from bootwatch.service.udp import Udp
from bootwatch.settings import Settings
from bootwatch.store import manifest as manifests
from bootwatch.store import wal
from bootwatch.store.durable import write_file
from bootwatch.store.lock import WriteLock
from bootwatch.store.manifest import Manifest
from bootwatch.store.records import Commit
from bootwatch.store.wal import Block, Log

_LOG: Final = logging.getLogger("bootwatch.service")
_SECRETS: Final = "secrets.json"
_STOP_S: Final = 2.0
"""How long each part may take to stop: together they stay within five seconds."""


class _Secrets(msgspec.Struct):
    hec_token: str


class _Http(uvicorn.Server):
    """A server in our loop; signals are the service's own."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@dataclass(slots=True)
class Service:
    """One running service. ``run`` returns when it was told to stop, by a signal or by :meth:`stop`."""

    settings: Settings
    home: Path
    say: Callable[[str], None]
    """Tells whoever started the service which doors are open, and when it is ready."""
    started: float = field(default_factory=time.time)
    _doors: dict[str, Udp | Tcp] = field(default_factory=dict)
    _http: list[tuple[_Http, asyncio.Task[None]]] = field(default_factory=list)
    _tls: ssl.SSLContext | None = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _intake: Intake | None = None
    _sealer: Sealer | None = None
    _collector: Collector | None = None
    _detector: Detector | None = None
    _sender: Sender | None = None
    _follower: Follower | None = None
    _followed: list[str] = field(default_factory=list)

    async def run(self) -> None:
        """Raises StoreError where the store is held, SettingsError where a door cannot be opened."""
        with WriteLock(self.home) as held:
            manifest = self._manifest()
            alerts = AlertStore(self.home)
            log = Log(
                self.home,
                sealed=manifest.log,
                keep_from=reads_from(alerts),
                roll_bytes=self.settings.store_log_bytes,
            )
            self._followed = _places(self.home, log.waiting)
            if log.waiting:
                _LOG.info("%d log files from before wait to be sealed", len(log.waiting))
            self._intake = intake = Intake(log, limit_bytes=self.settings.store_queue_bytes)
            scope = app.Scope(clock=Clock.of(zone=self.settings.tz), home=self.home)
            rules = app.rules(scope)
            pack = app.pack([Path(folder) for folder in self.settings.detect_content])
            sinks = self.settings.alerts_sinks
            self._sender = sender = Sender(self.home, read_sinks(Path(sinks)) if sinks else {})
            self._detector = detector = Detector(
                self.home,
                intake,
                alerts,
                pack,
                scope,
                self._beside(),
                every_s=self.settings.detect_every_s,
                least=Severity(self.settings.alerts_min_severity),
                sinks=lambda: sender.names,
                changed=lambda _: sender.wake(),
            )
            self._sealer = Sealer(
                self.home,
                held,
                intake,
                lambda: rules,
                zone=scope.clock.zone,
                after_s=self.settings.store_seal_after_s,
                keep_from=lambda: detector.keep_from,
            )
            detector.start()
            sender.start()
            try:
                await self._open(intake)
                self._drop_privileges()
                self.say("ready")
                await self._stopping.wait()
            finally:
                await self._close()
                alerts.close()

    def stop(self) -> None:
        """Tell the service to stop; it takes what it has read."""
        self._stopping.set()

    def reload(self) -> None:
        """Take up a renewed certificate; a wrong one is said, and the old one stays."""
        if self._tls is None:
            return
        try:
            load_certificate(self._tls, Path(self.settings.tls_certificate), _optional(self.settings.tls_key))
        except SettingsError as exc:
            _LOG.error("the certificate was not renewed: %s", exc)
        else:
            _LOG.info("the certificate was renewed")

    def _beside(self) -> app.Beside:
        settings = self.settings
        return app.Beside(
            changes=_some(settings.detect_changes),
            allow=_some(settings.detect_allow),
            inventory=_some(settings.detect_inventory),
            exceptions=_some(settings.detect_exceptions),
        )

    def _manifest(self) -> Manifest:
        manifest = manifests.load(self.home)
        if manifest is None:
            manifest = Manifest()
            manifests.append(self.home, manifest, [], Commit(secrets.token_hex(8), 0, 0, _stamp()))
        for why in manifest.damaged:
            _LOG.error("manifest: %s", why)
        for path in manifests.clean(self.home, manifest):
            _LOG.info("removed %s, which an unfinished seal left", path)
        return manifest

    async def _open(self, intake: Intake) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, self.reload)
        settings = self.settings
        if settings.tls_certificate:
            self._tls = tls_context(
                Path(settings.tls_certificate),
                _optional(settings.tls_key),
                clients=_optional(settings.tls_client_ca),
                required=settings.tls_client_required,
                revoked=_optional(settings.tls_revoked),
            )
        if (address := Address.parse(settings.udp, "udp")) is not None:
            self._doors["udp"] = Udp(address, intake, buffer_bytes=settings.udp_buffer_bytes)
        if (address := Address.parse(settings.tcp, "tcp")) is not None:
            self._doors["tcp"] = Tcp(address, intake, most=settings.tcp_connections)
        if (address := Address.parse(settings.tls, "tls")) is not None:
            self._doors["tls"] = Tcp(address, intake, tls=self._tls, most=settings.tcp_connections)
        for name, door in self._doors.items():
            said = Address.parse(getattr(settings, name), name)
            self.say(f"{name} {Address(said.host if said else '', door.port)}")
        if (address := Address.parse(settings.hec, "hec")) is not None:
            self._collector = Collector(
                self._tokens(), self._take, has_room=lambda: intake.room > 0, largest=settings.hec_body_bytes
            )
            await self._serve(self._collector, address, "hec", tls=settings.hec_tls)
        if (address := Address.parse(settings.splunkd, "splunkd")) is not None:
            _LOG.info("splunkd %s is not built: nothing listens there", address)
        if (address := Address.parse(settings.web, "web")) is not None:
            await self._serve(Operations(self.troubles, self.metrics), address, "web", tls=False)
        if settings.watch:
            self._follower = Follower([Path(path) for path in settings.watch], self.home, intake, self._followed)
            self._follower.start()
            self.say(f"watch {os.pathsep.join(settings.watch)}")

    async def _serve(self, application: Collector | Operations, address: Address, name: str, *, tls: bool) -> None:
        sock = address.bound(socket.SOCK_STREAM, name)
        config = uvicorn.Config(
            application,
            http="httptools",
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=1,
            ssl_certfile=self.settings.tls_certificate if tls else None,
            ssl_keyfile=(self.settings.tls_key or None) if tls else None,
        )
        server = _Http(config)
        task = asyncio.get_running_loop().create_task(server.serve(sockets=[sock]))
        while not server.started:
            if task.done():
                task.result()
                raise SettingsError("the server ended at once", key=name)
            await asyncio.sleep(0.005)
        self._http.append((server, task))
        self.say(f"{name} {Address(address.host, sock.getsockname()[1])}")

    async def _take(self, blocks: Sequence[Block]) -> None:
        if self._intake is None:
            raise NoRoom
        try:
            await self._intake.take(blocks)
        except Busy:
            raise NoRoom from None

    def _tokens(self) -> dict[str, Token]:
        found = {
            one.value: Token(one.value, one.name, one.ack, one.index, one.indexes, one.sourcetype, one.disabled)
            for one in self.settings.hec_token
        }
        given = os.environ.get("BOOTWATCH_HEC_TOKEN")
        if given:
            found[given] = Token(given, "environment")
        elif not found:
            own = self._own_token()
            found[own] = Token(own, "first")
        return found

    def _own_token(self) -> str:
        """The token that was made at the first start; it is printed then, and only then."""
        path = self.home / _SECRETS
        try:
            return msgspec.json.decode(path.read_bytes(), type=_Secrets).hec_token
        except FileNotFoundError:
            made = _Secrets(secrets.token_hex(16))
            write_file(path, msgspec.json.encode(made))
            path.chmod(0o600)
            self.say(f"hec token {made.hec_token}")
            return made.hec_token
        except (OSError, msgspec.MsgspecError) as exc:
            raise SettingsError(f"{path} cannot be used: {exc}", key="hec.token") from exc

    def _drop_privileges(self) -> None:
        if not self.settings.user or os.geteuid() != 0:
            return
        import grp
        import pwd

        try:
            account = pwd.getpwnam(self.settings.user)
        except KeyError as exc:
            raise SettingsError(f"no account {self.settings.user!r}", key="user") from exc
        os.initgroups(account.pw_name, account.pw_gid)
        os.setgid(account.pw_gid)
        os.setuid(account.pw_uid)
        _LOG.info("runs as %s, group %s", account.pw_name, grp.getgrgid(account.pw_gid).gr_name)

    async def _close(self) -> None:
        if self._collector is not None:
            self._collector.closing = True
        if self._follower is not None:
            self._follower.close()
        for door in self._doors.values():
            if isinstance(door, Udp):
                door.close()
            else:
                await door.close(_STOP_S)
        for server, _ in self._http:
            server.should_exit = True
        if self._http:
            await asyncio.wait([task for _, task in self._http], timeout=_STOP_S)
        if self._intake is not None:
            self._intake.close()
        if self._detector is not None:
            self._detector.close(_STOP_S)
        if self._sender is not None:
            self._sender.close(_STOP_S / 2)
        if self._sealer is not None:
            self._sealer.close(_STOP_S)

    def troubles(self) -> list[str]:
        """What is wrong now, in sentences."""
        found = []
        if self._intake is not None and self._intake.failure:
            found.append(f"the log cannot be written: {self._intake.failure}")
        if self._intake is not None and not self._intake.room:
            found.append("the queue of the intake is full")
        if self._sealer is not None and self._sealer.failure:
            found.append(f"sealing fails: {self._sealer.failure}")
        if self._detector is not None and self._detector.failure:
            found.append(f"detection fails: {self._detector.failure}")
        if self._sender is not None:
            found += [f"sink {name} does not take alerts: {why}" for name, why in self._sender.troubles.items()]
        return found

    def metrics(self) -> Iterable[Metric]:
        """Everything that is counted, as Prometheus families."""
        doors: list[tuple[str, Counts]] = [(name, door.counts) for name, door in self._doors.items()]
        if self._follower is not None:
            doors.append(("watch", self._follower.counts))
        yield Metric(
            "messages_received_total",
            "counter",
            "Messages that came in, by door.",
            tuple(({"door": name}, counts.received) for name, counts in doors),
        )
        committed = [(name, counts.committed) for name, counts in doors]
        if self._collector is not None:
            committed.append(("hec", self._collector.counts.committed))
        yield Metric(
            "messages_committed_total",
            "counter",
            "Messages that are synced in the log, by door.",
            tuple(({"door": name}, float(count)) for name, count in committed),
        )
        yield Metric(
            "messages_dropped_total",
            "counter",
            "Messages and connections that were lost, by door and reason.",
            tuple(
                ({"door": name, "reason": reason}, float(count))
                for name, counts in doors
                for reason, count in counts.dropped.items()
            ),
        )
        yield Metric(
            "udp_kernel_drops_total",
            "counter",
            "Datagrams the kernel dropped because nobody took them in time.",
            tuple(({}, float(door.kernel_drops())) for door in self._doors.values() if isinstance(door, Udp)),
        )
        yield Metric(
            "connections_open",
            "gauge",
            "Connections that are open, by door.",
            tuple(({"door": name}, float(counts.open)) for name, counts in doors),
        )
        yield Metric(
            "source_messages_total",
            "counter",
            "Messages by door and sender.",
            tuple(
                ({"door": name, "peer": peer}, float(count))
                for name, counts in doors
                for peer, count in counts.peers.items()
            ),
        )
        if self._collector is not None:
            yield Metric(
                "hec_requests_total",
                "counter",
                "Requests to the event collector, by the code of their answer.",
                tuple(({"code": str(code)}, float(count)) for code, count in self._collector.counts.codes.items()),
            )
        if self._intake is not None:
            yield Metric("log_syncs_total", "counter", "Syncs of the log.", (({}, self._intake.counts.syncs),))
            yield Metric("log_bytes_total", "counter", "Bytes of messages synced.", (({}, self._intake.counts.bytes),))
            yield Metric("log_failures_total", "counter", "Writes that failed.", (({}, self._intake.counts.failed),))
            yield Metric("log_files_waiting", "gauge", "Log files to be sealed.", (({}, len(self._intake.waiting())),))
        if self._sealer is not None:
            counts = self._sealer.counts
            yield Metric("sealed_events_total", "counter", "Events in sealed segments.", (({}, counts.events),))
            yield Metric("sealed_files_total", "counter", "Log files that were sealed.", (({}, counts.files),))
            yield Metric("seal_failures_total", "counter", "Seals that failed.", (({}, counts.failed),))
            yield Metric("log_damage_total", "counter", "Damaged parts of log files.", (({}, counts.damage),))
        if self._detector is not None:
            detected = self._detector.counts
            yield Metric("detected_events_total", "counter", "Events looked at.", (({}, detected.events),))
            yield Metric("detect_steps_total", "counter", "Steps that searched.", (({}, detected.steps),))
            yield Metric("detect_seconds_total", "counter", "Time steps took.", (({}, detected.seconds),))
            yield Metric("detect_failures_total", "counter", "Steps that failed.", (({}, detected.failed),))
            yield Metric("alert_changes_total", "counter", "Alerts made or changed.", (({}, detected.changes),))
        if self._sender is not None:
            for name, doc, counted in (
                ("alerts_sent_total", "Messages that sinks took.", self._sender.counts.sent),
                ("alerts_failed_total", "Tries that failed.", self._sender.counts.failed),
                ("alerts_dead_total", "Messages given up.", self._sender.counts.dead),
            ):
                yield Metric(name, "counter", doc, tuple(({"sink": sink}, float(n)) for sink, n in counted.items()))
        yield Metric("started_seconds", "gauge", "When the service started, Unix time.", (({}, self.started),))


def logging_to_stderr(level: str, form: str) -> None:
    """One line a record: text for people, or JSON objects."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _Json() if form == "json" else logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        said = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.encode(said).decode()


def _places(home: Path, waiting: Sequence[int]) -> list[str]:
    """Up to where followed files were read, as far as the log says more than what was saved."""
    found = (block for number in waiting for block in wal.read(home, number) if isinstance(block, Block))
    return [block.context.place for block in found if block.context.place]


def _some(path: str) -> tuple[Path, ...]:
    return (Path(path),) if path else ()


def _optional(path: str) -> Path | None:
    return Path(path) if path else None


def _stamp() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
