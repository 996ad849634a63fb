"""The reference evaluator on every golden example of the semantics page in its scope, and on its sixteen events."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.reference import ReferenceError_, Row, run

REPOSITORY = Path(__file__).resolve().parents[2]
EVENTS = REPOSITORY / "tests" / "fixtures" / "f3_events.jsonl"
PAGE = (
    REPOSITORY / "src" / "bootwatch" / "content" / "detections" / "t1601-001-patch-system-image-splunk" / "search.spl"
)
NOW = 1_736_940_000.0
PACIFIC = "America/Los_Angeles"

Given = list[dict[str, object]]


def over(rows: Given, spl: str, *, tz: str = "UTC") -> list[Row]:
    """Rows of a search over events given newest first."""
    return run(spl, rows[::-1], now=NOW, tz=tz)


def value(expression: str, fields: dict[str, object] | None = None, *, tz: str = "UTC") -> str | list[str] | None:
    """What ``eval`` writes for an expression over one row; None where it writes nothing."""
    (row,) = over([fields or {"_raw": "x"}], f"* | eval result={expression}", tz=tz)
    return row.get("result")


def column(rows: list[Row], field: str) -> list[str | list[str] | None]:
    """One field of every row."""
    return [row.get(field) for row in rows]


# -- A: terms, booleans, comparisons --------------------------------------------------------------------------------

TERMS = [
    ("G-A10", "copy tftp://1.1.1.1/a.bin", '"copy tftp"', True),
    ("G-A11", "copy https://1.1.1.1/a", '"copy http"', False),
    ("G-A12", "bootflash:/a.bin", '"flash:"', False),
    ("G-A13", "flash0:/a.bin", '"flash:"', False),
    ("G-A14", "slavebootflash:a.bin", '"bootflash:"', False),
    ("G-A15", "a.bin", '".bin"', True),
    ("G-A15 further extension", "a.bin.md5", '".bin"', True),
    ("G-A16", "a.bins", '".bin"', False),
    ("G-A17", "confreg 0x2142", '"confreg 0x"', False),
    ("G-A18", "confreg 0x2142", '"confreg 0x*"', True),
    ("G-A19", "boot system flash:x.bin", '"boot system flash"', True),
    ("G-A20", "boot system flash bootflash:x", '"boot system flash"', True),
    ("G-A21", "boot system bootflash:x", '"boot system flash"', False),
    ("G-A22", "%ROMMON_CONFIG-5-X", '"ROMMON_CONFIG"', True),
    ("G-A22 inside a longer name", "MY_ROMMON_CONFIG", '"ROMMON_CONFIG"', True),
    ("G-A23", "ROMMON_CONFIGS", '"ROMMON_CONFIG"', False),
    ("G-A24", "NO BOOT SYSTEM", '"no boot system"', True),
    ("G-A25", "archive download-swap", '"archive download-sw"', False),
    ("G-A26", "INTEGRITY-FAILED", '"INTEGRITY_FAILED"', False),
    ("G-A27", "failed", "fail", False),
    ("G-A28", "fail-over", "fail", True),
    ("G-A29", "10.127.0.5 x", "127.0", True),
    ("G-A30 words", "web and some error", "web error", True),
    ("G-A30 phrase", "web and some error", '"web error"', False),
    ("G-A31", "127.0.0.1 - admin", "TERM(127.0.0.1)", True),
    ("G-A31 inside a longer term", "ip=127.0.0.1 - user=admin", "TERM(127.0.0.1)", False),
    ("G-A31 the longer term", "ip=127.0.0.1 - user=admin", "TERM(ip=127.0.0.1)", True),
    ("CASE", "%ASA-1-134568", "CASE(%ASA-1*)", True),
    ("CASE differs", "%asa-1-134568", "CASE(%ASA-1*)", False),
    ("G-A3", r"opened D:\Digital\RTFM", r"D:\\Digital\\RTFM", True),
    ("a star alone", "anything", "*", True),
    ("a prefix", "failure", "fail*", True),
    ("a prefix of no term", "xfailure", "fail*", False),
    ("a comment is a blank", "web error", "web```x```error", True),
    ("two hyphens break", "copy--tftp", "tftp", True),
]


@pytest.mark.parametrize(("raw", "search", "found"), [case[1:] for case in TERMS], ids=[case[0] for case in TERMS])
def test_terms(raw: str, search: str, found: bool) -> None:
    assert len(over([{"_raw": raw}], search)) == int(found)


def test_a_pipe_inside_quotes_is_text() -> None:
    """G-A1 and G-A2."""
    rows: Given = [{"_raw": "error | stats count"}, {"_raw": "error"}]
    assert over(rows, "error | stats count") == [{"count": "2"}]
    assert over(rows, 'search "error | stats count"') == [{"_raw": "error | stats count"}]


BOOLEANS = [
    ("G-A40", "A=1 AND B=2 OR C=3", "A=1 AND (B=2 OR C=3)"),
    ("G-A40 without AND", "A=1 B=2 OR C=3", "A=1 AND (B=2 OR C=3)"),
    ("G-A42", 'A="1" AND B=2 OR C="3"', "(A=1) AND (B=2 OR C=3)"),
]


@pytest.mark.parametrize(("search", "means"), [case[1:] for case in BOOLEANS], ids=[case[0] for case in BOOLEANS])
def test_or_binds_tighter_than_and(search: str, means: str) -> None:
    rows: Given = [{"A": a, "B": b, "C": c} for a in "10" for b in "20" for c in "30"]
    expected = [row for row in rows if row["A"] == "1" and (row["B"] == "2" or row["C"] == "3")]
    assert over(rows, search) == over(rows, means) == expected


def test_not_applies_to_the_next_term() -> None:
    """G-A41."""
    rows: Given = [{"_raw": raw} for raw in ("error", "error 403", "error 404", "error 403 404", "404")]
    assert column(over(rows, "error NOT 403 OR 404"), "_raw") == ["error", "error 404", "error 403 404"]


HORSES: Given = [
    {"ID": "101M3", "Name": "McIntosh", "Color": "Chestnut", "Location": "Marin Meadows"},
    {"ID": "104F5", "Name": "Lyra", "Color": "Bay"},
    {"ID": "104M6", "Name": "Rutherford", "Color": "Dun", "Location": "Placer Pastures"},
    {"ID": "101F2", "Name": "Rarity", "Location": "Marin Meadows"},
    {"ID": "102M7", "Name": "Dash", "Color": "Black", "Location": "Calaveras Farms"},
    {"ID": "102M1", "Name": "Roan"},
    {"ID": "101F6", "Color": "Chestnut", "Location": "Marin Meadows"},
    {"ID": "104F4", "Name": "Pinkie", "Color": "Sorrel", "Location": "Placer Pastures"},
    {"ID": "102M8", "Name": "Spike", "Color": "Grey", "Location": "Calaveras Farms"},
]


def test_not_and_unequal() -> None:
    """G-A50."""
    unequal = column(over(HORSES, 'Location!="Calaveras Farms"'), "ID")
    negated = column(over(HORSES, 'NOT Location="Calaveras Farms"'), "ID")
    assert unequal == ["101M3", "104M6", "101F2", "101F6", "104F4"]
    assert set(negated) == {*unequal, "104F5", "102M1"}
    assert column(over(HORSES, "NOT Color=*"), "ID") == ["101F2", "102M1"]
    assert over(HORSES, "Color!=*") == []


def test_subnets() -> None:
    """G-A51 and G-A52."""
    rows: Given = [{"ip": "10.10.10.12"}, {"ip": "50.10.10.17"}, {"ip": "10.10.10.23"}]
    assert column(over(rows, 'ip="10.10.10.0/24"'), "ip") == ["10.10.10.12", "10.10.10.23"]
    spl = '| makeresults | eval ip="2001:0db8:ffff:ffff:ffff:ffff:ffff:ff99" | search ip="{}"'
    assert len(run(spl.format("2001:0db8:ffff:ffff:ffff:ffff:ffff:ff00/120"), [], now=NOW)) == 1
    assert run(spl.format("2001:0db8:ffff:ffff:ffff:ffff:ffff:ee00/120"), [], now=NOW) == []


COMPARISONS = [
    ("text equality", "n=1", ["1"]),
    ("numbers order", "n<9.5", ["1", "1.0"]),
    ("IN with a wildcard", "n IN (1*, abc)", ["1", "1.0", "10", "ABC"]),
    ("NOT IN", "NOT n IN (1*)", ["ABC", None]),
    ("case", "n=aBc", ["ABC"]),
    ("CASE", "n=CASE(abc)", []),
]


@pytest.mark.parametrize(("search", "found"), [c[1:] for c in COMPARISONS], ids=[c[0] for c in COMPARISONS])
def test_field_comparisons(search: str, found: list[str | None]) -> None:
    rows: Given = [{"n": "1"}, {"n": "1.0"}, {"n": "10"}, {"n": "ABC"}, {"m": "1"}]
    assert column(over(rows, search), "n") == found


def test_any_value_of_a_multivalue_counts() -> None:
    rows: Given = [{"f": ["a", "b"]}, {"f": "a"}]
    assert len(over(rows, "f=a")) == 2
    assert over(rows, "f!=a") == [{"f": ["a", "b"]}]
    assert over(rows, "NOT f=a") == []


def test_time_bounds_are_inclusive_then_exclusive() -> None:
    """A6, G-A60 and G-A61: a search at 14:05 on 28 April; one at 03:45."""
    rows: Given = [{"_time": NOW - 3600}, {"_time": NOW - 7200}, {"_time": NOW - 10800}, {"_time": NOW + 5}]
    assert column(over(rows, "earliest=-2h latest=-1h"), "_time") == [str(int(NOW - 7200))]
    assert len(over(rows, "earliest=-2h")) == 2
    at = "%Y-%m-%d %H:%M:%S"
    april = f'strftime(relative_time(strptime("2025-04-28 14:05:00","{at}"),"{{}}"),"{at}")'
    assert value(april.format("-2d")) == "2025-04-26 14:05:00"
    assert value(april.format("-2d@d")) == "2025-04-26 00:00:00"
    assert (
        value(f'strftime(relative_time(strptime("2025-04-28 03:45:00","{at}"),"-h@h"),"{at}")') == "2025-04-28 02:00:00"
    )


def test_named_pairs_are_extracted_and_the_first_wins() -> None:
    rows: Given = [{"_raw": 'user=bob ip.addr="1.2.3.4" user=eve empty="" other=x'}]
    assert over(rows, "user=bob | table user ip_addr empty") == [{"user": "bob", "ip_addr": "1.2.3.4"}]
    assert over(rows, "bob | table o*") == [{"other": "x"}]
    assert over(rows, "bob") == [{"_raw": rows[0]["_raw"]}]


# -- C: expressions ------------------------------------------------------------------------------------------------

RESULTS: list[tuple[str, str, str | list[str] | None, dict[str, object]]] = [
    ("G-C1", "8.250*0.2", "2", {}),
    ("G-C1 two places", "8.250*0.20", "1.7", {}),
    ("G-C1 three places", "8.250*0.200", "1.65", {}),
    ("G-C1 exact", "8.250*exact(0.2)", "1.650", {}),
    ("G-C2", "1.00*1111", "1111", {}),
    ("G-C2 sigfig", "sigfig(1.00*1111)", "1110", {}),
    ("G-C3", "0.1+0.2", "0.3", {}),
    ("G-C3 pow", "pow(2.5,2)", "6.3", {}),
    ("G-C3 root", "pow(2,0.5)", "1", {}),
    ("G-C4", "sigfig(123.0+4.567)", "127.6", {}),
    ("G-C11", 'if(cidrmatch("192.0.2.0/24","192.0.3.0"),"in","out")', "out", {}),
    ("G-C11 inside", 'if(cidrmatch("192.0.2.0/24","192.0.2.56"),"in","out")', "in", {}),
    ("G-C12", "nullif(names,ponies)", "buttercup", {"names": "buttercup", "ponies": "mistmane"}),
    ("G-C12 equal", "nullif(names,ponies)", None, {"names": "rarity", "ponies": "rarity"}),
    ("G-C14", r'if(match("\"yes\"","\"yes\""),1,0)', "1", {}),
    ("G-C20", 'substr("string",1,3)+substr("string",-3)', "string", {}),
    ("G-C21 ltrim", 'ltrim("  ZZZZabcZZ "," Z")', "abcZZ ", {}),
    ("G-C21 rtrim", 'rtrim("  ZZZZabcZZ "," Z")', "  ZZZZabc", {}),
    ("G-C21 trim", 'trim("  ZZZZabcZZ "," Z")', "abc", {}),
    ("G-C22", r'replace("1/14/2023","^(\d{1,2})/(\d{1,2})/","\2/\1/")', "14/1/2023", {}),
    (
        "G-C23",
        'urldecode("http%3A%2F%2Fwww.splunk.com%2Fdownload%3Fr%3Dheader")',
        "http://www.splunk.com/download?r=header",
        {},
    ),
    ("G-C24", "len(pony)", "10", {"pony": "tenderhoof"}),
    ("G-C24 code points", "len(pony)", "4", {"pony": "dàsh"}),
    ("G-C25", 'split("1a2b3c4def567890","def")', ["1a2b3c4", "567890"], {}),
    ("G-C25 two signs", 'split("name::value","::")', ["name", "value"], {}),
    ("G-C25 characters", 'split("abcd","")', ["a", "b", "c", "d"], {}),
    ("a list of one", 'split("abc",";")', "abc", {}),
    ("G-C30", 'tonumber("0A4",16)', "164", {}),
    ("G-C30 binary", 'tonumber("0101",2)', "5", {}),
    ("G-C31", 'tostring(1==1)+" "+tostring(15,"hex")+" "+tostring(12345.6789,"commas")', "True 0xF 12,345.68", {}),
    ("G-C32", 'tostring(615,"duration")', "00:10:15", {}),
    ("G-C32 days", 'tostring(93784,"duration")', "1+02:03:04", {}),
    ("G-C32 binary", 'tostring(9,"binary")', "1001", {}),
    ("G-C33 exponent", 'printf("%.2e",5139)', "5.14e+03", {}),
    ("G-C33 thousands", 'printf("%\'d",12345)', "12,345", {}),
    ("G-C33 zeros", 'printf("%04d",1)', "0001", {}),
    ("G-C33 sign", 'printf("%+4d",1)', "  +1", {}),
    ("G-C33 hexadecimal", 'printf("%#x",1)', "0x1", {}),
    ("G-C33 star", 'printf("%.*f",1,1.23)', "1.2", {}),
    ("G-C33 characters", 'printf("%c,%c",65,"Foo")', "A,F", {}),
    ("G-C33 general", 'printf("%.2g,%.2g",pi(),123)', "3.1,1.2e+02", {}),
    ("G-C33 strings", 'printf("%s%z","foo","bar")', "foobar", {}),
    ("G-C34", 'ipmask("255.255.255.0","10.20.30.120")', "10.20.30.0", {}),
    ("G-C34 holes", 'ipmask("0.255.0.224","10.20.30.120")', "0.20.0.96", {}),
    ("G-C35", "round(3.5)", "4", {}),
    ("G-C35 decimal half", "round(2.555,2)", "2.56", {}),
    ("G-C35 kept places", "round(10,2)", "10.00", {}),
    ("typeof", 'typeof(12)+typeof("string")+typeof(1==2)+typeof(badfield)', "NumberStringBoolInvalid", {}),
    ("min of strings", 'min("10","9")', "10", {}),
    ("max of numbers", "max(field,9)", "10", {"field": "10"}),
    ("max of a string", 'max(1,3,6,7,"foo",f)', "foo", {"f": "5"}),
    ("sum", "sum(a,b,c)", "14", {"a": "5.0", "b": "9"}),
    ("sum of text", "sum(a,2,3)", "5", {"a": "somedata"}),
    ("sum of number text", "sum(a,2,3)", "6", {"a": "1"}),
    ("a string in sight joins", 'a+"2"', "12", {"a": "1"}),
    ("two fields add", "a+b", "3", {"a": "1", "b": "2"}),
    ("two fields with text", "a+b", None, {"a": "1", "b": "x"}),
    ("a point joins", "a.b", "12", {"a": "1", "b": "2"}),
    ("null swallows", "a+1", None, {"b": "2"}),
    ("division by zero", "1/0", None, {}),
    ("remainder by zero", "1%0", None, {}),
    ("a root of a negative", "sqrt(-1)", None, {}),
    ("null as text", "tostring(nothing)", "Null", {}),
    ("printf of null", 'printf("%s",nothing)', "Null", {}),
    ("trim of a number", "trim(1)", "1", {}),
    ("number comparison", 'if(a>9,"more","less")', "more", {"a": "10"}),
    ("number against text", 'if(a<"x" OR a>"x","yes","no")', "no", {"a": "10"}),
    ("null under NOT", 'if(NOT a="x","yes","no")', "no", {"b": "1"}),
    ("any value", 'if(f="b","yes","no")', "yes", {"f": ["a", "b"]}),
    ("in", 'if("x" in(f1,f2),1,0)', "1", {"f1": "y", "f2": "x"}),
    ("LIKE", 'if(a LIKE "1_.%",1,0)', "1", {"a": "10.x"}),
    ("validate", 'validate(a=1,"one",a=2,"two")', "two", {"a": "1"}),
    ("coalesce keeps the empty text", 'coalesce(a,"x")', "", {"a": ""}),
    ("precedence", "1+2*3-4%3", "6", {}),
    ("unary minus", "-a*2", "-6", {"a": "3"}),
    ("bits", "bit_or(bit_and(12,10),bit_shift_left(1,4))", "24", {}),
    ("a quoted field", "'a b'+1", "2", {"a b": "1"}),
    ("substr at zero", 'substr("abc",0,2)', "ab", {}),
    ("substr from before the start", 'substr("abc",-5,3)', "a", {}),
    ("log", "log(1000)", "3", {}),
    ("log of zero", "log(0)", None, {}),
    ("week", 'strftime(1660485615,"%V %A %e")', "32 Sunday 14", {}),
    ("rounding away from zero", "round(-2.5)", "-3", {}),
    (
        "strptime keeps six decimals",
        'strptime("2025-01-15 09:10:11.5","%Y-%m-%d %H:%M:%S.%N")',
        "1736932211.500000",
        {},
    ),
    ("strptime without a day", 'strptime("2025-01","%Y-%m")', None, {}),
]


@pytest.mark.parametrize(
    ("expression", "expected", "fields"), [case[1:] for case in RESULTS], ids=[case[0] for case in RESULTS]
)
def test_expressions(expression: str, expected: str | list[str] | None, fields: dict[str, object]) -> None:
    assert value(expression, fields) == expected


def test_case_with_and_without_a_default() -> None:
    """G-C10."""
    rows: Given = [{"status": n} for n in (200, 408, 404, 500)]
    cases = 'status==200,"OK",status==404,"Not found",status==500,"Internal Server Error"'
    assert column(over(rows, f"* | eval r=case({cases})"), "r") == ["OK", None, "Not found", "Internal Server Error"]
    assert column(over(rows, f'* | eval r=case({cases},true(),"Other")'), "r")[1] == "Other"


def test_searchmatch() -> None:
    """G-C13."""
    spl = '| makeresults 1 | eval _raw="x=hi y=bye",x="hi",y="bye" | eval test=if(searchmatch("x=hi y=*"),"yes","no")'
    assert column(run(spl, [], now=NOW), "test") == ["yes"]


def test_times_in_a_zone() -> None:
    """G-C70 and G-C71."""
    assert (
        value('strftime(1521467703049000000/pow(10,9),"%Y-%m-%dT%H:%M:%S.%Q")', tz=PACIFIC) == "2018-03-19T06:55:03.049"
    )
    assert value('strptime("Mon Aug 13 00:00:00 2018","%a %B %d %H:%M:%S.%N %Y")', tz=PACIFIC) == "1534143600.000000"


PLUS = "Type checking failed. '+' only takes two strings or two numbers."
BOOLEAN = "Fields cannot be assigned a boolean result. Instead, try if([bool expr], [expr], [expr])."
REFUSED = [
    ('"a"+1', PLUS),
    ("null()+1", PLUS),
    ('"a"-1', "Type checking failed. '-' only takes numbers."),
    ('"5"*2', "Type checking failed. '*' only takes numbers."),
    ('"a".null()', "Type checking failed. The '.' operator only takes strings and numbers."),
    ("if(5==null(),1,2)", "Type checking failed. The '==' operator received different types."),
    ("len(123)", "The arguments to the 'len' function are invalid."),
    ("upper(1)", "The arguments to the 'upper' function are invalid."),
    ("md5(1)", "The arguments to the 'md5' function are invalid."),
    ("mvcount(null())", "The arguments to the 'mvcount' function are invalid."),
    ("nosuch(1)", "The 'nosuch' function is unsupported or undefined."),
    ('tonumber("seven")', "The arguments to the 'tonumber' function are invalid."),
    ('sum(1,2,"3")', "The arguments to the 'sum' function are invalid."),
    ("if(a=1,2)", "The arguments to the 'if' function are invalid."),
    ("a=1", BOOLEAN),
    ("isnull(a)", BOOLEAN),
]


@pytest.mark.parametrize(("expression", "message"), REFUSED, ids=[case[0] for case in REFUSED])
def test_refused_before_running(expression: str, message: str) -> None:
    with pytest.raises(ReferenceError_) as refused:
        value(expression)
    assert str(refused.value) == message


def test_assignments_run_from_left_to_right_and_null_removes() -> None:
    assert over([{"a": "1", "b": "2"}], "* | eval c=a+1, d=c*2, b=null(), low-user=d") == [
        {"a": "1", "c": "2", "d": "4", "low-user": "4"}
    ]


# -- D: commands ---------------------------------------------------------------------------------------------------

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


# -- F: the page's detection ---------------------------------------------------------------------------------------

COLUMNS = (
    *("_time", "host", "ExtractedUser", "ExtractedCommand", "SourceTransferIP", "SyslogMnemonic"),
    *("IsImageTransfer", "IsBootManipulation", "IsIntegrityAlert", "IsFlashWrite", "SuspicionScore", "_raw"),
)
CONFIG = "PARSER-5-CFGLOG_LOGGEDCMD"
COPIED = "copy tftp://192.168.1.50/test-image-nonexistent.bin flash:test-image-nonexistent.bin"
INSTALLED = "install add file https://img.example.net/cat9k.17.12.01.SPA.bin activate commit"
FOUND: list[tuple[int, list[str | None]]] = [
    (16, ["netops", "no boot system flash:old.bin", None, CONFIG, *"01012"]),
    (7, [None, None, None, "SIGNATURE-3-SIGNATURE_FAILED", *"00112"]),
    (3, ["admin", "boot system flash:argus-test-image.bin", None, CONFIG, *"01012"]),
    (1, ["admin", COPIED, "192.168.1.50", CONFIG, *"10012"]),
    (15, ["ops-team", None, None, "FLASH-5-SIGNIFICANT_FLASH_ERASE", *"00101"]),
    (13, ["admin", "copy scp://backup@10.0.0.5/c2900.bin flash:", None, CONFIG, *"10001"]),
    (12, [None, None, None, "ASA-5-111008", *"00011"]),
    (9, ["CORP", INSTALLED, None, CONFIG, *"10001"]),
    (6, ["jdoe", None, None, None, *"00101"]),
    (5, [None, None, None, None, *"00011"]),
]


def sixteen() -> Given:
    """The events of F3, in order."""
    return [json.loads(line) for line in EVENTS.read_text(encoding="utf-8").splitlines()]


def numbers(rows: list[Row]) -> list[int]:
    """Which of the sixteen events the rows are."""
    raws = [event["_raw"] for event in sixteen()]
    return [raws.index(row["_raw"]) + 1 for row in rows]


def test_the_page_finds_ten_of_sixteen() -> None:
    rows = run(PAGE.read_text(encoding="utf-8"), sixteen(), now=NOW)
    expected = []
    for number, cells in FOUND:
        event = sixteen()[number - 1]
        full = [str(event["_time"]), event["host"], *cells, event["_raw"]]
        expected.append([(c, cell) for c, cell in zip(COLUMNS, full, strict=True) if cell is not None])
    assert [list(row.items()) for row in rows] == expected


def test_the_page_with_a_wildcard_finds_the_register() -> None:
    """E08 appears, with a score of one, between E09 and E06."""
    rows = run(PAGE.read_text(encoding="utf-8").replace('"confreg 0x"', '"confreg 0x*"'), sixteen(), now=NOW)
    assert numbers(rows) == [16, 7, 3, 1, 15, 13, 12, 9, 8, 6, 5]
    assert rows[8]["SuspicionScore"] == "1"


def test_the_page_without_its_threshold_keeps_the_capitals() -> None:
    """E11 comes last, with a score of nought."""
    rows = run(PAGE.read_text(encoding="utf-8").replace("| where SuspicionScore > 0", ""), sixteen(), now=NOW)
    assert numbers(rows) == [16, 7, 3, 1, 15, 13, 12, 9, 6, 5, 11]
    assert rows[-1]["SuspicionScore"] == "0"


MICRO = [
    ("ExtractedUser", "User:admin  logged", "admin"),
    ("ExtractedUser", "User admin logged in", "admin"),
    ("ExtractedUser", "user: a@b.c", "a@b.c"),
    ("ExtractedUser", "User 'admin', command 'x'", None),
    ("ExtractedUser", 'User: "jdoe"', None),
    ("ExtractedUser", "user=admin", None),
    ("ExtractedUser", "superuser root", "root"),
    ("ExtractedUser", "failed for user admin.", "admin."),
    ("ExtractedUser", "user:\n bob", "bob"),
    ("ExtractedUser", r"User:CORP\jsmith", "CORP"),
    ("ExtractedCommand", "logged command:copy tftp: flash: ", "copy tftp: flash: "),
    ("ExtractedCommand", "logged command: exec: a\nline2", None),
    ("ExtractedCommand", "logged command:!exec: enable\n", "!exec: enable"),
    ("ExtractedCommand", "Logged command:x", None),
    ("SourceTransferIP", "tftp://192.168.1.50/x", "192.168.1.50"),
    ("SourceTransferIP", "http://img-01.example.net/x", "img-01.example.net"),
    ("SourceTransferIP", "tftp://192.168.1.50:69/x", None),
    ("SourceTransferIP", "ftp://u:p@1.2.3.4/x", None),
    ("SourceTransferIP", "https://10.0.0.9/x", None),
    ("SourceTransferIP", "sftp://10.1.1.1/x", "10.1.1.1"),
    ("SourceTransferIP", "ftp://10.1.2.3x/y", "10.1.2.3x"),
    ("SyslogMnemonic", "%LINK-SP-3-UPDOWN:", "LINK-SP-3-UPDOWN"),
    ("SyslogMnemonic", "%MGBL-CONFIG-6-DB_COMMIT :", None),
    ("SyslogMnemonic", "%sys-5-config_i:", None),
    ("SyslogMnemonic", "50%A-1-B:", "A-1-B"),
]


@pytest.mark.parametrize(("field", "raw", "caught"), MICRO)
def test_the_page_extractions(field: str, raw: str, caught: str | None) -> None:
    """F2."""
    extractions = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| rex")]
    (row,) = over([{"_raw": raw}], "*" + "".join(extractions))
    assert row.get(field) == caught
