"""Subsearches and the commands that combine searches, over events: what they read, and within what limits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bootwatch import app
from bootwatch.errors import SplError, SplUnsupported
from bootwatch.events.clock import Clock
from bootwatch.knowledge.objects import Knowledge
from bootwatch.search.job import run
from bootwatch.search.rows import Row
from bootwatch.spl.limits import Limits
from bootwatch.spl.pipeline import parse, reads_events

NOW = "2026-01-15T12:00:00Z"
EVENTS = [
    "2026-01-15T11:00:00Z fw1 app: user=bob src=10.0.0.1 act=login",
    "2026-01-15T11:10:00Z fw1 app: user=eve src=10.0.0.2 act=login",
    "2026-01-15T11:20:00Z fw2 app: user=bob src=10.0.0.3 act=copy",
    "2026-01-14T11:20:00Z fw2 app: user=old src=10.0.0.3 act=copy",
]
SAVED = "[logins]\nsearch = index=network act=login user=$who$\n[wrong]\nsearch = index=network | nosuchcommand\n"


def scope(tmp_path: Path, *, risky: bool = True, earliest: str | None = None) -> app.Scope:
    folder = tmp_path / "knowledge"
    if not folder.exists():
        folder.mkdir()
        (folder / "savedsearches.conf").write_text(SAVED)
    return app.Scope(clock=Clock.of(NOW), knowledge=Knowledge(None, folder), allow_risky=risky, earliest=earliest)


def found(spl: str, tmp_path: Path, made: app.Scope | None = None, messages: list[str] | None = None) -> list[Row]:
    path = tmp_path / "events.log"
    path.write_text("\n".join(EVENTS) + "\n")
    made = made or scope(tmp_path)
    result = app.search(spl, app.files([path], made), made)
    rows = list(result.rows())
    if messages is not None:
        messages += result.messages
    return rows


@pytest.mark.parametrize(
    ("spl", "rows"),
    [
        ("index=network [search index=network act=copy | fields user] | stats count by user",
         [{"user": "bob", "count": 2}, {"user": "old", "count": 1}]),
        ("index=network NOT [search act=copy | fields user] | table user", [{"user": "eve"}]),
        ("index=network [search act=nosuch | fields user] | stats count", [{"count": 0}]),
        ("index=network [search act=copy user=bob | fields user src | rename src AS search] | table act",
         [{"act": "copy"}]),
        ("index=network user=bob OR [| makeresults | eval user=split(\"old,none\", \",\") | fields user] | stats count",
         [{"count": 3}]),
        ("index=network [search act=copy | return 2 $user] | stats count", [{"count": 3}]),
        (("index=network | where src=[search act=copy user=bob | eval s=\"\\\"\" . src . \"\\\"\" | return $s]"
          " | stats count"), [{"count": 2}]),
        ("index=network act=login | append [search index=network act=copy user=bob] | table user act",
         [{"user": "eve", "act": "login"}, {"user": "bob", "act": "login"}, {"user": "bob", "act": "copy"}]),
        (("index=network act=login | join user [search act=copy | eval copied=src | fields user copied]"
          " | table user copied"), [{"user": "bob", "copied": "10.0.0.3"}]),
        ("user=[| makeresults | eval u=\"eve\" | return $u] | table act", [{"act": "login"}]),
        ("index=network earliest=[| makeresults | eval t=\"-45m\" | return $t] | table user", [{"user": "bob"}]),
        ("user=[search act=copy user=old | return $user] [search act=copy | fields act] | table src",
         [{"src": "10.0.0.3"}]),
        ("act=nosuch | transaction user startswith=(act=a) endswith=\"b\" | table user duration", []),
        ("| multisearch [search act=login] [search user=old] | stats values(src) AS src BY act",
         [{"act": "copy", "src": "10.0.0.3"}, {"act": "login", "src": ["10.0.0.1", "10.0.0.2"]}]),
        (("act=login user=eve | append [| makeresults | eval user=\"x\", act=\"y\"] | append [search user=old]"
          " | stats count by user act src host"),
         [{"user": "eve", "act": "login", "src": "10.0.0.2", "host": "fw1", "count": 1},
          {"user": "old", "act": "copy", "src": "10.0.0.3", "host": "fw2", "count": 1}]),
        ("| makeresults | eval a=1 | table a | append [search user=old | fields user] | table a user",
         [{"a": 1}, {"user": "old"}]),
        ("| multisearch [search act=login] [search act=copy earliest=-1d] | table user",
         [{"user": "bob"}, {"user": "eve"}, {"user": "bob"}]),
        (("| set diff [search act=login | stats count by user | fields user] [search act=copy | stats count by user"
          " | fields user]"), [{"user": "eve"}, {"user": "old"}]),
        (("act=copy | table user | map maxsearches=5 search=\"search user=$user$ act=login | stats count"
          " | eval n=$_serial_id$\""), [{"count": 1, "n": 1}, {"count": 0, "n": 2}]),
        ("| savedsearch logins who=eve | table src", [{"src": "10.0.0.2"}]),
        ("| from savedsearch:logins | stats count", [{"count": 0}]),
        ("| metadata type=hosts | table host totalCount lastTime",
         [{"host": "fw1", "totalCount": 2, "lastTime": 1768475400},
          {"host": "fw2", "totalCount": 2, "lastTime": 1768476000}]),
        ("| metasearch act=login user=eve | table host index sourcetype act",
         [{"host": "fw1", "index": "network", "sourcetype": "syslog"}]),
        ("act=copy | stats sparkline(count,1d) AS s BY act",
         [{"act": "copy", "s": ["##__SPARKLINE__##", "1", "1"]}]),
        ("| eventcount", [{"count": 4}]),
        ("| eventcount summarize=f index=net*", [{"index": "network", "server": "bootwatch", "count": 4}]),
        ("| rest /services/data/indexes | table title totalEventCount", [{"title": "network", "totalEventCount": 4}]),
    ],
)  # fmt: skip
def test_over_events(spl: str, rows: list[Row], tmp_path: Path) -> None:
    assert found(spl, tmp_path) == rows


def test_the_outer_text_s_time_does_not_reach_a_subsearch_but_the_scope_s_does(tmp_path: Path) -> None:
    spl = "index=network earliest=-45m [search act=copy | fields act] | append [search user=old] | table user"
    assert found(spl, tmp_path) == [{"user": "bob"}, {"user": "old"}]
    assert found(spl, tmp_path, scope(tmp_path, earliest="-2h")) == [{"user": "bob"}]


def test_more_rows_than_a_subsearch_may_have_are_a_message(tmp_path: Path) -> None:
    messages: list[str] = []
    spl = "index=network NOT [| makeresults count=10005 | streamstats count AS user | fields user] | stats count"
    assert found(spl, tmp_path, messages=messages) == [{"count": 4}]
    assert messages == ["a subsearch found more than 10,000 rows; the first 10,000 are used"]


def test_more_rows_than_may_be_appended_are_a_message(tmp_path: Path) -> None:
    messages: list[str] = []
    spl = "| makeresults | append [| makeresults count=50001] | stats count"
    assert found(spl, tmp_path, messages=messages) == [{"count": 50_001}]
    assert messages == ["a subsearch found more than 50,000 rows; the first 50,000 are used"]
    assert found("| multisearch [| makeresults count=50001] [| makeresults] | stats count", tmp_path) == [
        {"count": 50_002}
    ]


def test_more_rows_than_map_may_have_are_a_message(tmp_path: Path) -> None:
    messages: list[str] = []
    spl = 'index=network | map maxsearches=2 search="| makeresults | eval u=\\"$user$\\" | table u"'
    assert found(spl, tmp_path, messages=messages) == [{"u": "bob"}, {"u": "eve"}]
    assert messages == ["map ran its search for the first 2 rows; maxsearches= raises that"]


def test_values_in_the_search_of_map_stay_values(tmp_path: Path) -> None:
    spl = (
        '| makeresults | eval a="x\\" | delete | eval b=\\"" | map search="| makeresults | eval c=\\"$a$\\" | table c"'
    )
    assert found(spl, tmp_path) == [{"c": 'x" | delete | eval b="'}]


@pytest.mark.parametrize("spl", ["act=copy | outputlookup x.csv", 'act=copy | map search="| makeresults"'])
def test_a_risky_command_is_checked_with_a_warning_and_runs_only_where_it_may(spl: str, tmp_path: Path) -> None:
    name = spl.split()[2]
    message = f"{name} is a risky command: it runs only with --allow-risky"
    checked = app.check(spl, scope(tmp_path, risky=False))
    assert (checked.status, checked.warnings) == ("ok", (message,))
    with pytest.raises(SplUnsupported, match=message.replace("-", ".")):
        found(spl, tmp_path, scope(tmp_path, risky=False))


def test_a_key_field_replaces_the_rows_of_its_keys(tmp_path: Path) -> None:
    made = scope(tmp_path)
    found(
        '| makeresults count=3 | streamstats count AS n | eval k=if(n<3,"a","b") | table k n'
        " | outputlookup key_field=k seen",
        tmp_path,
        made,
    )
    assert found("| inputlookup seen", tmp_path, made) == [
        {"k": "a", "n": "2", "_key": "a"},
        {"k": "b", "n": "3", "_key": "b"},
    ]
    found('| makeresults | eval k="a", n=9 | table k n | outputlookup append=t key_field=k seen', tmp_path, made)
    assert found("| inputlookup seen | table _key n", tmp_path, made) == [
        {"_key": "a", "n": "9"},
        {"_key": "b", "n": "3"},
    ]


def test_what_outputlookup_writes_inputlookup_reads(tmp_path: Path) -> None:
    spl = "act=copy | table user src | outputlookup seen"
    assert found(spl, tmp_path) == [{"user": "bob", "src": "10.0.0.3"}, {"user": "old", "src": "10.0.0.3"}]
    made = scope(tmp_path)
    assert found("| inputlookup seen | table user", tmp_path, made) == [{"user": "bob"}, {"user": "old"}]
    found("act=login | head 1 | table user act | outputlookup append=t seen.csv", tmp_path, made)
    assert found("| inputlookup seen", tmp_path, made)[-1] == {"user": "eve"}
    found("act=nothing | table user | outputlookup override_if_empty=f seen", tmp_path, made)
    assert len(found("| inputlookup seen", tmp_path, made)) == 3
    checked = app.check("act=nothing | outputlookup seen", made)
    assert checked.status == "ok"
    assert len(found("| inputlookup seen", tmp_path, made)) == 3, "a check writes nothing"


@pytest.mark.parametrize(
    ("spl", "message", "at"),
    [
        ("a [search b", "'[' is never closed", "["),
        ("a []", "a search is missing between '[' and ']'", "[]"),
        ("a [| nosuch]", "unknown command 'nosuch'", "nosuch"),
        ("a [| makeresults | stats cnt]", "unknown function 'cnt'", "cnt"),
        ("a | append [| makeresults | eval x=nosuch(1)]",
         "The 'nosuch' function is unsupported or undefined.", "nosuch"),
        ("a [| makeresults | eval x=nosuch(1)]", "The 'nosuch' function is unsupported or undefined.", "nosuch"),
        ("a | stats count | append [search b | eval {c}=1 | eval x=nosuch(1)]",
         "The 'nosuch' function is unsupported or undefined.", "nosuch"),
        ("a | map search=\"b | nosuch\"", "in the search of map: unknown command 'nosuch'", '"b | nosuch"'),
        ("| savedsearch wrong", "in the saved search 'wrong': unknown command 'nosuchcommand'", "wrong"),
    ],
)  # fmt: skip
def test_what_is_wrong_inside_is_found_by_a_check_and_located(spl: str, message: str, at: str, tmp_path: Path) -> None:
    checked = app.check(spl, scope(tmp_path))
    assert checked.message == message
    assert checked.error is not None
    assert checked.error.span is not None
    assert spl[checked.error.span.start : checked.error.span.end] == at


@pytest.mark.parametrize(
    ("spl", "reads"),
    [
        ("index=x", True),
        ("| makeresults", False),
        ("| makeresults | append [| makeresults]", False),
        ("| makeresults | append [search x]", True),
        ("user=[| makeresults | return $x]", True),
        ("| makeresults | search [search x]", True),
        ("| makeresults | eval a=[search x | return $b]", True),
        ("| tstats count", True),
        ("| datamodel Web", False),
        ("| datamodel Web Web search", True),
        ("| inputlookup a where [| tstats count by host | fields host]", True),
        ("| rest /services/server/info", False),
        ("| stats count", False),
        ('| makeresults | map search="x"', True),
    ],
)
def test_whether_a_search_reads_events(spl: str, reads: bool) -> None:
    assert reads_events(parse(spl)) is reads


def test_a_subsearch_nobody_closes_in_a_deep_nest_is_an_error_not_a_crash() -> None:
    with pytest.raises(SplError):
        parse("a " + "[search b " * 3000 + "]" * 3000)


def test_a_search_that_begins_with_a_command_over_results_has_none(tmp_path: Path) -> None:
    messages: list[str] = []
    assert found("| stats count | eval a=1", tmp_path, messages=messages) == [{"count": 0, "a": 1}]
    assert messages == ["the search begins with 'stats', which has no results to work on"]


def test_the_search_of_a_detection_is_a_saved_search() -> None:
    names = app.saved_searches()
    assert names
    for name in names:
        assert app.check(f'| savedsearch "{name}"').status == "ok"


def test_what_collect_stores_a_search_finds(tmp_path: Path) -> None:
    made = app.Scope(clock=Clock.of(NOW), allow_risky=True, home=tmp_path / "home")
    spl = 'act=login | stats count by user | collect index=summary source="daily"'
    assert found(spl, tmp_path, made) == [{"user": "bob", "count": 1}, {"user": "eve", "count": 1}]
    found("act=copy user=bob | collect index=summary testmode=t", tmp_path, made)
    rows = list(
        app.search("index=summary | sort user | table _raw sourcetype source count", app.store(made), made).rows()
    )
    assert rows == [
        {
            "_raw": f'01/15/2026 12:00:00 +0000, user="{user}", count="1"',
            "sourcetype": "stash",
            "source": "daily",
            "count": "1",
        }
        for user in ("bob", "eve")
    ]


@pytest.mark.parametrize(
    ("spl", "rows"),
    [
        (
            "[search act=login user=bob | return user] OR [search user=old | return user] | stats count by user",
            [{"user": "bob", "count": 2}, {"user": "old", "count": 1}],
        ),
        (
            "index=network act=login | transaction act | append [search act=copy | transaction act] | table act",
            [{"act": "login"}, {"act": "copy"}],
        ),
        ("index=network | transaction host | transaction host | stats count", [{"count": 2}]),
    ],
)
def test_the_same_words_in_two_places_are_two_things(spl: str, rows: list[Row], tmp_path: Path) -> None:
    assert found(spl, tmp_path)[: len(rows)] == rows


def test_searches_in_the_search_of_map_have_an_end() -> None:
    inner = "| makeresults count=20"
    for _ in range(2):
        quoted = inner.replace("\\", "\\\\").replace('"', '\\"')
        inner = f'| makeresults count=20 | map maxsearches=20 search="{quoted}"'
    limits = Limits(max_subsearches=100)
    context = replace(app.Scope(allow_risky=True).context(), limits=limits)
    with pytest.raises(SplError, match="the search has more than 100 subsearches"):
        run(f"{inner} | stats count", None, app.engine(app.Scope()), context)


@pytest.mark.parametrize(
    "spl",
    [
        "a " + "[" * 5000,
        "a " + "[search b " * 500 + "]" * 500,
        "| makeresults " + "| append [| makeresults] " * 400,
        "| makeresults " + "| join a [| makeresults] " * 200,
        "| tstats count where " + "(" * 3000 + "a" + ")" * 3000,
        "| makeresults | transaction a startswith=eval(" + "(" * 3000,
        "`x(" + "(" * 10_000 + ")`",
        "x" * 100_000,
        "a=" + "x" * 100_000 + "*",
        "| from datamodel:" + "x." * 10_000,
        "` `" * 9999,
    ],
    ids=range(11),
)
def test_a_hostile_text_is_refused_or_compiled(spl: str) -> None:
    assert app.check(spl).status in ("ok", "syntax", "unsupported")
