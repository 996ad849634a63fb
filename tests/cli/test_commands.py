"""The program as a person meets it: what goes to stdout and stderr, and the exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bootwatch.cli.program import status_of

_ROOT = Path(__file__).parents[2]
_CONTENT = _ROOT / "src/bootwatch/content"
_PAGE = _CONTENT / "detections/t1601-001-patch-system-image-splunk/search.spl"
_SIXTEEN = _ROOT / "tests/detect/sixteen.jsonl"
_JUNOS = _CONTENT / "samples/junos.log"
_COLUMNS = [
    "_time",
    "host",
    "ExtractedUser",
    "ExtractedCommand",
    "SourceTransferIP",
    "SyslogMnemonic",
    "IsImageTransfer",
    "IsBootManipulation",
    "IsIntegrityAlert",
    "IsFlashWrite",
    "SuspicionScore",
    "_raw",
]

Capture = pytest.CaptureFixture[str]


def _rows(capsys: Capture, *args: str) -> list[dict[str, object]]:
    """The rows of a search that succeeds."""
    status = status_of(["search", *args, "--format", "jsonl"])
    out, err = capsys.readouterr()
    assert status == 0, err
    return [json.loads(line) for line in out.splitlines()]


def _events(rows: list[dict[str, object]]) -> list[str]:
    """Rows as the numbers of the sixteen events, E01 being the first line of the file."""
    raws = [json.loads(line)["_raw"] for line in _SIXTEEN.read_text(encoding="utf-8").splitlines()]
    return [f"E{raws.index(row['_raw']) + 1:02}" for row in rows]


def _python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)


def test_demo_names_technique_host_user_and_image(capsys: Capture) -> None:
    assert status_of(["demo"]) == 0
    out = capsys.readouterr().out
    assert out.count("CRITICAL") == 1
    for text in ("T1601.001", "br-lyon-rtr1", "svc-backup", "c2800nm-advipservicesk9-mz.151-4.M12a.bin"):
        assert text in out


@pytest.mark.parametrize("more", [[], ["--no-prefilter"]], ids=["prefilter", "no prefilter"])
def test_the_sixteen_events_give_ten_rows(capsys: Capture, more: list[str]) -> None:
    rows = _rows(capsys, "-f", str(_PAGE), str(_SIXTEEN), *more)
    assert _events(rows) == ["E16", "E07", "E03", "E01", "E15", "E13", "E12", "E09", "E06", "E05"]
    assert set().union(*rows) == set(_COLUMNS)


def test_the_columns_stand_in_the_order_of_the_table(capsys: Capture) -> None:
    assert status_of(["search", "-f", str(_PAGE), str(_SIXTEEN), "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[0].split(",") == _COLUMNS


def test_a_wildcard_after_confreg_finds_the_eighth_event(capsys: Capture, tmp_path: Path) -> None:
    text = _PAGE.read_text(encoding="utf-8")
    assert '"confreg 0x"' in text
    changed = tmp_path / "page.spl"
    changed.write_text(text.replace('"confreg 0x"', '"confreg 0x*"'), encoding="utf-8")
    found = _events(_rows(capsys, "-f", str(changed), str(_SIXTEEN)))
    assert set(found) == {"E16", "E07", "E03", "E01", "E15", "E13", "E12", "E09", "E08", "E06", "E05"}
    assert len(found) == 11


def test_a_group_name_with_an_underscore(capsys: Capture, tmp_path: Path) -> None:
    log = tmp_path / "r1.log"
    log.write_text("Jan 15 09:13:20 r1 %SYS-5-CONFIG_I: one\nFeb 15 09:13:20 r1 %SYS-5-CONFIG_I: two\n")
    rows = _rows(capsys, r'index=network sourcetype=cisco:ios | rex "(?<a_b>\w+)" | stats count by a_b', str(log))
    assert rows == [{"a_b": "Feb", "count": 1}, {"a_b": "Jan", "count": 1}]


def test_lookbehind_works_in_rex_and_regex(capsys: Capture, tmp_path: Path) -> None:
    log = tmp_path / "r1.log"
    log.write_text("Jan 15 09:13:20 r1 %SYS-5-CONFIG_I: xy\nJan 15 09:13:20 r1 %SYS-5-CONFIG_I: zy\n")
    rows = _rows(capsys, 'index=network | regex _raw="(?<=x)y" | rex "(?<=x)(?<g>y)" | table g', str(log))
    assert rows == [{"g": "y"}]


def test_an_unknown_command_is_shown_with_a_caret(capsys: Capture) -> None:
    assert status_of(["search", 'index=network | rexx "a"', str(_JUNOS)]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err == (
        "bootwatch: unknown command 'rexx'\n  line 1, column 17\n"
        '    index=network | rexx "a"\n                    ^^^^\n  did you mean rex?\n'
    )


def test_a_missing_file_is_named_and_the_rest_is_read(capsys: Capture, tmp_path: Path) -> None:
    missing = tmp_path / "none.log"
    status = status_of(["search", "index=network | stats count", str(missing), str(_JUNOS), "--format", "jsonl"])
    out, err = capsys.readouterr()
    assert status == 4
    assert json.loads(out)["count"] > 100
    assert str(missing) in err


@pytest.mark.parametrize("args", [["nosuch"], ["search"], ["search", "--nosuch"], ["check"]])
def test_wrong_usage_is_status_two(capsys: Capture, args: list[str]) -> None:
    assert status_of(args) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_check_answers_each_json_line(capsys: Capture, tmp_path: Path) -> None:
    searches = tmp_path / "searches.jsonl"
    searches.write_text('{"search": "index=a | head 1"}\n{"search": "index=a | nope"}\n')
    assert status_of(["check", "--jsonl", str(searches)]) == 3
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["status"] == "ok"
    assert second["status"] != "ok"
    assert (second["line"], second["column"]) == (1, 11)
    assert "nope" in second["message"]


def test_explain_shows_plan_prefilter_and_query(capsys: Capture) -> None:
    assert status_of(["explain", 'index=network "copy tftp" | head 1 | table host']) == 0
    out = capsys.readouterr().out
    assert out.startswith("plan (read from the bottom)\n")
    assert "\n  'copy tftp'\n" in out
    assert "Limit 1" in out
    assert "SELECT" in out.partition("\nquery\n")[2]


def test_importing_the_package_loads_no_engine() -> None:
    done = _python("import sys, bootwatch; print(sorted({'duckdb', 'starlette', 'pyarrow'} & set(sys.modules)))")
    assert (done.returncode, done.stdout) == (0, "[]\n"), done.stderr


@pytest.mark.parametrize(
    "module",
    [
        "duckdb",
        "pyarrow",
    ],
)
def test_help_does_not_load(module: str) -> None:
    done = _python(
        "import sys\nfrom bootwatch.cli.program import status_of\nassert status_of(['--help']) == 0\n"
        f"print({module!r} in sys.modules)"
    )
    assert done.returncode == 0, done.stderr
    assert "Commands:" in done.stdout
    assert done.stdout.endswith("\nFalse\n")


def test_the_module_runs_as_a_program() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bootwatch", "search", "-f", str(_PAGE), str(_SIXTEEN), "--format", "jsonl"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 10


def test_macros_and_lookups_are_given_as_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "macros.conf").write_text("[routers]\ndefinition = host=r1\n")
    (tmp_path / "owners.csv").write_text("host,owner\nr1,netops\n")
    log = tmp_path / "a.log"
    log.write_text("2026-01-15T11:00:00Z r1 app: hello\n2026-01-15T11:00:00Z r2 app: hello\n")
    known = ["--macros", str(tmp_path / "macros.conf"), "--lookups", str(tmp_path)]
    spl = "`routers` | lookup owners.csv host OUTPUT owner | table host owner"
    assert status_of(["search", spl, str(log), *known]) == 0
    assert capsys.readouterr().out == '{"host":"r1","owner":"netops"}\n'
    search = tmp_path / "a.spl"
    search.write_text(spl)
    assert status_of(["check", str(search)]) == 3
    capsys.readouterr()
    assert status_of(["check", str(search), *known]) == 0
    search.write_text("hello | `some_filter` | lookup nosuch host | outputlookup x")
    assert status_of(["check", str(search), *known]) == 0
    assert capsys.readouterr().out == (
        f"{search}: ok\n{search}: ok\n"
        "  warning: the macro `some_filter` is not defined; it stands for 'search *'\n"
        "  warning: the lookup 'nosuch' is not there, so it has no rows\n"
        "  warning: outputlookup is a risky command: it runs only with --allow-risky\n"
    )
    assert status_of(["search", "hello | outputlookup new", str(log), *known]) == 3
    assert "runs only with --allow-risky" in capsys.readouterr().err
    assert status_of(["search", "hello | table host | outputlookup new", str(log), *known, "--allow-risky", "-q"]) == 0
    assert (tmp_path / "new.csv").read_text().split() == ["host", "r2", "r1"]
