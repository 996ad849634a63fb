"""A Spark cluster on this machine: a master and workers of one core, each a process group of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Cluster:
    """``address`` is the master's; ``workers`` can be killed, with all that they started."""

    address: str
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def kill(self, number: int) -> None:
        os.killpg(self.workers[number].pid, signal.SIGKILL)
        self.workers[number].wait()


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[Cluster]:
    """Started, with its workers known to the master, and stopped at the end."""
    import pyspark

    program = Path(pyspark.__file__).parent / "bin" / "spark-class"
    port = _free_port()
    found = Cluster(f"spark://127.0.0.1:{port}")
    log = folder / "cluster.log"
    with log.open("wb") as out:

        def start(*args: str) -> subprocess.Popen[bytes]:
            command = [str(program), *args, "--host", "127.0.0.1", "--webui-port", "0"]
            env = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_NO_DAEMONIZE": "1"}
            return subprocess.Popen(command, stdout=out, stderr=out, env=env, start_new_session=True)

        master = start("org.apache.spark.deploy.master.Master", "--port", str(port))
        try:
            _until(lambda: _listens(port), log)
            for number in range(workers):
                room = folder / f"worker{number}"
                args = ("--cores", "1", "--memory", "1g", "--work-dir", str(room), found.address)
                found.workers.append(start("org.apache.spark.deploy.worker.Worker", *args))
            _until(lambda: log.read_text(errors="replace").count("Registering worker") >= workers, log)
            yield found
        finally:
            for process in (*found.workers, master):
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()


def _until(done: object, log: Path) -> None:
    assert callable(done)
    for _ in range(600):
        if done():
            return
        time.sleep(0.1)
    raise AssertionError(f"the cluster did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
