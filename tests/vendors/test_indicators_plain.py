"""The catalogue in one pass answers exactly what every pattern on every text does, in batches of any size."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given, settings
from hypothesis import strategies as st

from bootwatch.events.clock import Clock
from bootwatch.match.heads import Heads
from bootwatch.syslog import parse
from bootwatch.vendors.indicator_rows import Surface
from bootwatch.vendors.indicators import MESSAGE_FIELDS, catalogue, messages

CATALOGUE = catalogue()
MATCHES = [match for row in CATALOGUE.indicators for match in row.matches]
EXAMPLES = [example for row in CATALOGUE.indicators for example in (*row.positive, *row.twin)]
COMMANDS = sorted({example.command for example in EXAMPLES if example.command})
MESSAGES = sorted({example.message for example in EXAMPLES if example.message})
LINES = sorted({example.line for example in EXAMPLES if example.line})
FAMILIES = [family for group in CATALOGUE.groups for family in group.families]
CLOCK = Clock(datetime(2026, 1, 15, 12, tzinfo=UTC))

Event = tuple[str | None, str | None, str | None]


def header(raw: pa.Array) -> dict[str, pa.Array]:
    return dict(parse(Heads.of(raw), MESSAGE_FIELDS, CLOCK))


def plain(events: list[Event]) -> list[tuple[list[str], list[str]] | None]:
    """Every pattern on every text, then event by event the group whose rows count."""
    if not events:
        return []
    texts = {Surface.COMMAND: [event[1] for event in events], Surface.MESSAGE: [event[2] for event in events]}

    def finds(on: Surface, pattern: str) -> list[bool]:
        return [
            bool(found) for found in pc.match_substring_regex(pa.array(texts[on], pa.string()), pattern).to_pylist()
        ]

    rows: dict[str, list[bool]] = {}
    for row in CATALOGUE.indicators:
        rows[row.id] = [False] * len(events)
        for match in row.matches:
            not_so = finds(match.on, match.unless) if match.unless is not None else [False] * len(events)
            for at, found in enumerate(finds(match.on, match.pattern)):
                rows[row.id][at] |= found and not not_so[at]
    told: list[tuple[list[str], list[str]] | None] = []
    for at, (family, _, _) in enumerate(events):
        own = [group for group in CATALOGUE.groups if family in group.families] or CATALOGUE.groups
        claims = [[row for row in group.indicators if rows[row.id][at]] for group in own]
        first = next((claim for claim in claims if claim), None)
        ids = [row.id for row in first or ()]
        told.append((ids, sorted({str(row.evidence_class) for row in first or ()})) if ids else None)
    return told


def asked(events: list[Event]) -> list[tuple[list[str], list[str]] | None]:
    columns = [pa.array([event[at] for event in events], pa.string()) for at in range(3)]
    found = CATALOGUE.evaluate(*columns)
    together = zip(found.ids.to_pylist(), found.classes.to_pylist(), strict=True)
    return [None if ids is None else (ids, classes) for ids, classes in together]


@st.composite
def near(draw: st.DrawFn, texts: list[str]) -> str:
    """An example, perhaps in another case, with letters that fold to ASCII ones, cut, or with something before it."""
    text = draw(st.sampled_from(texts))
    how = draw(st.sampled_from(("as it is", "upper", "folding", "cut", "behind", "joined")))
    match how:
        case "upper":
            return text.upper()
        case "folding":
            return text.replace("s", "\u017f", 1).replace("k", "\u212a", 1)
        case "cut":
            return text[draw(st.integers(0, len(text))) :]
        case "behind":
            return draw(st.text(max_size=6)) + text
        case "joined":
            return f"{text} ; {draw(st.sampled_from(texts))}"
        case _:
            return text


EVENTS: st.SearchStrategy[Event] = st.tuples(
    st.sampled_from([*FAMILIES, None, "linux"]),
    st.none() | near(COMMANDS) | st.text(max_size=12),
    st.none() | near(MESSAGES) | st.text(max_size=12),
)


@given(events=st.lists(EVENTS, max_size=8))
@settings(max_examples=60)
def test_one_pass_is_every_pattern_on_every_text(events: list[Event]) -> None:
    assert asked(events) == plain(events)


def test_every_example_on_every_system() -> None:
    events: list[Event] = [(family, command, None) for family in ("ios", "nxos", "junos", None) for command in COMMANDS]
    events += [(family, None, message) for family in ("ios", "nxos", "fortios", None) for message in MESSAGES]
    assert asked(events) == plain(events)


@given(events=st.lists(EVENTS, max_size=12), at=st.integers(0, 12))
@settings(max_examples=50)
def test_how_events_are_batched_changes_nothing(events: list[Event], at: int) -> None:
    assert asked(events[:at]) + asked(events[at:]) == asked(events)


def test_a_slice_of_an_array_is_read_as_a_slice() -> None:
    commands = pa.array(["reload", "show version", "reload", "write erase"]).slice(1, 2)
    families = pa.array(["nxos", "ios", "ios", "ios"]).slice(1, 2)
    found = CATALOGUE.evaluate(families, commands, pa.nulls(3, pa.string()).slice(1, 2))
    assert found.ids.to_pylist() == [None, ["IOS-H1"]]


@given(lines=st.lists(near(LINES) | st.text(max_size=20), max_size=10), family=st.sampled_from([*FAMILIES, None]))
@settings(max_examples=60)
def test_raw_messages_are_read_as_their_header_says(lines: list[str], family: str | None) -> None:
    raw, families = pa.array(lines, pa.string()), pa.array([family] * len(lines), pa.string())
    nothing = pa.nulls(len(lines), pa.string())
    read = CATALOGUE.read(raw, families, nothing, header)
    told = CATALOGUE.evaluate(families, nothing, messages(header(raw)))
    assert read.ids.equals(told.ids)
    assert read.classes.equals(told.classes)


@given(data=st.data())
@settings(max_examples=150)
def test_whatever_a_pattern_finds_holds_its_gate(data: st.DataObject) -> None:
    match = data.draw(st.sampled_from(MATCHES))
    text = data.draw(st.from_regex(re.compile(match.pattern), alphabet=st.characters(max_codepoint=126)))
    assert any(literal in text.lower() for literal in match.gate)
