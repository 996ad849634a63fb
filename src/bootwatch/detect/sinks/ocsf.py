"""OCSF Detection Finding (class 2004, version 1.8.0): a JSON line appended to a file, or a Parquet file for each.

Parquet files lie as Security Lake expects them, under ``eventDay=YYYYMMDD``.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from bootwatch.detect.alertstore import Message
from bootwatch.detect.sinks import sink, words
from bootwatch.detect.sinks.sink import Retry
from bootwatch.documents.entry import Entry
from bootwatch.version import __version__

VERSION: Final = "1.8.0"
_SEVERITIES: Final = {"info": 1, "low": 2, "medium": 3, "high": 4, "critical": 5}
_CONFIDENCES: Final = {"low": 1, "medium": 2, "high": 3}
_ACTIVITIES: Final = {"created": (1, "Create"), "closed": (3, "Close")}
_STATES: Final = {"new": (1, "New"), "acknowledged": (2, "In Progress"), "in_progress": (2, "In Progress")}


class Form(StrEnum):
    JSON = "json"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Ocsf:
    path: Path
    form: Form

    def send(self, message: Message, alert: dict[str, Any]) -> None:
        found = finding_of(message.event, alert)
        try:
            if self.form is Form.JSON:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with self.path.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(found) + "\n")
                    file.flush()
                    os.fsync(file.fileno())
            else:
                self._parquet(message, found)
        except OSError as exc:
            raise Retry(sink.error_of(exc)) from None

    def _parquet(self, message: Message, found: dict[str, Any]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        day = datetime.fromtimestamp(found["time"] / 1000, UTC)
        folder = self.path / f"eventDay={day:%Y%m%d}"
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f".{message.key}.part"
        pq.write_table(pa.Table.from_pylist([found]), part, compression="zstd")
        part.replace(folder / f"{message.key}.parquet")


def finding_of(event: str, alert: dict[str, Any]) -> dict[str, Any]:
    """The alert as an OCSF Detection Finding."""
    finding = alert["finding"]
    activity, activity_name = _ACTIVITIES.get(event, (2, "Update"))
    status, status_name = (3, "Suppressed") if alert["suppressed"] else _STATES.get(alert["stage"], (4, "Resolved"))
    return {
        "class_uid": 2004,
        "class_name": "Detection Finding",
        "category_uid": 2,
        "category_name": "Findings",
        "activity_id": activity,
        "activity_name": activity_name,
        "type_uid": 200400 + activity,
        "time": _ms(finding["last_time"]),
        "start_time": _ms(finding["first_time"]),
        "end_time": _ms(finding["last_time"]),
        "severity_id": _SEVERITIES[str(finding["severity"])],
        "severity": str(finding["severity"]).capitalize().replace("Info", "Informational"),
        "confidence_id": _CONFIDENCES[str(finding["confidence"])],
        "risk_score": finding["score"],
        "status_id": status,
        "status": status_name,
        "message": words.plain(finding["title"]),
        "metadata": {
            "version": VERSION,
            "uid": alert["id"],
            "product": {"name": "bootwatch", "vendor_name": "bootwatch", "version": __version__},
        },
        "finding_info": {
            "uid": finding["id"],
            "title": words.plain(finding["title"]),
            "created_time": _ms(alert["created"]),
            "modified_time": _ms(alert["updated"]),
            "first_seen_time": _ms(finding["first_time"]),
            "last_seen_time": _ms(finding["last_time"]),
            "analytic": {"type_id": 1, "type": "Rule", "name": finding["detection"], "uid": finding["detection"]},
            "attacks": [_attack(name) for name in finding["techniques"]],
        },
        "resources": [{"name": words.plain(finding["host"]), "type": "network device"}],
        "evidences": [{"data": {"time": one["time"], "raw": words.plain(one["_raw"])}} for one in finding["evidence"]],
    }


def _attack(name: str) -> dict[str, Any]:
    technique, _, part = name.partition(".")
    found: dict[str, Any] = {"version": "19.0", "technique": {"uid": technique}}
    if part:
        found["sub_technique"] = {"uid": name}
    return found


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def read(item: Entry) -> Ocsf:
    return Ocsf(Path(item.text("path")), item.choice("form", Form) if item.has("form") else Form.JSON)
