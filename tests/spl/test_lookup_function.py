"""The eval function ``lookup`` over real tables, which no case file can bring along."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootwatch import app
from bootwatch.errors import SplUnsupported
from bootwatch.knowledge.objects import Knowledge

STATUS = (
    "status,status_description,status_type\n"  # as the reference's http_status.csv begins, with a code given twice
    "200,OK,Successful\n404,Not Found,Client Error\n500,Error,Server\n500,Fault,\n"
)
SUCCESSFUL = (
    'lookup("http_status.csv", json_object("status_type","Successful","status","200"),'
    ' json_array("status_description"))'
)
OWNERS = "host,owner,since\nr1,alice,100\nr1,bob,200\n"
CONF = (
    "[owners]\nfilename = owners.csv\ntime_field = since\n"
    "[defaulted]\nfilename = http_status.csv\nmin_matches = 1\ndefault_match = unknown\n"
)


@pytest.fixture
def knowledge(tmp_path: Path) -> Knowledge:
    (tmp_path / "http_status.csv").write_text(STATUS)
    (tmp_path / "owners.csv").write_text(OWNERS)
    (tmp_path / "transforms.conf").write_text(CONF)
    return Knowledge(None, tmp_path)


def value(knowledge: Knowledge, expression: str, before: str = "x=1") -> object:
    spl = f"| makeresults | eval {before} | eval a={expression} | table a"
    rows = list(app.search(spl, None, app.Scope(knowledge=knowledge)).rows())
    return rows[0].get("a") if rows else None


@pytest.mark.parametrize(
    ("expression", "before", "expected"),
    [
        (
            SUCCESSFUL,
            "x=1",
            '{"status_description":"OK"}',
        ),
        (
            'lookup("http_status", json_object("status",x), json_array("status_type"))',
            "x=404",
            '{"status_type":"Client Error"}',
        ),
        (
            'lookup("http_status.csv", json_object("status",500), json_array("status_description","status_type"))',
            "x=1",
            '{"status_description":["Error","Fault"],"status_type":"Server"}',
        ),
        ('lookup("http_status.csv", json_object("status",x), json_array("status_type"))', "x=418", None),
        ('lookup("http_status.csv", json_object("status",nope), json_array("status_type"))', "x=1", None),
        (
            'lookup("http_status.csv", json_object("status",x), json_array("status_type"))',
            'x=split("200,404",",")',
            '{"status_type":["Successful","Client Error"]}',
        ),
        (
            'lookup("defaulted", json_object("status",x), json_array("status_type"))',
            "x=418",
            '{"status_type":"unknown"}',
        ),
        ('lookup("owners", json_object("host","r1"), json_array("owner"))', "_time=150", '{"owner":"alice"}'),
        (
            'json_extract(lookup("http_status.csv", json_object("status",x), json_array("status_type")),"status_type")',
            "x=200",
            "Successful",
        ),
    ],
)
def test_columns_of_the_matching_rows(knowledge: Knowledge, expression: str, before: str, expected: str | None) -> None:
    assert value(knowledge, expression, before) == expected


def test_a_column_the_table_does_not_have_is_refused(knowledge: Knowledge) -> None:
    with pytest.raises(SplUnsupported) as raised:
        value(knowledge, 'lookup("http_status.csv", json_object("status",x), json_array("name"))')
    assert raised.value.message == "the lookup 'http_status.csv' has no column 'name'"
