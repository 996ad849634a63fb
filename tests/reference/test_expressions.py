"""The reference on the golden examples of section C: expressions, their results and their refusals."""

from __future__ import annotations

import pytest
from tests.reference import ReferenceError_, run
from tests.reference.asking import NOW, PACIFIC, Given, column, over, value

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
