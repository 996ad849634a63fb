"""What a running service counts, as Prometheus families."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bootwatch.service.doors import Counts
from bootwatch.service.ops import Metric
from bootwatch.service.udp import Udp

if TYPE_CHECKING:
    from bootwatch.service.run import Service


def of_service(service: Service) -> Iterable[Metric]:
    """Everything that is counted, as Prometheus families."""
    doors: list[tuple[str, Counts]] = [(name, door.counts) for name, door in service.doors.items()]
    if service.follower is not None:
        doors.append(("watch", service.follower.counts))
    yield Metric(
        "messages_received_total",
        "counter",
        "Messages that came in, by door.",
        tuple(({"door": name}, counts.received) for name, counts in doors),
    )
    committed = [(name, counts.committed) for name, counts in doors]
    if service.collector is not None:
        committed.append(("hec", service.collector.counts.committed))
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
        tuple(({}, float(door.kernel_drops())) for door in service.doors.values() if isinstance(door, Udp)),
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
    if service.collector is not None:
        yield Metric(
            "hec_requests_total",
            "counter",
            "Requests to the event collector, by the code of their answer.",
            tuple(({"code": str(code)}, float(count)) for code, count in service.collector.counts.codes.items()),
        )
    if service.intake is not None:
        yield Metric("log_syncs_total", "counter", "Syncs of the log.", (({}, service.intake.counts.syncs),))
        yield Metric("log_bytes_total", "counter", "Bytes of messages synced.", (({}, service.intake.counts.bytes),))
        yield Metric("log_failures_total", "counter", "Writes that failed.", (({}, service.intake.counts.failed),))
        yield Metric("log_files_waiting", "gauge", "Log files to be sealed.", (({}, len(service.intake.waiting())),))
    if service.sealer is not None:
        counts = service.sealer.counts
        yield Metric("sealed_events_total", "counter", "Events in sealed segments.", (({}, counts.events),))
        yield Metric("sealed_files_total", "counter", "Log files that were sealed.", (({}, counts.files),))
        yield Metric("seal_failures_total", "counter", "Seals that failed.", (({}, counts.failed),))
        yield Metric("log_damage_total", "counter", "Damaged parts of log files.", (({}, counts.damage),))
    if service.keeper is not None:
        kept = service.keeper.counts
        yield Metric("merged_segments_total", "counter", "Segments that were merged.", (({}, kept.merged),))
        yield Metric("expired_segments_total", "counter", "Segments beyond age or size.", (({}, kept.expired),))
        yield Metric("checked_segments_total", "counter", "Segments read to see if whole.", (({}, kept.checked),))
        yield Metric("damaged_segments_total", "counter", "Segments set aside.", (({}, kept.damaged),))
        yield Metric("upkeep_failures_total", "counter", "Rounds of upkeep that failed.", (({}, kept.failed),))
    if service.detector is not None:
        detected = service.detector.counts
        yield Metric("detected_events_total", "counter", "Events looked at.", (({}, detected.events),))
        yield Metric("detect_steps_total", "counter", "Steps that searched.", (({}, detected.steps),))
        yield Metric("detect_seconds_total", "counter", "Time steps took.", (({}, detected.seconds),))
        yield Metric("detect_failures_total", "counter", "Steps that failed.", (({}, detected.failed),))
        yield Metric("alert_changes_total", "counter", "Alerts made or changed.", (({}, detected.changes),))
    if service.scheduler is not None:
        ran = service.scheduler.counts
        yield Metric("scheduled_runs_total", "counter", "Runs of scheduled searches.", (({}, ran.runs),))
        yield Metric("scheduled_failures_total", "counter", "Runs that failed.", (({}, ran.failed),))
        yield Metric("scheduled_late_total", "counter", "Runs longer than until the next.", (({}, ran.late),))
    if service.sender is not None:
        for name, doc, counted in (
            ("alerts_sent_total", "Messages that sinks took.", service.sender.counts.sent),
            ("alerts_failed_total", "Tries that failed.", service.sender.counts.failed),
            ("alerts_dead_total", "Messages given up.", service.sender.counts.dead),
        ):
            yield Metric(name, "counter", doc, tuple(({"sink": sink}, float(n)) for sink, n in counted.items()))
    yield Metric("started_seconds", "gauge", "When the service started, Unix time.", (({}, service.started),))
