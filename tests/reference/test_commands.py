"""The reference on the golden examples of section D: one command at a time."""

from __future__ import annotations

import pytest
from tests.reference import ReferenceError_, run
from tests.reference.asking import NOW, PACIFIC, Given, column, over

REX: list[tuple[str, dict[str, object], str, dict[str, object]]] = [
    (
        "G-D1",
        {"_raw": "x From: <MariaDubois@example.com> To: <zecora@buttercupgames.com> RID 0"},
        'rex "From: <(?<from>.*)> To: <(?<to>.*)>"',
        {"from": "MariaDubois@example.com", "to": "zecora@buttercupgames.com"},
    ),
    (
        "G-D2",
        {"test": "a$1,b$2"},
        r'rex field=test max_match=0 "((?<field>[^$]*)\$(?<value>[^,]*),?)"',
        {"field": ["a", "b"], "value": ["1", "2"]},
    ),
    ("G-D3", {"list": "abcdefghi"}, 'rex offset_field=off field=list "(?<firstfive>abcde)"', {"off": "firstfive=0-4"}),
    ("G-D3 later", {"list": "abcdefghi"}, 'rex offset_field=off field=list "(?<middle>fgh)"', {"off": "middle=5-7"}),
    (
        "G-D4",
        {"search": 'src_ip=TERM( "10.8.2.33" ) OR src_ip=TERM( "172.17.154.197" )'},
        r'rex mode=sed field=search "s/\s\"(\d+\.\d+\.\d+\.\d+)\"\s/\1/g"',
        {"search": "src_ip=TERM(10.8.2.33) OR src_ip=TERM(172.17.154.197)"},
    ),
    (
        "G-D5",
        {"ccnumber": "1234-5678-9012-3456"},
        r'rex field=ccnumber mode=sed "s/(\d{4}-){3}/XXXX-XXXX-XXXX-/g"',
        {"ccnumber": "XXXX-XXXX-XXXX-3456"},
    ),
    (
        "G-D6",
        {"savedsearch_id": "bob;search;my_saved_search"},
        r'rex field=savedsearch_id "(?<user>\w+);(?<app>\w+);(?<SavedSearchName>\w+)"',
        {"user": "bob", "app": "search", "SavedSearchName": "my_saved_search"},
    ),
    ("no match keeps the old value", {"_raw": "x", "u": "old"}, r'rex "y(?<u>\w+)"', {"u": "old"}),
    ("the second match of sed", {"f": "aaa"}, 'rex field=f mode=sed "s/a/b/2"', {"f": "aba"}),
    ("transliteration", {"f": "cab"}, 'rex field=f mode=sed "y/abc/xyz/"', {"f": "zxy"}),
]


@pytest.mark.parametrize(("given", "spl", "expected"), [c[1:] for c in REX], ids=[c[0] for c in REX])
def test_rex(given: dict[str, object], spl: str, expected: dict[str, object]) -> None:
    (row,) = over([given], f"* | {spl}")
    assert {field: row.get(field) for field in expected} == expected


def test_rex_without_a_named_group_is_refused() -> None:
    with pytest.raises(ReferenceError_, match="does not extract anything"):
        over([], '* | rex "a(b)c"')


def test_where_with_like() -> None:
    """G-D10."""
    rows: Given = [{"ipaddress": "198.1.2.3"}, {"ipaddress": "1.198.2.3"}, {"b": "1"}]
    assert over(rows, '* | where like(ipaddress,"198.%")') == [{"ipaddress": "198.1.2.3"}]


def test_regex_command() -> None:
    rows: Given = [{"f": "abc"}, {"f": "xyz"}, {"g": "abc"}]
    assert over(rows, '* | regex f="^a"') == [{"f": "abc"}]
    assert over(rows, '* | regex f!="^a"') == [{"f": "xyz"}, {"g": "abc"}]


def test_rename() -> None:
    """G-D15, and the traps of D: an absent source nulls its target, all at once."""
    rows: Given = [{"EU_UK": "1", "EU_DE": "2", "EU_PL": "3"}]
    assert over(rows, "* | rename EU* AS EMEA*") == [{"EMEA_UK": "1", "EMEA_DE": "2", "EMEA_PL": "3"}]
    assert over([{"a": "1", "b": "2"}, {"b": "3", "c": "4"}], "* | rename a AS b") == [{"b": "1"}, {"c": "4"}]
    assert over([{"a": "1", "b": "2"}], "* | rename a AS b, b AS a") == [{"b": "1", "a": "2"}]
    with pytest.raises(ReferenceError_):
        over([], "* | rename a AS b, a AS c")


def test_fields_keeps_internal_fields_and_table_does_not() -> None:
    rows: Given = [{"_time": 1, "_raw": "x", "a": "1", "b": "2"}]
    assert over(rows, "* | fields a") == [{"_time": "1", "_raw": "x", "a": "1"}]
    assert over(rows, "* | fields - a, _raw") == [{"_time": "1", "b": "2"}]
    assert over(rows, "* | fields - _*") == [{"a": "1", "b": "2"}]
    (row,) = over(rows, "* | table b, a")
    assert list(row.items()) == [("b", "2"), ("a", "1")]
    assert over(rows, "* | table nothing") == []


SORTS = [
    ("G-D20", "sort - A, - B", ["22", "21", "12", "11", "x1"]),
    ("G-D21", "sort - A, B", ["22", "21", "12", "11", "x1"]),
    ("G-D22", "sort -A, B", ["21", "22", "11", "12", "x1"]),
    ("G-D23", "sort 3 -num(A), +str(B)", ["21", "22", "11"]),
    ("G-D24", "sort A, -B", ["12", "11", "22", "21", "x1"]),
    ("desc", "sort A, B desc", ["22", "21", "12", "11", "x1"]),
]


@pytest.mark.parametrize(("spl", "order"), [case[1:] for case in SORTS], ids=[case[0] for case in SORTS])
def test_sort_signs_and_nulls_last(spl: str, order: list[str]) -> None:
    rows: Given = [{"A": a, "B": b, "id": a + b} for a in "12" for b in "12"]
    rows.append({"B": "1", "id": "x1"})
    assert column(over(rows, f"* | {spl}"), "id") == order


def test_sort_compares_each_pair_as_it_can() -> None:
    """G-D25, and the implied limit."""
    assert column(over([{"n": "9.1"}, {"n": "10.1"}], "* | sort -n"), "n") == ["10.1", "9.1"]
    assert column(over([{"n": "10.1.a"}, {"n": "9.1.a"}], "* | sort -n"), "n") == ["9.1.a", "10.1.a"]
    assert column(over([{"n": "10.0.0.10"}, {"n": "10.0.0.9"}], "* | sort n"), "n") == ["10.0.0.9", "10.0.0.10"]
    many: Given = [{"n": str(n)} for n in range(10_001)]
    assert len(over(many, "* | sort n")) == 10_000
    assert len(over(many, "* | sort 0 n")) == 10_001


def test_head_tail_reverse() -> None:
    rows: Given = [{"n": str(n)} for n in range(1, 6)]
    assert column(over(rows, "* | head 2"), "n") == ["1", "2"]
    assert column(over(rows, "* | head (n<3) keeplast=t"), "n") == ["1", "2", "3"]
    assert column(over(rows, "* | tail 2"), "n") == ["5", "4"]
    assert column(over(rows, "* | reverse"), "n") == ["5", "4", "3", "2", "1"]


def test_dedup() -> None:
    rows: Given = [{"a": "1", "n": "1"}, {"a": "1", "n": "2"}, {"n": "3"}, {"a": "2", "n": "4"}, {"a": "1", "n": "5"}]
    assert column(over(rows, "* | dedup a"), "n") == ["1", "4"]
    assert column(over(rows, "* | dedup 2 a"), "n") == ["1", "2", "4"]
    assert column(over(rows, "* | dedup a keepempty=t"), "n") == ["1", "3", "4"]
    assert column(over(rows, "* | dedup a consecutive=t"), "n") == ["1", "4", "5"]
    assert column(over(rows, "* | dedup a sortby -n"), "n") == ["5", "4"]
    assert column(over(rows, "* | dedup a keepevents=t"), "a") == ["1", None, "2", None]


AGGREGATES: list[tuple[str, list[str], str, str | list[str] | None]] = [
    ("G-D30", [str(n) for n in range(1, 11)], "perc50", "5.5"),
    ("G-D30 95", [str(n) for n in range(1, 11)], "perc95", "9.55"),
    ("G-D31", ["0", "212", "579", "1068", "1692", "2301", "2793", "3306", "3673", "4010"], "perc50", "1996.5"),
    ("G-D31 95", ["0", "212", "579", "1068", "1692", "2301", "2793", "3306", "3673", "4010"], "p95", "3858.35"),
    ("G-D32", ["37", "58", "8", "34", "13", "74", "38"], "median", "37"),
    ("median of a pair", ["1", "2"], "median", "2"),
    ("median of a wide pair", ["1", "4"], "median", "3"),
    ("median of a decimal pair", ["1.2", "1.4"], "median", "1.3"),
    ("G-D33", ["32", "45", "29", "45", "37"], "mode", "45"),
    ("G-D37 var", ["3.5"], "var", "0"),
    ("G-D37 stdev", ["3.5"], "stdev", "0"),
    ("avg is not rounded", ["3.99"] * 100, "avg", "3.9900000000000055"),
    ("max of a mixture", ["1", "c", "a", "2", "100", "b", "4", "9"], "max", "c"),
    ("min of a mixture", ["1", "c", "a", "2", "100", "b", "4", "9"], "min", "1"),
    ("distinct strings", ["1", "1.0", "01"], "dc", "3"),
    ("values", ["9", "10", "9"], "values", ["10", "9"]),
    ("list", ["9", "10", "9"], "list", ["9", "10", "9"]),
    ("first", ["9", "10"], "first", "9"),
    ("last", ["9", "10"], "last", "10"),
    ("sum ignores text", ["9", "x", "1"], "sum", "10"),
    ("sum of no number", ["x"], "sum", None),
    ("var", ["1", "2", "3", "4"], "varp", "1.25"),
    ("range", ["5", "-1"], "range", "6"),
    ("sumsq", ["1", "2", "3"], "sumsq", "14"),
]


@pytest.mark.parametrize(
    ("values", "function", "expected"), [c[1:] for c in AGGREGATES], ids=[c[0] for c in AGGREGATES]
)
def test_aggregates(values: list[str], function: str, expected: str | list[str] | None) -> None:
    rows: Given = [{"f": v} for v in values]
    (row,) = over(rows, f"* | stats count {function}(f)")
    assert row == {"count": str(len(values))} | ({} if expected is None else {f"{function}(f)": expected})


def test_stats_by() -> None:
    """G-D38."""
    sales = [1200, 1400, 1650, 1425, 1175, 1550, 1300, 1250, 1375, 1550, 1700, 1625]
    rows: Given = [{"products": f"Product{'ABC'[n % 3]}", "sales": s} for n, s in enumerate(sales)]
    assert over(rows, "* | stats sum(sales) BY products") == [
        {"products": "ProductA", "sum(sales)": "5475"},
        {"products": "ProductB", "sum(sales)": "5525"},
        {"products": "ProductC", "sum(sales)": "6200"},
    ]


def test_stats_of_nothing_and_of_multivalues() -> None:
    assert over([], "* | stats count sum(x)") == [{"count": "0"}]
    assert over([], "* | stats sum(x)") == []
    assert over([], "* | stats count BY x") == []
    rows: Given = [{"x": ["10", "9"]}, {"x": "9"}, {"y": "1"}]
    assert over(rows, "* | stats count count(x) AS n sum(x) AS s") == [{"count": "3", "n": "3", "s": "28"}]
    assert over(rows, "* | stats count BY x") == [{"x": "9", "count": "2"}, {"x": "10", "count": "1"}]
    assert over(rows, '* | stats count(eval(x="9")) AS nines, sum(eval(y*2)) AS d') == [{"nines": "2", "d": "2"}]
    with pytest.raises(ReferenceError_):
        over(rows, "* | stats sum(x) AS a, sum(x) AS b")


def test_time_aggregates() -> None:
    rows: Given = [{"_time": 30, "v": "7"}, {"_time": 20}, {"_time": 10, "v": "3"}]
    spl = "* | stats earliest(v) AS e latest(v) AS l earliest_time(v) AS et latest_time(v) AS lt rate(v) AS r"
    assert over(rows, spl) == [{"e": "3", "l": "7", "et": "10", "lt": "30", "r": "0.2"}]


def test_eventstats() -> None:
    rows: Given = [{"g": "a", "n": "1"}, {"n": "2"}, {"g": "a", "n": "3"}]
    assert column(over(rows, "* | eventstats sum(n) AS s BY g"), "s") == ["4", None, "4"]


def test_top_and_rare() -> None:
    rows: Given = [{"a": v} for v in "xxxyz"]
    rows.append({"b": "1"})
    assert over(rows, "* | top limit=2 a") == [
        {"a": "x", "count": "3", "percent": "60.000000"},
        {"a": "y", "count": "1", "percent": "20.000000"},
    ]
    assert column(over(rows, "* | rare a showperc=f"), "a") == ["y", "z", "x"]
    assert over(rows, "* | top 1 a useother=t")[1] == {"a": "OTHER", "count": "2", "percent": "40.000000"}


def test_fillnull() -> None:
    rows: Given = [{"a": "1"}, {"b": ""}]
    assert over(rows, "* | fillnull") == [{"a": "1", "b": "0"}, {"b": "", "a": "0"}]
    assert over(rows, "* | fillnull value=none c") == [{"a": "1", "c": "none"}, {"b": "", "c": "none"}]


BINS = [
    ("numbers", "bin span=1 f", "-0.5", "-1-0"),
    ("tens", "bin span=10 f", "37", "30-40"),
    ("text stays", "bin span=10 f", "abc", "abc"),
    ("powers of two", "bin span=log2 f", "5", "4-8"),
    ("twice powers of five", "bin span=2log5 f", "30", "10-50"),
]


@pytest.mark.parametrize(("spl", "given", "label"), [case[1:] for case in BINS], ids=[case[0] for case in BINS])
def test_bin_of_numbers(spl: str, given: str, label: str) -> None:
    assert column(over([{"f": given}], f"* | {spl}"), "f") == [label]


def test_bin_of_time() -> None:
    """Below a day from epoch 0, else from local midnight: 2025-01-15 09:10:11 UTC is 01:10:11 in Los Angeles."""
    rows: Given = [{"_time": 1736932211}]
    assert column(over(rows, "* | bin _time span=1h"), "_time") == ["1736931600"]
    assert column(over(rows, "* | bin _time span=1d"), "_time") == ["1736899200"]
    assert column(over(rows, "* | bin _time span=1d", tz=PACIFIC), "_time") == ["1736928000"]
    assert column(over(rows, "* | bin _time span=1mon AS m"), "m") == ["1735689600"]


def test_makeresults() -> None:
    assert run("| makeresults count=2", [], now=NOW + 0.7) == [{"_time": "1736940000"}] * 2
    spl = '| makeresults format=csv data="a,b\n1,\n2,3"'
    assert run(spl, [], now=NOW) == [{"a": "1"}, {"a": "2", "b": "3"}]
    spl = r'| makeresults format=json data="[{\"a\":1,\"b\":{\"c\":2}}]"'
    assert run(spl, [], now=NOW) == [{"_raw": '{"a":1,"b":{"c":2}}', "_time": "1736940000", "a": "1", "b": '{"c":2}'}]
    for refused in ("count=1 count=2", "annotate=maybe", "format=csv", "count=2 colour=red"):
        with pytest.raises(ReferenceError_):
            run(f"| makeresults {refused}", [], now=NOW)


def test_order_of_events_is_newest_then_latest_arrival() -> None:
    events: Given = [{"_time": 5, "n": "a"}, {"_time": 9, "n": "b"}, {"_time": 5, "n": "c"}]
    assert column(run("*", events, now=NOW), "n") == ["b", "c", "a"]


def test_an_unknown_command_is_refused() -> None:
    with pytest.raises(ReferenceError_, match="Unknown search command 'rexx'"):
        over([], "* | rexx x")
