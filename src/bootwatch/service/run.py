"""The service: opens the store and the doors, says so, runs until it is told to stop, and stops without loss.

Order matters. At the start the store's lock comes first, then what a crash left in the log, then the doors. At the end
the doors close first, then what was read is synced, then the lock goes; what is not sealed yet is at the next start.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import shutil
import signal
import socket
import ssl
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import uvicorn

from bootwatch import app
from bootwatch.api.hec import Collector, NoRoom
from bootwatch.detect.alertstore import AlertStore
from bootwatch.detect.scheduled import read as read_searches
from bootwatch.detect.sinks.sink import read as read_sinks
from bootwatch.detections.pack import Pack
from bootwatch.detections.severity import Severity
from bootwatch.errors import ContentError, Error, SettingsError
from bootwatch.events.clock import Clock
from bootwatch.knowledge.objects import Knowledge
from bootwatch.service.detecting import Detector, reads_from
from bootwatch.service.doors import Address
from bootwatch.service.follow import Follower
from bootwatch.service.intake import Busy, Intake
from bootwatch.service.keeping import Keeper
from bootwatch.service.metrics import of_service
from bootwatch.service.ops import Metric, Operations
from bootwatch.service.scheduling import Scheduler
from bootwatch.service.sealing import Sealer
from bootwatch.service.sending import Sender
from bootwatch.service.tcp import Tcp, load_certificate, tls_context
from bootwatch.service.tokens import tokens
from bootwatch.service.udp import Udp
from bootwatch.settings import Settings
from bootwatch.store import manifest as manifests
from bootwatch.store import wal
from bootwatch.store.lock import WriteLock
from bootwatch.store.manifest import Manifest
from bootwatch.store.records import Commit
from bootwatch.store.wal import Block, Log

_LOG: Final = logging.getLogger("bootwatch.service")
_STOP_S: Final = 2.0
"""How long each part may take to stop: together they stay within five seconds."""


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
    doors: dict[str, Udp | Tcp] = field(default_factory=dict)
    _http: list[tuple[_Http, asyncio.Task[None]]] = field(default_factory=list)
    _tls: ssl.SSLContext | None = None
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    intake: Intake | None = None
    sealer: Sealer | None = None
    keeper: Keeper | None = None
    collector: Collector | None = None
    detector: Detector | None = None
    sender: Sender | None = None
    scheduler: Scheduler | None = None
    follower: Follower | None = None
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
            self.intake = intake = Intake(log, limit_bytes=self.settings.store_queue_bytes)
            known = self._knowledge()
            scope = app.Scope(clock=Clock.of(zone=self.settings.tz), home=self.home, knowledge=known)
            rules = app.rules(scope)
            pack = self._pack(known)
            sinks = self.settings.alerts_sinks
            self.sender = sender = Sender(self.home, read_sinks(Path(sinks)) if sinks else {})
            self.detector = detector = Detector(
                self.home,
                intake,
                alerts,
                pack,
                scope,
                self._beside(),
                every_s=self.settings.detect_every_s,
                whole_every_s=self.settings.detect_whole_log_every_s,
                least=Severity(self.settings.alerts_min_severity),
                sinks=lambda: sender.names,
                changed=lambda _: sender.wake(),
            )
            self.keeper = keeper = Keeper(
                self.home,
                lambda: rules,
                every_s=self.settings.store_upkeep_s,
                keep_days=self.settings.store_keep_days,
                keep_bytes=self.settings.store_keep_bytes,
            )
            self.sealer = Sealer(
                self.home,
                held,
                intake,
                lambda: rules,
                zone=scope.clock.zone,
                after_s=self.settings.store_seal_after_s,
                keep_from=lambda: detector.keep_from,
                idle=keeper.look,
                pressed=lambda: any(door.pressed for door in [*self.doors.values()] if isinstance(door, Udp)),
            )
            searches = self.settings.detect_searches
            self.scheduler = Scheduler(
                alerts,
                read_searches(Path(searches)) if searches else (),
                scope,
                sinks=lambda: sender.names,
                changed=lambda _: sender.wake(),
            )
            detector.start()
            sender.start()
            self.scheduler.start()
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
        """Take up a renewed certificate, packs and context files; a wrong one is said, and the old one stays."""
        if self._tls is not None:
            try:
                load_certificate(self._tls, Path(self.settings.tls_certificate), _optional(self.settings.tls_key))
            except SettingsError as exc:
                _LOG.error("the certificate was not renewed: %s", exc)
            else:
                _LOG.info("the certificate was renewed")
        if self.detector is not None:
            try:
                known = self._knowledge()
                self.detector.use(self._pack(known), self._beside(), known)
                if self.scheduler is not None:
                    self.scheduler.use(known)
            except Error as exc:
                _LOG.error("content was not taken up, what ran before goes on: %s", exc)
            else:
                _LOG.info("content was taken up again")

    def _knowledge(self) -> Knowledge:
        """What the searches of detections and of the schedule may name."""
        return app.knowledge([Path(folder) for folder in self.settings.detect_content])

    def _pack(self, known: Knowledge) -> Pack:
        """The content pack. Raises ContentError; also where a search of it does not compile."""
        pack = app.pack(known.packs)
        for name, checked in app.compile_pack(pack, app.Scope(knowledge=known)).items():
            if checked.status != "ok":
                path = f"{pack.detection(name).path}/search.spl"
                raise ContentError(f"does not compile: {checked.message}", path=path, line=checked.line)
        return pack

    def _beside(self) -> app.Beside:
        """The context files, checked and copied: what is edited later takes effect when it is taken up again."""
        settings = self.settings
        given = app.Beside(
            changes=_some(settings.detect_changes),
            allow=_some(settings.detect_allow),
            inventory=_some(settings.detect_inventory),
            exceptions=_some(settings.detect_exceptions),
        )
        app.check_beside(given, app.Scope(clock=Clock.of(zone=settings.tz)))
        folder = self.home / "detect" / "given"
        folder.mkdir(parents=True, exist_ok=True)

        def kept(name: str, paths: app.Paths) -> tuple[Path, ...]:
            return tuple(
                Path(shutil.copyfile(path, folder / f"{name}-{number}{Path(path).suffix}"))
                for number, path in enumerate(paths)
            )

        return app.Beside(
            changes=kept("changes", given.changes),
            allow=kept("allow", given.allow),
            inventory=kept("inventory", given.inventory),
            exceptions=kept("exceptions", given.exceptions),
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
            self.doors["udp"] = Udp(address, intake, buffer_bytes=settings.udp_buffer_bytes)
        if (address := Address.parse(settings.tcp, "tcp")) is not None:
            self.doors["tcp"] = Tcp(address, intake, most=settings.tcp_connections)
        if (address := Address.parse(settings.tls, "tls")) is not None:
            self.doors["tls"] = Tcp(address, intake, tls=self._tls, most=settings.tcp_connections)
        for name, door in self.doors.items():
            said = Address.parse(getattr(settings, name), name)
            self.say(f"{name} {Address(said.host if said else '', door.port)}")
        if (address := Address.parse(settings.hec, "hec")) is not None:
            self.collector = Collector(
                tokens(settings, self.home, self.say),
                self._take,
                has_room=lambda: intake.room > 0,
                largest=settings.hec_body_bytes,
            )
            await self._serve(self.collector, address, "hec", tls=settings.hec_tls)
        if (address := Address.parse(settings.splunkd, "splunkd")) is not None:
            _LOG.info("splunkd %s is not built: nothing listens there", address)
        if (address := Address.parse(settings.web, "web")) is not None:
            await self._serve(Operations(self.troubles, self.metrics), address, "web", tls=False)
        if settings.watch:
            self.follower = Follower([Path(path) for path in settings.watch], self.home, intake, self._followed)
            self.follower.start()
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
        if self.intake is None:
            raise NoRoom
        try:
            await self.intake.take(blocks)
        except Busy:
            raise NoRoom from None

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
        if self.collector is not None:
            self.collector.closing = True
        if self.follower is not None:
            self.follower.close()
        for door in self.doors.values():
            if isinstance(door, Udp):
                door.close()
            else:
                await door.close(_STOP_S)
        for server, _ in self._http:
            server.should_exit = True
        if self._http:
            await asyncio.wait([task for _, task in self._http], timeout=_STOP_S)
        if self.intake is not None:
            self.intake.close()
        if self.detector is not None:
            self.detector.close(_STOP_S)
        if self.scheduler is not None:
            self.scheduler.close(_STOP_S / 2)
        if self.sender is not None:
            self.sender.close(_STOP_S / 2)
        if self.sealer is not None:
            self.sealer.close(_STOP_S)

    def troubles(self) -> list[str]:
        """What is wrong now, in sentences."""
        found = []
        if self.intake is not None and self.intake.failure:
            found.append(f"the log cannot be written: {self.intake.failure}")
        if self.intake is not None and not self.intake.room:
            found.append("the queue of the intake is full")
        if self.sealer is not None and self.sealer.failure:
            found.append(f"sealing fails: {self.sealer.failure}")
        if self.keeper is not None:
            found += self.keeper.troubles()
        if self.detector is not None and self.detector.failure:
            found.append(f"detection fails: {self.detector.failure}")
        if self.scheduler is not None:
            found += [f"the search '{name}' fails: {why}" for name, why in self.scheduler.troubles.items()]
        if self.sender is not None:
            found += [f"sink {name} does not take alerts: {why}" for name, why in self.sender.troubles.items()]
        return found

    def metrics(self) -> Iterable[Metric]:
        """Everything that is counted."""
        return of_service(self)


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
