"""Figures, verdicts and memory sampling: what a reader of the bench's output relies on."""

import json
import sys
from pathlib import Path

import pytest

from bench import contenders, duckdb_peer, generate, process, report, rules, run


@pytest.mark.parametrize(
    ("figure", "line"),
    [
        (report.Figure("a / b", 0.31, " x", 0.5), "a / b: 0.31 x (goal <= 0.5 x) ok"),
        (report.Figure("a / b", 0.51, " x", 0.5), "a / b: 0.51 x (goal <= 0.5 x) short"),
        (report.Figure("faster", 28.0, " x", 20, at_least=True), "faster: 28 x (goal >= 20 x) ok"),
        (report.Figure("faster", 19.0, " x", 20, at_least=True), "faster: 19 x (goal >= 20 x) short"),
        (report.Figure("ingest", 10.0, " s", detail="9 cpu-s"), "ingest: 10 s for information  [9 cpu-s]"),
    ],
)
def test_a_figure_prints_its_goal_and_verdict(figure: report.Figure, line: str) -> None:
    assert figure.line() == line


def test_strict_forgives_a_tenth_and_nothing_else() -> None:
    near = report.Report(
        {}, figures=[report.Figure("near", 0.54, " x", 0.5), report.Figure("near", 18.5, " x", 20, at_least=True)]
    )
    assert not near.falls_short()
    assert report.Report({}, figures=[report.Figure("far", 0.56, " x", 0.5)]).falls_short()
    assert report.Report({}, figures=[report.Figure("far", 18.0, " x", 20, at_least=True)]).falls_short()
    assert report.Report({}, counts=[report.Count("base", "rule", 1, 2)]).falls_short()
    assert report.Report({}, failures=["broken"]).falls_short()
    assert not report.Report({}, absent=["ripgrep"]).falls_short()


def test_peak_memory_sees_children_and_not_the_bench_itself() -> None:
    ballast = bytearray(b"x") * 200_000_000  # wait4 would charge this to the child
    body = "import time; held = bytearray(b'x') * 60_000_000; time.sleep(0.4)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {body!r}], check=True)"
    peak = process.peak_of_tree(process.Command("parent", [sys.executable, "-c", parent], {}))
    assert 60_000_000 < peak < 160_000_000
    assert len(ballast) == 200_000_000


def test_a_failed_contender_is_named_with_its_last_words() -> None:
    command = process.Command("grumbler", [sys.executable, "-c", "import sys; sys.exit('no such thing')"], {})
    with pytest.raises(process.Failed, match="grumbler ended with status 1: no such thing"):
        process.run(command)


def test_the_sql_peer_finds_what_the_substring_rule_finds(tmp_path: Path) -> None:
    spec = generate.Spec(1_000_000, 0.01)
    duckdb_peer.write_parquet(spec, tmp_path / "plain")
    lines = [line for block in generate.Log(spec).blocks() for line in block.data.decode("ascii").splitlines()]
    substring, _ = rules.count(lines)
    assert duckdb_peer.count(tmp_path / "plain") == (substring.base, substring.final)
    duckdb_peer.search(tmp_path / "plain", tmp_path / "rows.jsonl")
    assert len((tmp_path / "rows.jsonl").read_text().splitlines()) == substring.final


def test_rules_name_every_literal_of_the_page() -> None:
    page = contenders.PAGE.read_text(encoding="utf-8")
    for literal in (*rules.PHRASES, *rules.STORES, *rules.SUFFIXES):
        assert f'"{literal}"' in page, literal
    for pattern in rules.SCORES:
        assert f'match(_raw, "{pattern}")' in page, pattern


STAND_IN = """
import json, os, pathlib, shutil, sys
sys.path.insert(0, {root!r})
from bench import rules

arguments = sys.argv[1:]
home = pathlib.Path(os.environ["BOOTWATCH_HOME"])
if arguments[0] == "ingest":
    home.mkdir()
    shutil.copy(arguments[-1], home / "log")
    sys.exit()
if arguments[0] == "scan":
    sys.exit("no such command")
log = home / "log" if home.exists() else pathlib.Path(arguments[-1])
base = [line for line in rules.candidates(log) if rules.{passes}(line)]
scored = [line for line in base if rules.score(line)]
spl = pathlib.Path(arguments[arguments.index("-f") + 1]).read_text()
if spl.endswith("| stats count"):
    rows = [dict(count=len(scored if "where" in spl else base))]
else:
    rows = [dict(_raw=line) for line in scored[:10000]]
output = pathlib.Path(arguments[arguments.index("--output") + 1])
output.write_text("".join(json.dumps(row) + chr(10) for row in rows))
"""


@pytest.mark.parametrize(("passes", "differs"), [("passes_terms", False), ("passes_substring", True)])
def test_a_run_holds_a_product_to_the_term_rule(
    passes: str, differs: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BOOTWATCH_BENCH_DIR", str(tmp_path))
    script = tmp_path / "stand_in.py"
    script.write_text(STAND_IN.format(root=str(contenders.ROOT), passes=passes))
    kept = tmp_path / "kept.json"
    arguments = ["--size", "1MB", "--rates", "1%", "--rounds", "1", "--only", "counts,store", "--json", str(kept)]
    assert run.main([*arguments, "--bootwatch", f"{sys.executable} {script}"]) == 0
    content = json.loads(kept.read_text())
    wrong = {count["name"] for count in content["counts"] if count["found"] != count["expected"]}
    parts = ("base", "score above 0", "rows after sort")
    assert wrong == (
        {f"bootwatch over {place}, {part}" for place in ("text", "store") for part in parts} if differs else set()
    )
    assert any("times as fast as DuckDB SQL" in figure["name"] for figure in content["figures"])
    if content["machine"]["ripgrep"].startswith("ripgrep 1"):
        assert content["failures"] == ["tagged: bootwatch scan ended with status 1: no such command"]
    printed = capsys.readouterr().out
    assert printed.index("expected") < printed.index("goal")
    assert ("DIFFERS" in printed) is differs
    assert not list(tmp_path.glob("run-*")), "scratch folders are removed"
