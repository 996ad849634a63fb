"""Lookups: how tables are matched, what their definitions may say, and what is wrong with a file is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootwatch import app
from bootwatch.errors import ContentError, SplUnsupported
from bootwatch.knowledge.objects import Knowledge
from bootwatch.search.rows import Row

CODES = "code,name,owner\n200,OK,web\n404,Not found,\n500,Error,ops\n500,Crash,dev\n"
PATTERNS = "pat,kind\n*evil*,bad\ngood.com,good\n*.com,com\n100%_x,literal\n"
NETWORKS = "net,zone\n10.0.0.0/8,inside\n10.1.0.0/16,lab\n2001:db8::/32,six\n192.0.2.7,one\nbroken,no\n"
HISTORY = "host,owner,since\nr1,alice,100\nr1,bob,200\nr1,eve,2026-01-15\n"
CONF = """
[pattern]
filename = patterns.csv
match_type = WILDCARD(pat)
case_sensitive_match = false
max_matches = 1
[patterns_all]
filename = patterns.csv
match_type = WILDCARD(pat)
min_matches = 1
default_match = none
[networks]
filename = networks.csv
match_type = CIDR(net)
[owner]
filename = history.csv
time_field = since
max_offset_secs = 150
[gone]
filename = gone.csv
[names_with_default]
filename = codes.csv
min_matches = 1
default_match = -
[external]
external_cmd = script.py
"""
YAML = "name: codes_any_case\nlookup_type: csv\nfilename: codes.csv\ncase_sensitive_match: false\ndescription: more\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tables = {"codes": CODES, "patterns": PATTERNS, "networks": NETWORKS, "history": HISTORY}
    for name, text in tables.items():
        (tmp_path / f"{name}.csv").write_text(text)
    (tmp_path / "transforms.conf").write_text(CONF)
    (tmp_path / "more.yml").write_text(YAML)
    return tmp_path


def found(spl: str, folder: Path | None, *, messages: list[str] | None = None) -> list[Row]:
    result = app.search(spl, None, app.Scope(knowledge=Knowledge(None, folder), allow_risky=True))
    rows = list(result.rows())
    if messages is not None:
        messages += result.messages
    return rows


@pytest.mark.parametrize(
    ("given", "lookup", "expect"),
    [
        ('c="200"', "codes.csv code AS c", {"c": "200", "name": "OK", "owner": "web"}),
        ('c="200"', "codes code AS c OUTPUT name AS n", {"c": "200", "n": "OK"}),
        ("c=200", "codes code AS c OUTPUT name", {"c": 200, "name": "OK"}),
        ('c="500"', "codes code AS c OUTPUT name", {"c": "500", "name": ["Error", "Crash"]}),
        ('c="404", owner="old"', "codes code AS c OUTPUT owner", {"c": "404"}),
        ('c="404", owner="old"', "codes code AS c OUTPUTNEW owner", {"c": "404", "owner": "old"}),
        ('c="9", name="old"', "codes code AS c OUTPUT name", {"c": "9"}),
        ('c="9", name="old"', "codes code AS c OUTPUTNEW name", {"c": "9", "name": "old"}),
        ('name="old"', "codes code AS c OUTPUT name", {"name": "old"}),
        ('c="500", o="dev"', "codes code AS c owner AS o", {"c": "500", "o": "dev", "name": "Crash"}),
        ('c=split("200,500", ",")', "codes code AS c OUTPUT name", {"name": ["OK", "Error", "Crash"]}),
        ('n="ok"', "codes name AS n OUTPUT code", {"n": "ok"}),
        ('n="ok"', "codes_any_case name AS n OUTPUT code", {"n": "ok", "code": "200"}),
        ('u="x.EVIL.com"', "pattern pat AS u", {"u": "x.EVIL.com", "kind": "bad"}),
        ('u="GOOD.com"', "pattern pat AS u", {"u": "GOOD.com", "kind": "good"}),
        ('u="good.com"', "patterns_all pat AS u", {"u": "good.com", "kind": ["good", "com"]}),
        ('u="100%_x"', "pattern pat AS u", {"u": "100%_x", "kind": "literal"}),
        ('u="100abx"', "patterns_all pat AS u", {"u": "100abx", "kind": "none"}),
        ("u=null()", "patterns_all pat AS u", {}),
        ('n="OK"', "names_with_default name AS n OUTPUT code", {"n": "OK", "code": "200"}),
        ('n="x"', "names_with_default name AS n OUTPUT code", {"n": "x", "code": "-"}),
        ("n=null()", "names_with_default name AS n OUTPUT code", {}),
        ('ip="10.1.2.3"', "networks net AS ip", {"ip": "10.1.2.3", "zone": ["inside", "lab"]}),
        ('ip="2001:db8:1::1"', "networks net AS ip", {"ip": "2001:db8:1::1", "zone": "six"}),
        ('ip="192.0.2.7"', "networks net AS ip", {"ip": "192.0.2.7", "zone": "one"}),
        ('ip="broken"', "networks net AS ip", {"ip": "broken"}),
        ('h="r1", _time=150', "owner host AS h OUTPUT owner", {"h": "r1", "owner": "alice"}),
        ('h="r1", _time=250', "owner host AS h OUTPUT owner", {"h": "r1", "owner": "bob"}),
        ('h="r1", _time=99', "owner host AS h OUTPUT owner", {"h": "r1"}),
        ('h="r1", _time=351', "owner host AS h OUTPUT owner", {"h": "r1"}),
    ],
)
def test_what_a_row_is_given(given: str, lookup: str, expect: Row, folder: Path) -> None:
    rows = found(f"| makeresults | eval {given} | lookup {lookup} | fields - _time", folder)
    assert [{name: value for name, value in row.items() if name != "c" or "c" in expect} for row in rows] == [expect]


@pytest.mark.parametrize(
    ("spl", "rows"),
    [
        ("| inputlookup codes | stats count", [{"count": 4}]),
        ("| inputlookup codes.csv where code>300 NOT owner=* | table code owner", [{"code": "404"}]),
        ("| inputlookup max=1 start=1 codes | table code", [{"code": "404"}]),
        ("| inputlookup codes | head 1 | inputlookup append=t networks where zone=o* | table code zone",
         [{"code": "200"}, {"zone": "one"}]),
        ("| inputlookup codes | search [| inputlookup codes where owner=ops | fields code] | table name",
         [{"name": "Error"}, {"name": "Crash"}]),
    ],
)  # fmt: skip
def test_the_rows_of_a_table(spl: str, rows: list[Row], folder: Path) -> None:
    assert found(spl, folder) == rows


def test_a_table_that_is_not_there_is_a_warning(folder: Path) -> None:
    messages: list[str] = []
    assert found("| inputlookup gone", folder, messages=messages) == []
    assert messages == ["the lookup 'gone' is not there, so it has no rows"]
    checked = app.check("| inputlookup codes | lookup nosuch a OUTPUT b", app.Scope(knowledge=Knowledge(None, folder)))
    assert (checked.status, checked.warnings) == ("ok", ("the lookup 'nosuch' is not there, so it has no rows",))


def test_a_table_that_changes_is_read_again(folder: Path) -> None:
    spl = "| makeresults | eval c=201 | lookup codes code AS c OUTPUT name | table name"
    assert found(spl, folder) == []
    (folder / "codes.csv").write_text(f"{CODES}201,Created,web\n")
    assert found(spl, folder) == [{"name": "Created"}]


@pytest.mark.parametrize("name", ["../codes.csv", "/etc/passwd", "a/../codes", ".csv", "codes.csv/"])
def test_no_name_leads_out_of_the_folder(name: str, folder: Path) -> None:
    inner = folder / "inner"
    inner.mkdir()
    assert found(f'| inputlookup "{name}"', inner) == []


def test_a_column_the_table_does_not_have_is_refused(folder: Path) -> None:
    with pytest.raises(SplUnsupported) as raised:
        found("| makeresults | lookup codes cod AS c", folder)
    assert raised.value.message == "the lookup 'codes' has no column 'cod'"
    assert raised.value.hint == "its columns are: code, name, owner"


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("transforms.conf", "[x]\nfilename = a.csv\nmatch_type = GLOB(a)", "transforms.conf:1: 'match_type' of 'x' is"),
        ("transforms.conf", "[x]\nfilename = ../a.csv", "transforms.conf: 'filename' of 'x' should be a file in this"),
        ("transforms.conf", "[x]\nfilename = a.csv\nmax_matches = many", "transforms.conf:1: 'max_matches' is 'many'"),
        ("a.yml", "- 3", "a.yml: a lookup is keys and values with a 'name'"),
        ("a.jsonl", "\n{", "a.jsonl:2: not JSON:"),
    ],
)
def test_a_wrong_definition_is_named(file: str, text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / file).write_text(text)
    with pytest.raises(ContentError) as raised:
        found("| inputlookup anything", tmp_path)
    assert str(raised.value).replace(f"{tmp_path}/", "").startswith(message)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="is no folder of lookups"):
        found("| inputlookup anything", tmp_path / "none")


def test_a_collection_of_the_kv_store_is_a_table(tmp_path: Path) -> None:
    (tmp_path / "transforms.conf").write_text(
        "[assets]\nexternal_type = kvstore\ncollection = devices\nfields_list = _key, ip, owner\n"
    )
    assert found("| inputlookup assets", tmp_path) == []
    (tmp_path / "devices.json").write_text(
        '[{"_key": "1", "_user": "nobody", "ip": "10.0.0.1", "owner": "ann", "port": 22}, {"ip": "10.0.0.2"}]'
    )
    look = '| makeresults | eval ip="10.0.0.1" | lookup assets ip OUTPUT owner, port | table owner port'
    assert found(look, tmp_path) == [{"owner": "ann", "port": "22"}]
    found('| makeresults | eval ip="10.0.0.1", owner="bob" | table ip owner | outputlookup assets', tmp_path)
    assert found(look.replace(", port", "").replace(" port", ""), tmp_path) == [{"owner": "bob"}]
    (tmp_path / "devices.csv").unlink()
    (tmp_path / "devices.json").write_text("{}")
    with pytest.raises(ContentError, match="a collection is an array of objects"):
        found(look, tmp_path)
