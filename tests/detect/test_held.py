"""One reading serves every search: what is held, what each search sees of it, and what it may leave out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pyarrow as pa
import pytest
from tests.detect.stories import CHAIN, COPY, NOW, chain, essence, local, login, pack, scanned, tacacs

from bootwatch import app
from bootwatch.algebra.plans import Plan
from bootwatch.detect.correlate import ALONE, _marked
from bootwatch.detect.demand import INDICATED, Demand, scans
from bootwatch.detect.findings import Finding
from bootwatch.detect.held import Asked, Held
from bootwatch.detect.spool import Spool
from bootwatch.detect.tags import asked
from bootwatch.detections.detection import EvidenceClass
from bootwatch.errors import ContentError
from bootwatch.events.clock import Clock
from bootwatch.events.source import Prefilter, ScanRequest
from bootwatch.search import job
from bootwatch.spl.context import Context
from bootwatch.spl.pipeline import parse

PACK = """\
indicator=IOS-A1
| eval n=1
| append [search %s | eval n=2]
| where n=2
| table _time host _raw
"""


def planned(text: str) -> Plan:
    context = Context(clock=Clock.of(NOW), tag_literals=_marked)
    return job.planned(parse(text), context)


TAGS: dict[str, set[str] | None] = {
    "indicator=IOS-E1": {"ios-e1"},
    'indicator IN ("IOS-E1", "NX-E1")': {"ios-e1", "nx-e1"},
    'indicator_class=E OR indicator="IOS-A1"': {"e", "ios-a1"},
    "indicator=IOS-A1 indicator_class=A": {"ios-a1"},
    "indicator=*": None,
    'indicator="IOS-*"': None,
    '(indicator=IOS-A1 OR "rommon") indicator_class=E': {"e"},
    '(indicator=IOS-A1 OR "rommon") (indicator=IOS-E1 OR "upgrade")': {"ios-a1", "ios-e1"},
    '(indicator=IOS-A1 OR "rommon") indicator=*': None,
    '"copy tftp"': set(),
    "indicator=IOS-E1 NOT indicator=IOS-A1": {"ios-e1"},
}


@pytest.mark.parametrize("text", TAGS)
def test_which_indicators_a_search_asks_for(text: str) -> None:
    tags = asked(planned(f"{text} | table _raw"))
    expected = TAGS[text]
    assert tags == (None if expected is None else frozenset(expected))


def test_the_union_of_searches_asks_for_one_word_of_any() -> None:
    texts = ('"copy tftp" mnemonic=X', "indicator=*", '("rommon" OR indicator=IOS-E1) "upgrade"')
    demand = Demand.of(scan for text in texts for scan in scans(planned(f"{text} | table _raw")))
    (clause,) = demand.prefilter(("gate",)).clauses
    assert "gate" in clause
    assert INDICATED not in clause
    assert "copy tftp" in clause
    assert not demand.unbounded


def test_a_search_that_asks_for_nothing_is_refused(tmp_path: Path) -> None:
    own = _own(tmp_path, "host=r1 | table _time host _raw")
    with pytest.raises(ContentError, match="asks for no word an event must hold"):
        _scanned(tmp_path, own)


def test_a_search_inside_a_search_sees_what_it_asks_for(tmp_path: Path) -> None:
    own = _own(tmp_path, PACK % '"LOGIN_SUCCESS"')
    assert [each.host for each in _scanned(tmp_path, own)] == ["sw9"]


def test_searches_that_ask_at_once_see_the_same_hosts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "network.log"
    file.write_text(f"{local(1, COPY)}\n", encoding="utf-8")
    source = app.files([file], app.Scope(clock=Clock.of(NOW)))
    demand = Demand.of(scans(planned("indicator=* | table _raw")))
    request, needs = ScanRequest((), Prefilter(((INDICATED,),))), Asked(None, (frozenset({EvidenceClass.TRANSFER}),))
    with closing(Held(source, demand, ("copy",), lambda _raw, _names: {})) as held:
        every, calls, beside = held.every, count(1), []

        def in_the_middle() -> Iterator[pa.RecordBatch]:
            if next(calls) == 2:  # after the hosts of words, those of classes
                beside.append(held.has_rows(request, needs))
            return every()

        monkeypatch.setattr(held, "every", in_the_middle)
        assert (held.has_rows(request, needs), beside) == (True, [True])


def test_the_prefilter_changes_no_finding(tmp_path: Path) -> None:
    lines = [login(-1), *chain(), tacacs(3, COPY), local(4, "show version"), local(1, "no file verify auto", host="r2")]
    file = tmp_path / "network.log"
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    found = []
    for prefilter in (True, False):
        scope = app.Scope(clock=Clock.of(NOW), prefilter=prefilter)
        found.append(essence(app.scan(app.files([file], scope), scope, pack=pack(), only=[CHAIN, ALONE]).findings))
    assert found[0] == found[1] == essence(scanned(tmp_path, lines))


def test_what_is_too_much_for_memory_is_kept_in_a_file() -> None:
    batches = [pa.record_batch({"n": pa.array(range(at, at + 100))}) for at in range(0, 1000, 100)]
    spool = Spool(limit_bytes=2_000)
    for batch in batches:
        spool.add(batch)
    for _ in range(2):
        assert [n for batch in spool.batches() for n in batch.column("n").to_pylist()] == list(range(1000))
    spool.close()


def _own(folder: Path, search: str) -> Path:
    """The pack for tests with another search in its detection."""
    source, target = Path(__file__).parent / "pack/detections" / CHAIN, folder / "pack/detections" / CHAIN
    target.mkdir(parents=True)
    for file in source.iterdir():
        (target / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    (target / "search.spl").write_text(search, encoding="utf-8")
    return folder / "pack"


def _scanned(folder: Path, own: Path) -> list[Finding]:
    file = folder / "network.log"
    file.write_text("".join(f"{line}\n" for line in [login(0), *chain()]), encoding="utf-8")
    scope = app.Scope(clock=Clock.of(NOW))
    return app.scan(app.files([file], scope), scope, pack=app.pack([own]), only=[CHAIN]).findings
