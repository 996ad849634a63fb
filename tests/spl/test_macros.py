"""Macros: what a call becomes, what the files may look like, and that an error points at what the user wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootwatch import app
from bootwatch.errors import ContentError, SplError, SplNameError, SplSyntaxError, SplUnsupported
from bootwatch.knowledge.macros import Macro, read
from bootwatch.knowledge.objects import Knowledge
from bootwatch.spl.macros import expand
from bootwatch.spl.pipeline import parse

MACROS = """
error: error OR fatal
both: (`error`) host=$host$
quoted: eval says="about $what$" | where says!="$other$"
  # no mapping: a definition alone is text
bucket:
  definition: bin _time span=$span$ | stats count by _time $by$
  arguments: [by, span=1h]
again: x `again`
bomb0: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
"""


@pytest.fixture
def knowledge(tmp_path: Path) -> Knowledge:
    path = tmp_path / "macros.yaml"
    text = MACROS.replace("both: ", "both:\n  arguments: host\n  definition: ", 1)
    text = text.replace("quoted: ", "quoted:\n  arguments: [what, other]\n  definition: ", 1)
    bombs = "".join(f"bomb{n}: '`bomb{n - 1}` `bomb{n - 1}` `bomb{n - 1}` `bomb{n - 1}`'\n" for n in range(1, 12))
    path.write_text(text + bombs)
    return Knowledge(path)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("`error`", "error OR fatal"),
        ("a ` error ` b", "a error OR fatal b"),
        ("`both(r1)` | head 1", "(error OR fatal) host=r1 | head 1"),
        ('`both("r1, r2")`', "(error OR fatal) host=r1, r2"),
        ("* | `bucket(host)`", "* | bin _time span=1h | stats count by _time host"),
        ("* | `bucket(host, 5m)`", "* | bin _time span=5m | stats count by _time host"),
        ("* | `quoted(boot, a b)`", '* | eval says="about boot" | where says!="a b"'),
        ('x="foo`error`bar" `error`', 'x="foo`error`bar" error OR fatal'),
        (r"path=*\"x\" `error`", r"path=*\"x\" error OR fatal"),
        ("* | `drop_dm_object_name(Processes)`", '* | rename "Processes.*" AS *'),
        ('* | `drop_dm_object_name("All_Changes")`', '* | rename "All_Changes.*" AS *'),
        (
            "| tstats `security_content_summariesonly` count",
            "| tstats summariesonly=false allow_old_summaries=true fillnull_value=null count",
        ),
    ],
)
def test_a_call_becomes_its_definition(knowledge: Knowledge, written: str, meant: str) -> None:
    assert expand(written, knowledge).text == meant


def test_the_user_s_macro_replaces_the_built_in_one(tmp_path: Path) -> None:
    path = tmp_path / "macros.conf"
    path.write_text("[summariesonly_config]\ndefinition = true\n")
    assert expand("`summariesonly_config`", Knowledge(path)).text == "true"


def test_a_filter_nobody_wrote_keeps_everything_and_is_a_warning() -> None:
    found = expand("index=network | `boot_image_replaced_filter`", Knowledge())
    assert found.text == "index=network | search *"
    assert found.warnings == ("the macro `boot_image_replaced_filter` is not defined; it stands for 'search *'",)
    checked = app.check("index=network | `boot_image_replaced_filter`")
    assert (checked.status, checked.warnings) == ("ok", found.warnings)


@pytest.mark.parametrize(
    ("written", "kind", "message", "at"),
    [
        ("x | `eror`", SplUnsupported, "the macro `eror` is not defined", "`eror`"),
        ("`both`", SplNameError, "the macro `both` takes 1 argument, not 0", "`both`"),
        ("`bucket(a, b, c)`", SplNameError, "the macro `bucket` takes 2 arguments, not 3", "`bucket(a, b, c)`"),
        ("x `error", SplSyntaxError, "a backtick is never closed", "`"),
        ("x `a b`", SplSyntaxError, "`a b` is no macro call", "`a b`"),
        ("x `again` y", SplSyntaxError, "macros nest more than 100 levels deep", "`again`"),
        (
            "x `bomb11`",
            SplSyntaxError,
            "the search has more than 1,048,576 characters once its macros are expanded",
            "`bomb11`",
        ),
    ],
)
def test_a_call_that_cannot_be(knowledge: Knowledge, written: str, kind: type[SplError], message: str, at: str) -> None:
    with pytest.raises(kind) as raised:
        parse(written, knowledge)
    assert raised.value.message == message
    assert raised.value.span is not None
    assert written[raised.value.span.start : raised.value.span.end] == at


def test_an_error_after_a_macro_points_at_the_user_s_text(knowledge: Knowledge) -> None:
    written = "`error` ```why``` `both(h)`\n| rexx field=a"
    with pytest.raises(SplError) as raised:
        parse(written, knowledge)
    assert raised.value.span is not None
    assert written[raised.value.span.start : raised.value.span.end] == "rexx"
    assert (raised.value.line, raised.value.column) == (2, 3)


def test_an_error_inside_a_macro_points_at_its_call(knowledge: Knowledge) -> None:
    checked = app.check("* | `bucket(host, 5x)` | head 1", app.Scope(knowledge=knowledge))
    assert (checked.status, checked.message) == ("syntax", "'x' in '5x' is no unit of time")
    assert checked.error is not None
    assert str(checked.error).splitlines()[2:4] == [
        "    * | `bucket(host, 5x)` | head 1",
        "        ^^^^^^^^^^^^^^^^^^",
    ]
    assert checked.error.hint is not None
    assert checked.error.hint.startswith("in the expansion of `bucket(host, 5x)`, at '5x'; ")


def test_an_error_while_planning_points_at_the_user_s_text(knowledge: Knowledge) -> None:
    checked = app.check("`error` | eval x=nosuch(1)", app.Scope(knowledge=knowledge))
    assert (checked.message, checked.column) == ("The 'nosuch' function is unsupported or undefined.", 18)


CONF = "# ours\n[a]\ndefinition = x \\\n  y\n\n[a(1)]\nargs = p\ndefinition = z=$p$\niseval = 0\n"
JSON_LINES = (
    '{"name": "a", "definition": "x"}\n\n{"name": "a", "definition": "z=$p$", "arguments": ["p"], "path": "m"}\n'
)
YAML = "- {name: a, definition: x}\n- {name: a(1), definition: z=$p$, args: p, description: more}\n"


@pytest.mark.parametrize(
    ("name", "text", "first"), [("m.conf", CONF, "x \n  y"), ("m.jsonl", JSON_LINES, "x"), ("m.yml", YAML, "x")]
)
def test_the_three_forms_of_file(tmp_path: Path, name: str, text: str, first: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert dict(read(path)) == {"a": (Macro("a", first), Macro("a", "z=$p$", (("p", None),)))}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("m.conf", "[a]\nargs = x\n", "m.conf:1: the macro 'a' has no definition"),
        ("m.conf", "\n[a(2)]\nargs = x\ndefinition = y", "m.conf:2: the macro 'a(2)' names 1 arguments"),
        ("m.conf", "[a\n", "m.conf:1: a stanza's '[' is never closed"),
        ("m.conf", "[a]\ndefinition\n", "m.conf:2: expected 'key = value' or '[stanza]', found 'definition'"),
        ("m.conf", "[a]\ndefinition = x\niseval = maybe", "m.conf:1: 'iseval' is 'maybe'; accepted: true, false"),
        ("m.jsonl", "\n{", "m.jsonl:2: not JSON: "),
        ("m.jsonl", '{"name": "a"}', "m.jsonl:1: the macro 'a' has no definition"),
        ("m.jsonl", '{"definition": "a"}', "m.jsonl:1: a macro has no name"),
        ("m.jsonl", "3", "m.jsonl:1: a macro is an object with 'name' and 'definition'"),
        (
            "m.yaml",
            "a: {definition: x, arguments: [3]}",
            "m.yaml: 'arguments' of the macro 'a' should be a list of names",
        ),
        ("m.yaml", "a: {definition: x, arguments: ['b=1', c]}", "m.yaml: 'c' of the macro 'a' has no default but"),
        ("m.yaml", "text", "m.yaml:1: should hold macros: names with their definitions, or a list"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ContentError) as raised:
        read(path)
    assert str(raised.value).replace(f"{tmp_path}/", "").startswith(message)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match="cannot be read: No such file or directory"):
        app.check("`x`", app.Scope(knowledge=Knowledge(tmp_path / "none.yaml")))
