"""Data models: every one answers from raw logs, and what one does not know is refused at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootwatch import app
from bootwatch.errors import ContentError
from bootwatch.events.clock import Clock
from bootwatch.knowledge import datamodels
from bootwatch.knowledge.objects import Knowledge
from bootwatch.search.rows import Row

NOW = "2026-01-15T12:00:00Z"
STAMP = "2026-01-15T11:00:00Z fw1 sensor:"

RAW = {
    "Alerts": 'alert_name="Known Bad" severity=high src=10.0.0.9 dest=h1',
    "Authentication": "action=failure user=bob app=sshd src=10.0.0.1 dest=h1",
    "Certificates": 'ssl_issuer="CN=evil" ssl_serial=77 src=10.0.0.1 dest=h1',
    "Change": "change_type=image object=flash:new.bin action=created user=bob status=success",
    "Change_Analysis": "change_type=image object=flash:new.bin action=created user=bob status=success",
    "Compute_Inventory": "cpu_cores=4 os=ios dest=h1",
    "DLP": 'dlp_type=network signature="card numbers" user=bob',
    "Data_Access": "object=x.doc object_category=file storage_name=s3 action=read user=bob",
    "Databases": 'query="select 1" object=t database_name=d user=bob',
    "Email": "message_id=7 recipient=a@b.c src_user=d@e.f file_name=x.zip",
    "Endpoint": "process_name=cmd.exe process=whoami parent_process_name=winword.exe user=bob",
    "Interprocess_Messaging": "message_type=request endpoint=/x rpc_protocol=soap dest=h1",
    "Intrusion_Detection": 'signature="SYNful Knock" ids_type=network src=10.0.0.1 dest=h1',
    "Malware": "signature=Eicar file_hash=44d8 dest=h1 action=blocked",
    "Network_Resolution": "query=evil.example record_type=TXT src=10.0.0.1",
    "Network_Sessions": "lease_duration=60 dest_ip=10.0.0.7 dest_mac=aa:bb",
    "Network_Traffic": "src_ip=10.0.0.1 dest_ip=10.0.0.2 dest_port=69 transport=udp action=allowed",
    "Performance": "cpu_load_percent=99 dest=h1",
    "Ticket_Management": "ticket_id=CHG1 dest=h1 user=bob",
    "Updates": "signature=KB1 status=installed vendor_product=x dest=h1",
    "Vulnerabilities": "signature=CVE-1 cve=CVE-1 dest=h1",
    "Web": 'url="http://evil.example/a?b" http_method=GET status=200 dest=h1',
}
BY_INDEX = {"Risk": "risk", "Incident_Management": "notable", "UEBA": "ueba"}
NOT_IN_TEXT = {"Event_Signatures", "JVM", "Splunk_Audit"}


def found(spl: str, tmp_path: Path, *lines: str, index: str | None = None, folder: Path | None = None) -> list[Row]:
    path = tmp_path / "events.log"
    path.write_text("\n".join(lines) + "\n")
    scope = app.Scope(clock=Clock.of(NOW), index=index, knowledge=Knowledge(None, folder))
    return list(app.search(spl, app.files([path], scope), scope).rows())


@pytest.mark.parametrize("model", sorted(RAW))
def test_a_model_answers_from_a_raw_log(model: str, tmp_path: Path) -> None:
    noise = f"{STAMP} nothing of interest here"
    rows = found(f"| tstats count from datamodel={model}", tmp_path, f"{STAMP} {RAW[model]}", noise)
    assert rows == [{"count": 1}]


@pytest.mark.parametrize("model", sorted(BY_INDEX))
def test_a_model_of_an_index(model: str, tmp_path: Path) -> None:
    rows = found(f"| tstats count from datamodel={model}", tmp_path, f"{STAMP} x", index=BY_INDEX[model])
    assert rows == [{"count": 1}]


def test_every_model_is_shown() -> None:
    assert set(datamodels.names()) == RAW.keys() | BY_INDEX.keys() | NOT_IN_TEXT


@pytest.mark.parametrize("name", datamodels.names())
def test_every_dataset_and_field_of_a_model_compiles(name: str) -> None:
    model = datamodels.load(name)
    assert model is not None
    for dataset in model.datasets.values():
        fields = " ".join(f"values('{field}')" for field in dataset.fields)
        checked = app.check(f"| tstats count {fields} from datamodel={name}.{dataset.name} by _time span=1h")
        assert checked.status == "ok", checked.error


EVENTS = (
    f"{STAMP} process_name=cmd.exe process=whoami parent_process_name=winword.exe user=bob",
    f"{STAMP} process_name=cmd.exe process=dir parent_process_name=explorer.exe user=eve",
    "2026-01-15T10:59:00Z fw1 sensor: process_name=calc.exe process=calc user=bob",
    f"{STAMP} src_ip=10.0.0.1 dest_ip=10.0.0.2 dest_port=69 transport=udp action=allowed",
)


@pytest.mark.parametrize(
    ("spl", "rows"),
    [
        (
            (
                "| tstats count values(Processes.process) as process from datamodel=Endpoint.Processes"
                " where Processes.process_name=CMD.exe by Processes.user Processes.process_name"
            ),
            [
                {"Processes.user": "bob", "Processes.process_name": "cmd.exe", "count": 1, "process": "whoami"},
                {"Processes.user": "eve", "Processes.process_name": "cmd.exe", "count": 1, "process": "dir"},
            ],
        ),
        (
            (
                '| tstats count from datamodel="Endpoint"."Processes" by Processes.parent_process_name'
                " | rename Processes.* as *"
            ),
            [
                {"parent_process_name": "explorer.exe", "count": 1},
                {"parent_process_name": "unknown", "count": 1},
                {"parent_process_name": "winword.exe", "count": 1},
            ],
        ),
        (
            "| tstats count from datamodel=Endpoint.Processes where Processes.user=bob by _time span=1h",
            [{"_time": 1768471200, "count": 1}, {"_time": 1768474800, "count": 1}],
        ),
        (
            "| tstats count from datamodel=Endpoint.Processes where earliest=-60m Processes.user=bob",
            [{"count": 1}],
        ),
        ("| tstats count from datamodel=Endpoint.Processes by Processes.os", []),
        (
            "| tstats fillnull_value=null count from datamodel=Endpoint.Processes by Processes.os",
            [{"Processes.os": "null", "count": 3}],
        ),
        (
            (
                "| tstats count from datamodel=Network_Traffic"
                " where nodename=All_Traffic.Traffic_By_Action.Allowed_Traffic by All_Traffic.dest_port"
            ),
            [{"All_Traffic.dest_port": "69", "count": 1}],
        ),
        ("| tstats count from datamodel=Network_Traffic.Blocked_Traffic", [{"count": 0}]),
        (
            (
                "| tstats prestats=t count from datamodel=Endpoint.Processes by Processes.user"
                " | stats count by Processes.user"
            ),
            [{"Processes.user": "bob", "count": 2}, {"Processes.user": "eve", "count": 1}],
        ),
        (
            (
                "| tstats prestats=t count from datamodel=Endpoint.Processes by host"
                " | tstats prestats=t append=t count from datamodel=Network_Traffic by host | stats count by host"
            ),
            [{"host": "fw1", "count": 4}],
        ),
        (
            (
                "| tstats values(Processes.process*) as p* from datamodel=Endpoint.Processes"
                " where Processes.user=eve by Processes.user | fields - *hash *guid *id *exec *level *path"
            ),
            [{"Processes.user": "eve", "p_name": "cmd.exe", "p": "dir"}],
        ),
        (
            (
                "| tstats count from datamodel=Endpoint.Processes where (eventtype=cim_process Processes.user=eve)"
                " OR (eventtype=cim_web Processes.user=bob) by Processes.user"
            ),
            [{"Processes.user": "eve", "count": 1}],
        ),
        (
            "| tstats count `summariesonly` dc(Processes.user) AS users from datamodel=Endpoint.Processes",
            [{"count": 3, "users": 2}],
        ),
        ("| tstats count from datamodel=Endpoint.Processes by nodename", [{"nodename": "Processes", "count": 3}]),
        ("| tstats count where index=network by host", [{"host": "fw1", "count": 4}]),
        ("| tstats count where TERM(sensor:) OR nosuchword by _time span=1d", [{"_time": 1768435200, "count": 4}]),
    ],
)
def test_statistics_over_a_model(spl: str, rows: list[Row], tmp_path: Path) -> None:
    assert found(spl, tmp_path, *EVENTS) == rows


def test_a_published_search_runs_on_raw_cisco_logs(tmp_path: Path) -> None:
    line = (
        "<189>4123: rtr-edge-1: Jan 15 09:10:11.123 UTC: %PARSER-5-CFGLOG_LOGGEDCMD: "
        "User:admin  logged command:archive config"
    )
    spl = (
        "| tstats `security_content_summariesonly` count values(All_Changes.command) as command"
        " from datamodel=Change.All_Changes where sourcetype=cisco:ios All_Changes.user=admin"
        " by All_Changes.dest All_Changes.user | `drop_dm_object_name(All_Changes)`"
    )
    rows = found(spl, tmp_path, line)
    assert rows == [{"dest": "rtr-edge-1", "user": "admin", "count": 1, "command": "archive config"}]


_SUCCESS = (
    "<189>4125: r1: Jan 15 09:11:15.002 UTC: %SEC_LOGIN-5-LOGIN_SUCCESS: Login Success [user: bob] [Source: 10.1.1.1]"
    " [localport: 22] at 09:11:15 UTC Thu Jan 15 2026"
)
_FAILURE = (
    "<189>4126: r1: Jan 15 09:12:15.002 UTC: %SEC_LOGIN-4-LOGIN_FAILED: Login failed [user: eve] [Source: 10.1.1.2]"
    " [localport: 22] [Reason: Login Authentication Failed] at 09:12:15 UTC Thu Jan 15 2026"
)
_NOISE = "<189>4127: r1: Jan 15 09:12:16.002 UTC: %LINK-3-UPDOWN: Interface Gi0/1, changed state to up"


@pytest.mark.parametrize(
    ("spl", "rows"),
    [
        (
            (
                "| tstats count from datamodel=Authentication by Authentication.action Authentication.user"
                " Authentication.src Authentication.dest | `drop_dm_object_name(Authentication)`"
            ),
            [
                {"action": "failure", "user": "eve", "src": "10.1.1.2", "dest": "r1", "count": 1},
                {"action": "success", "user": "bob", "src": "10.1.1.1", "dest": "r1", "count": 1},
            ],
        ),
        ("| tstats count from datamodel=Authentication.Failed_Authentication", [{"count": 1}]),
        (
            "| tstats count from datamodel=Authentication where nodename=Authentication.Failed_Authentication",
            [{"count": 1}],
        ),
        (
            "| from datamodel:Authentication.Authentication | table user action",
            [{"user": "eve", "action": "failure"}, {"user": "bob", "action": "success"}],
        ),
        (
            "| datamodel Authentication Failed_Authentication search | table Authentication.user",
            [{"Authentication.user": "eve"}],
        ),
        (
            "| datamodel Authentication Failed_Authentication flat | table user signature",
            [{"user": "eve", "signature": "LOGIN_FAILED"}],
        ),
        ("eventtype=cisco_ios | stats count", [{"count": 3}]),
    ],
)
def test_logins_of_a_router_are_authentication(spl: str, rows: list[Row], tmp_path: Path) -> None:
    assert found(spl, tmp_path, _SUCCESS, _FAILURE, _NOISE) == rows


@pytest.mark.parametrize(
    ("spl", "message", "at"),
    [
        ("| tstats count from datamodel=Endpiont", "the data model 'Endpiont' is not known", "Endpiont"),
        (
            "| tstats count from datamodel=Endpoint.Process",
            "the data model 'Endpoint' has no dataset 'Process'",
            "Endpoint.Process",
        ),
        (
            "| tstats count from datamodel=Endpoint.Processes by Processes.proces",
            "the data model Endpoint.Processes has no field 'Processes.proces'",
            "Processes.proces",
        ),
        (
            "| tstats count from datamodel=Web where Web.urll=x by host",
            "the data model Web has no field 'Web.urll'",
            "Web.urll",
        ),
        (
            "| tstats sum(Web.nosuch) from datamodel=Web",
            "the data model Web has no field 'Web.nosuch'",
            "Web.nosuch",
        ),
        ("| tstats count by PREFIX(user=)", "PREFIX() is not supported", "PREFIX"),
    ],
)
def test_what_is_not_known_is_refused_at_its_place(spl: str, message: str, at: str) -> None:
    checked = app.check(spl)
    assert (checked.status, checked.message) == ("unsupported", message)
    assert checked.error is not None
    assert checked.error.span is not None
    assert spl[checked.error.span.start : checked.error.span.end] == at


def test_a_name_under_no_dataset_is_read_from_the_events(tmp_path: Path) -> None:
    spl = "| tstats values(duration) AS duration, values(nosuch) AS none from datamodel=Web by Web.url"
    assert [set(row) for row in found(spl, tmp_path, f"{STAMP} {RAW['Web']} duration=7")] == [{"Web.url", "duration"}]
    checked = app.check("| tstats values(nosuch) from datamodel=Web by Web.url")
    said = "'nosuch' is no field of the data model Web; it is read from the events"
    assert (checked.status, checked.warnings) == ("ok", (said,))


def test_a_tag_nobody_carries_is_a_warning() -> None:
    checked = app.check("tag=nosuch")
    assert (checked.status, checked.warnings) == ("ok", ("no event type carries the tag 'nosuch', so nothing has it",))


def test_an_event_type_nobody_declared_is_a_warning() -> None:
    checked = app.check("index=network eventtype=nosuch")
    said = "the event type 'nosuch' is not declared, so no event is of it"
    assert (checked.status, checked.warnings) == ("ok", (said,))
    assert app.check("eventtype=cisco_iso").warnings == (
        "the event type 'cisco_iso' is not declared, so no event is of it; did you mean cisco_ios?",
    )


def test_event_types_and_tags_find_events(tmp_path: Path) -> None:
    assert found("tag=process tag=report | stats count", tmp_path, *EVENTS) == [{"count": 3}]
    assert found("tag=process NOT tag=rep* | stats count", tmp_path, *EVENTS) == [{"count": 0}]
    assert found("eventtype=cim_tra* | stats count", tmp_path, *EVENTS) == [{"count": 1}]


def test_a_user_s_event_types_and_tags_make_events_part_of_a_model(tmp_path: Path) -> None:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    (folder / "eventtypes.conf").write_text("[our_change]\nsearch = swapped image\n\n[off]\nsearch = x\ndisabled = 1\n")
    (folder / "tags.conf").write_text("[eventtype=our_change]\nchange = enabled\n[eventtype=cim_web]\nweb = disabled\n")
    lines = (f"{STAMP} swapped image user=bob", f"{STAMP} other user=eve", f"{STAMP} {RAW['Web']}")
    spl = "| tstats count from datamodel=Change by All_Changes.user"
    assert found(spl, tmp_path, *lines, folder=folder) == [{"All_Changes.user": "bob", "count": 1}]
    assert found("eventtype=our_change | stats count", tmp_path, *lines, folder=folder) == [{"count": 1}]
    assert found("| tstats count from datamodel=Web", tmp_path, *lines, folder=folder) == [{"count": 0}]
    (folder / "tags.conf").write_text("[host=r1]\nrouter = enabled\n")
    with pytest.raises(ContentError, match="'host=r1' is no known event type"):
        found("tag=router", tmp_path, *lines, folder=folder)


def test_a_span_without_time_changes_nothing_and_says_so(tmp_path: Path) -> None:
    rows = found("| tstats count by host span=1h", tmp_path, *EVENTS)
    assert rows == [{"host": "fw1", "count": 4}]
    warning = "span= divides _time, which is not among the fields to group by; it changes nothing"
    assert app.check("| tstats count by host span=1h").warnings == (warning,)
