"""Every command Splunk ships is run, or refused by name with what to do instead."""

from __future__ import annotations

import pytest

from bootwatch import app
from bootwatch.errors import SplNameError, SplUnsupported
from bootwatch.spl.command import commands
from bootwatch.spl.pipeline import parse
from bootwatch.spl.refused import REFUSED


@pytest.mark.parametrize("name", sorted(REFUSED.keys() - commands().keys()))
def test_a_command_that_is_not_run_is_refused_where_it_stands(name: str) -> None:
    text = f"index=network | {name} a=1"
    with pytest.raises(SplUnsupported) as raised:
        parse(text)
    assert raised.value.message == f"the command '{name}' is not supported"
    assert raised.value.hint == REFUSED[name]
    assert raised.value.span is not None
    assert text[raised.value.span.start : raised.value.span.end] == name


def test_a_name_splunk_does_not_know_is_unknown() -> None:
    with pytest.raises(SplNameError, match="unknown command 'predictt'"):
        parse("index=network | predictt x")


def test_nothing_is_both_run_and_refused() -> None:
    assert not REFUSED.keys() & commands().keys()


@pytest.mark.parametrize("text", ["SELECT * FROM network", "  select host\nfrom network where x=1 | stats count"])
def test_sql_is_refused_as_what_it_is(text: str) -> None:
    checked = app.check(text)
    assert (checked.status, checked.message) == ("syntax", "this is SQL, and a search is none")
    assert checked.error is not None
    assert checked.error.span is not None
    assert text[checked.error.span.start : checked.error.span.end].lower() == "select"


def test_words_of_sql_are_words() -> None:
    assert app.check("selected from network").status == "ok"
    assert app.check('search select "from x"').status == "ok"
