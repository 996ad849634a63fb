"""Nothing is dropped: the stages of a parsed search, those in brackets included, are the stages its text has.

The reading of the text shares nothing with the compiler but the names that are spellings of one command.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.spl import corpus

from bootwatch import app
from bootwatch.errors import SplError
from bootwatch.knowledge.objects import Knowledge
from bootwatch.spl.command import Step, find
from bootwatch.spl.commands.foreach import ForEach
from bootwatch.spl.pipeline import inside, parse
from bootwatch.spl.text import split_stages

Outline = list["str | Outline"]
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\\.|[\[\]|]|[^"\\\[\]|]+|.', re.DOTALL)
_COMMENT = re.compile(r'("(?:[^"\\]|\\.)*")|```.*?```', re.DOTALL)
_CALL = re.compile(r'("(?:[^"\\]|\\.)*")|`\s*([\w.:-]+)(?:\((.*?)\))?\s*`', re.DOTALL)
_NAME = re.compile(r"\s*([A-Za-z_]\w*)")
_QUOTED = re.compile(r"'[^'|\[\]]*'")


def of_text(text: str) -> Outline:
    """The stages of a text: after each pipe a command's name, behind it the outline of each of its brackets."""
    found, _ = _pipeline(_TOKEN.findall(text), 0, first="search" if not text.lstrip().startswith("|") else "")
    return found


def _pipeline(tokens: Sequence[str], at: int, *, first: str) -> tuple[Outline, int]:
    found: Outline = []
    if first and not re.match(r"\s*search\b", tokens[at], re.IGNORECASE):
        found.append(first)
    fresh = not found
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if token == "|":
            fresh = True
        elif token == "[":
            inner, at = _pipeline(tokens, at, first="")
            found.append(inner)
        elif token == "]":
            break
        elif fresh and token.strip():
            named = _NAME.match(token)
            found.append(_one_name(named[1]) if named else token)
            fresh = False
    return found, at


def _one_name(name: str) -> str:
    command = find(name.lower())
    return name.lower() if command is None else command.name


def of_commands(commands: Sequence[Step]) -> Outline:
    """The outline of what was parsed."""
    found: Outline = []
    for command in commands:
        of_class = getattr(command, "of_class", type(command))
        found.append(of_class.name)
        found += [of_commands(below) for below in inside(command)]
        if isinstance(command, ForEach):
            stages = split_stages(command.body, named=True)
            found.append([_one_name(stage.name) for stage in stages])
    return found


def written(text: str, knowledge: Knowledge) -> str:
    """A text without comments, its macros replaced."""
    text = _COMMENT.sub(lambda comment: comment[1] or " ", text)
    for _ in range(10):
        before, text = text, _CALL.sub(lambda call: call[1] or _definition(call, knowledge), text)
        if text == before:
            break
    return text


def _definition(call: re.Match[str], knowledge: Knowledge) -> str:
    given = [] if call[3] is None else [part.strip().strip('"') for part in call[3].split(",")]
    for macro in knowledge.macros(call[2]):
        if macro.most == len(given):
            definition = macro.definition
            for (name, _), value in zip(macro.arguments, given, strict=True):
                definition = definition.replace(f"${name}$", value)
            return _COMMENT.sub(lambda comment: comment[1] or " ", definition)
    return "search *"


@pytest.mark.parametrize("kind", ["sigma", "splunk"])
def test_no_stage_is_missing(kind: str, shared_dir: Path, tmp_path: Path) -> None:
    knowledge = Knowledge(corpus.macros(shared_dir, tmp_path))
    wrong: list[str] = []
    for search in corpus.published(shared_dir):
        if search.name.startswith("sigma") != (kind == "sigma"):
            continue
        try:
            parsed = parse(search.spl, knowledge)
        except SplError:
            continue
        outline, stages = of_text(written(search.spl, knowledge)), of_commands(parsed.commands)
        if outline != stages:
            wrong.append(f"{search.name}\n  text    {outline}\n  parsed  {stages}")
    assert not wrong, "\n".join(wrong[:20])


@pytest.mark.parametrize(
    ("text", "outline"),
    [
        ('index=a "x | y" | stats count | where count>1', ["search", "stats", "where"]),
        ("search a [search b | return 5 c] | bucket _time", ["search", ["search", "return"], "bin"]),
        ("| makeresults | append [| makeresults | eval a=1] | join b [search c [search d]]",
         ["makeresults", "append", ["makeresults", "eval"], "join", ["search", ["search"]]]),
        ("a | eval n=[search b | return $n] | foreach x* [eval y='<<FIELD>>' | eval z=1]",
         ["search", "eval", ["search", "return"], "foreach", ["eval", "eval"]]),
        ("| multisearch [search a] [search b | eval c=1]", ["multisearch", ["search"], ["search", "eval"]]),
    ],
)  # fmt: skip
def test_outlines_agree(text: str, outline: Outline) -> None:
    assert of_text(text) == outline
    assert of_commands(parse(text).commands) == outline
    assert app.check(text).status == "ok"
