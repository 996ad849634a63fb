"""Names become paths that stay inside the store, whatever a sender calls its index."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tests.store.stores import load, scan, segments

from bootwatch.store.layout import Partition, encoded

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@given(one=NAMES, other=NAMES)
def test_a_name_is_one_short_part_of_a_path_and_its_own(one: str, other: str) -> None:
    assert "/" not in encoded(one)
    assert "\0" not in encoded(one)
    assert len(encoded(one)) <= 200
    assert (encoded(one) == encoded(other)) == (one == other)


def test_the_folders_of_a_partition() -> None:
    folder = Partition("network", "cisco:ios").folder("2026-03-03")
    assert folder == "events/index=network/day=2026-03-03/sourcetype=cisco%3Aios"


def test_hostile_names_stay_in_the_store(tmp_path: Path) -> None:
    home = tmp_path / "home"
    names = ["../../../x", "/etc", "..", ".", "", "a\nb", "x" * 400, "\U0010ffff"]
    load(home, [{"_raw": "a", "index": name, "sourcetype": name} for name in names])
    assert {event["index"] for event in scan(home)[0]} == set(names)
    assert len(segments(home)) == len(names)
    assert {path.name for path in tmp_path.iterdir()} == {"home"}
