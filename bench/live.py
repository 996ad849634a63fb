"""The service measured: TCP, UDP and HEC into the synced log, against rsyslog writing an unsynced file in the same run.

``python -m bench.live`` prints counts first (what was sent has to be committed and found), then messages for each
CPU-second of the receiving process, latency and start-up. rsyslog is looked for as ``rsyslogd``, or where
``--rsyslogd`` says; without it the ratio is left out and said. The sender's own CPU time is not counted to anybody.
"""

import argparse
import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench.report import Count, Figure, Report, machine

TOKEN = "bench"
_TICKS = os.sysconf("SC_CLK_TCK")
_ATTACK = (
    "<190>1: bench-rtr1: Mar 10 2026 14:01:37.215 UTC: %AAAA-6-ACCTLOCAL: Username: ops Privilege level: 15"
    " Command: {} <cr>"
)


def line(number: int) -> bytes:
    """A message of 200 bytes, as an access switch writes them."""
    text = b"<189>%d: sw%03d: Mar 10 2026 14:01:37.215 UTC: %%LINEPROTO-5-UPDOWN: Line protocol on Interface " % (
        number,
        number % 500,
    )
    return (text + b"GigabitEthernet1/0/%d, changed state to up " % (number % 48)).ljust(199, b".")


@dataclass(slots=True)
class Server:
    """A receiving process: its doors and how much CPU time it has used."""

    process: subprocess.Popen[str]
    doors: dict[str, int] = field(default_factory=dict)

    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def counted(self, name: str) -> float:
        """The sum of a metric's samples."""
        connection = http.client.HTTPConnection("127.0.0.1", self.doors["web"], timeout=20)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return sum(float(row.rpartition(" ")[2]) for row in text.splitlines() if row.startswith(f"bootwatch_{name}"))

    def stop(self) -> float:
        """SIGTERM; how long it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        return time.monotonic() - began


@contextlib.contextmanager
def serving(home: Path, *options: str, env: dict[str, str] | None = None) -> Iterator[Server]:
    """``bootwatch serve`` on free ports, ready."""
    doors = [part for door in ("udp", "tcp", "hec", "web") for part in (f"--{door}", "127.0.0.1:0")]
    process = subprocess.Popen(
        [sys.executable, "-m", "bootwatch", "serve", "--home", str(home), "--splunkd", "off", *doors, *options],
        env=os.environ | {"BOOTWATCH_HEC_TOKEN": TOKEN} | (env or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    server = Server(process)
    assert process.stdout is not None
    for row in process.stdout:
        if row == "ready\n":
            break
        name, _, address = row.strip().partition(" ")
        if ":" in address:
            server.doors[name] = int(address.rpartition(":")[2])
    try:
        yield server
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(20)
        process.stdout.close()


@contextlib.contextmanager
def rsyslog(program: str, folder: Path) -> Iterator[Server]:
    """rsyslog that takes TCP and appends to a file it does not sync."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    config = folder / "rsyslog.conf"
    config.write_text(
        f'module(load="imtcp")\ninput(type="imtcp" port="{port}")\naction(type="omfile" file="{folder}/out.log")\n'
    )
    command = [program, "-n", "-f", str(config), "-i", str(folder / "pid")]
    modules = Path(program).parents[1] / "lib" / "x86_64-linux-gnu" / "rsyslog"
    if modules.is_dir():
        command += ["-M", str(modules)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)
    time.sleep(1.5)
    try:
        yield Server(process, {"tcp": port})
    finally:
        process.kill()
        process.wait(20)


def send_tcp(port: int, messages: int, counted: bool = False) -> None:
    """As fast as the receiver takes them."""
    made = [line(number) for number in range(1000)]
    block = b"".join(b"%d %b" % (len(one), one) if counted else one + b"\n" for one in made)
    with socket.create_connection(("127.0.0.1", port)) as sender:
        for _ in range(messages // 1000):
            sender.sendall(block)


def until(done: Callable[[], bool], within_s: float = 60.0) -> bool:
    """Whether something came to pass in time."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if done():
            return True
        time.sleep(0.02)
    return False


class Waiting:
    """A count that has to be reached."""

    def __init__(self, server: Server, name: str, wanted: float) -> None:
        self._server, self._name, self._wanted = server, name, wanted

    def __call__(self) -> bool:
        return self._server.counted(self._name) >= self._wanted


class Written:
    """A file that has to have so many lines."""

    def __init__(self, path: Path, wanted: int) -> None:
        self._path, self._wanted = path, wanted

    def __call__(self) -> bool:
        return _lines(self._path) >= self._wanted


def tcp(report: Report, folder: Path, program: str | None, messages: int, rounds: int) -> None:
    """Messages for each CPU-second, to the synced log and to sealed, tagged segments."""
    report.title("TCP syslog")
    ours: list[float] = []
    sealed: list[float] = []
    theirs: list[float] = []
    for number in range(rounds):
        home = folder / f"tcp{number}"
        # Sealing waits until the log is measured; detection is as it is.
        with serving(
            home, env={"BOOTWATCH_STORE_SEAL_AFTER_S": "3", "BOOTWATCH_STORE_LOG_BYTES": str(1 << 40)}
        ) as server:
            before = server.cpu_s()
            send_tcp(server.doors["tcp"], messages)
            until(Waiting(server, 'messages_committed_total{door="tcp"}', messages))
            ours.append(messages / (server.cpu_s() - before))
            report.count(Count("committed", "all", int(server.counted("messages_committed_total")), messages))
            until(Waiting(server, "sealed_events_total", messages), 300)
            sealed.append(messages / (server.cpu_s() - before))
            server.stop()
        report.count(Count("found by search", "all", _found(home), messages))
        if program is not None:
            place = folder / f"rsyslog{number}"
            place.mkdir()
            with rsyslog(program, place) as peer:
                before = peer.cpu_s()
                send_tcp(peer.doors["tcp"], messages)
                until(Written(place / "out.log", messages))
                theirs.append(messages / (peer.cpu_s() - before))
                report.count(Count("rsyslog wrote", "all", _lines(place / "out.log"), messages))
    log, segments = statistics.median(ours), statistics.median(sealed)
    if theirs:
        peer_rate = statistics.median(theirs)
        said = f"{peer_rate:,.0f} messages a CPU-second"
        report.figure(Figure("to the synced log / rsyslog unsynced", log / peer_rate, " x", 2.0, True, said))
        report.figure(Figure("to searchable, tagged segments / rsyslog", segments / peer_rate, " x", 0.6, True))
    else:
        report.lack("rsyslogd is not installed: no ratio to it")
    report.figure(Figure("to the synced log", log / 1e3, " thousand messages a CPU-second"))
    report.figure(Figure("to searchable, tagged segments", segments / 1e3, " thousand messages a CPU-second"))


def udp(report: Report, folder: Path, seconds: float, rate: int) -> None:
    """A burst at a steady rate: what is lost, and whether every loss is counted."""
    report.title(f"UDP, {seconds:g} s at {rate:,} a second")
    with serving(folder / "udp", env={"BOOTWATCH_STORE_SEAL_AFTER_S": "600"}) as server:
        address = ("127.0.0.1", server.doors["udp"])
        message, sent = line(1), 0
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            began = time.monotonic()
            while (now := time.monotonic() - began) < seconds:
                for _ in range(max(0, int(now * rate) - sent)):
                    sender.sendto(message, address)
                    sent += 1
                time.sleep(0.0005)
        until(lambda: False, 2.0)
        committed = server.counted('messages_committed_total{door="udp"}')
        counted = server.counted("udp_kernel_drops_total") + server.counted("messages_dropped_total")
        report.count(Count("committed and counted as lost", "all", int(committed + counted), sent))
        report.figure(
            Figure("lost", 100 * (sent - committed) / sent, " %", 0.1, detail=f"{sent / seconds:,.0f} a second")
        )


def hec(report: Report, folder: Path, events: int, batch: int) -> None:
    """Events for each CPU-second, the sync before each answer included, and how long an answer takes."""
    report.title(f"HEC, batches of {batch}")
    body = b"".join(json.dumps({"event": line(n).decode(), "host": f"sw{n % 500}"}).encode() for n in range(batch))
    headers = {"Authorization": f"Splunk {TOKEN}"}
    with serving(folder / "hec", env={"BOOTWATCH_STORE_SEAL_AFTER_S": "600"}) as server:
        times: list[float] = []

        def send(requests: int) -> None:
            connection = http.client.HTTPConnection("127.0.0.1", server.doors["hec"], timeout=60)
            for _ in range(requests):
                began = time.perf_counter()
                connection.request("POST", "/services/collector", body, headers)
                connection.getresponse().read()
                times.append(time.perf_counter() - began)
            connection.close()

        before = server.cpu_s()
        threads = [threading.Thread(target=send, args=(events // batch // 4,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        used = server.cpu_s() - before
        sent = len(times) * batch
        report.count(Count("committed", "all", int(server.counted('messages_committed_total{door="hec"}')), sent))
        report.figure(Figure("events a CPU-second", sent / used / 1e3, " thousand", 500, True))
        report.figure(Figure("answer, p99", 1e3 * sorted(times)[int(len(times) * 0.99)], " ms", 20))


def latency(report: Report, folder: Path, alerts: int, noise: int) -> None:
    """From the last datagram of a story to the alert at a webhook, under noise."""
    report.title(f"Datagram to alert under {noise:,} messages a second")
    arrived: dict[str, float] = {}

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            arrived.setdefault(told["alert"]["finding"]["host"], time.monotonic())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    receiver = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    sinks = folder / "sinks.yaml"
    sinks.write_text(f"sinks:\n  - {{name: w, kind: webhook, url: 'http://127.0.0.1:{receiver.server_port}'}}\n")
    with serving(folder / "latency", env={"BOOTWATCH_ALERTS_SINKS": str(sinks)}) as server:
        ended = threading.Event()

        def noisy() -> None:
            block = b"".join(line(number) + b"\n" for number in range(noise // 20))
            with socket.create_connection(("127.0.0.1", server.doors["tcp"])) as sender:
                while not ended.wait(0.05):
                    sender.sendall(block)

        threading.Thread(target=noisy, daemon=True).start()
        sent: dict[str, float] = {}
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for number in range(alerts):
                host = f"bench-rtr{number}"
                for command in ("no file verify auto", "copy tftp://192.0.2.9/x.bin flash:x.bin", "reload"):
                    text = _ATTACK.replace("bench-rtr1", host).format(command)
                    sender.sendto(text.encode(), ("127.0.0.1", server.doors["udp"]))
                sent[host] = time.monotonic()
                time.sleep(1.0)
        until(lambda: len(arrived) >= alerts, 60)
        ended.set()
    receiver.shutdown()
    report.count(Count("alerts", "one a story", len(arrived), alerts))
    took = sorted(arrived[host] - sent[host] for host in arrived)
    if took:
        report.figure(Figure("p99", took[min(len(took) - 1, int(len(took) * 0.99))], " s", 2.0))


def restart(report: Report, folder: Path, size: int) -> None:
    """Start-up over a log that a crash left unsealed."""
    report.title("Restart")
    home = folder / "restart"
    env = {"BOOTWATCH_STORE_SEAL_AFTER_S": "100000", "BOOTWATCH_STORE_LOG_BYTES": str(1 << 40)}
    messages = size // 200 // 1000 * 1000
    with serving(home, env=env) as server:
        send_tcp(server.doors["tcp"], messages)
        until(Waiting(server, 'messages_committed_total{door="tcp"}', messages), 300)
        server.process.kill()
        server.process.wait(20)
    began = time.monotonic()
    with serving(home, env=env) as server:
        report.figure(Figure(f"ready over {size / 1e9:g} GB of log", time.monotonic() - began, " s", 30))
        server.stop()
    report.count(Count("found by search", "all", _found(home), messages))


def _found(home: Path) -> int:
    ended = subprocess.run(
        [sys.executable, "-m", "bootwatch", "search", "| tstats count", "--format", "jsonl"],
        env=os.environ | {"BOOTWATCH_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    return int(json.loads(ended.stdout)["count"])


def _lines(path: Path) -> int:
    try:
        with path.open("rb") as file:
            return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    except FileNotFoundError:
        return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=600_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="tcp,udp,hec,latency,restart")
    parser.add_argument("--rsyslogd", default=shutil.which("rsyslogd"))
    parser.add_argument("--log-bytes", type=int, default=10**9, help="size of the log for the restart")
    given = parser.parse_args()
    report = Report(machine())
    parts = set(given.only.split(","))
    with tempfile.TemporaryDirectory(prefix="bench-live-") as name:
        folder = Path(name)
        if "tcp" in parts:
            tcp(report, folder, given.rsyslogd, given.messages, given.rounds)
        if "udp" in parts:
            udp(report, folder, 10.0, 200_000)
        if "hec" in parts:
            hec(report, folder, given.messages // 4, 100)
        if "latency" in parts:
            latency(report, folder, 20, 20_000)
        if "restart" in parts:
            restart(report, folder, given.log_bytes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
