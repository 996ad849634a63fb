"""No file makes a reader raise anything but an error of ours, and no story makes a judgement fail."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bootwatch.detect.rows import Origin
from bootwatch.detect.story import Act, Match, Story
from bootwatch.detect.tuning import Tuning, changes, exceptions, inventory, managers
from bootwatch.detections.pack import load
from bootwatch.errors import ContentError
from bootwatch.events.clock import Clock

ZONE: Final = ZoneInfo("Europe/Berlin")
SPAN: Final = datetime(2026, 3, 20, tzinfo=UTC), datetime(2026, 3, 22, tzinfo=UTC)
NOW: Final = Clock(datetime(2026, 4, 1, tzinfo=UTC), ZONE)
READERS: Final[dict[str, tuple[Callable[[Path], object], tuple[str, ...]]]] = {
    "changes": (lambda path: _unrolled(changes.read([path], ZONE)), ("json", "csv", "ics")),
    "allow": (lambda path: managers.read([path]), ("json", "csv")),
    "inventory": (lambda path: inventory.read([path]), ("json", "csv", "toml")),
    "exceptions": (lambda path: exceptions.read([path], ZONE), ("yaml",)),
}
SEEDS: Final[list[dict[str, Any]]] = yaml.safe_load(Path(__file__).with_name("reading.yaml").read_text())
PIECES: Final = st.sampled_from(
    ["\x00", "\x1b[31m", "\r", "\n", '"', "'", "{", "[", "]" * 9, ",", ";", ":", "\\", "\ufeff", "é", "\U0001f600", "-",
     "=", "9" * 400, "1e999", "BEGIN:VEVENT\n", "END:VEVENT\n", "RRULE:FREQ=DAILY;COUNT=", "TZID=Europe/Berlin:",
     "DTSTART:", "20261025T023000", "P1W", "PT", "VALUE=PERIOD:", "EXDATE:x", "RDATE:2026", "DURATION:-PT1H", "&a *a",
     "<<: ", "!!python", "0001-01-01T00:00:00+23:59", "9999-12-31 23:59", "2026-03-29 02:30", "10.0.0.0/33", "::/0",
     "null", "[[devices]]", "[" * 300]
)  # fmt: skip
NONSENSE: Final = (
    b"", b"\xff\xfe\x00", b"[" * 100_000, b"{" * 100_000, b"a = " + b"[" * 5000, b'[{"id":' + b"9" * 10_000 + b"}]",
    b"a = 0x" + b"f" * 20_000, b'"' + b"x" * 200_000, b"BEGIN:VCALENDAR\n" * 3000, b"- " * 5000, b"&a [*a]",
    b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n" * 50, b"x,y\n\x00,1\n",
)  # fmt: skip


def _unrolled(found: changes.Changes) -> object:
    return found.between(datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, str, bytes]:
    """A kind of file, its ending, and one of the files of ``reading.yaml`` with something cut, doubled or put in."""
    seed = draw(st.sampled_from(SEEDS))
    kind = next(name for name in READERS if name in seed)
    text = seed["text"].encode("utf-8")
    for _ in range(draw(st.integers(0, 4))):
        start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        how = draw(st.sampled_from(("cut", "double", "insert", "byte")))
        if how == "cut":
            text = text[:start] + text[end:]
        elif how == "double":
            text = text[:end] + text[start:end] + text[end:]
        elif how == "insert":
            text = text[:start] + draw(PIECES).encode("utf-8") + text[start:]
        else:
            text = text[:start] + draw(st.binary(min_size=1, max_size=3)) + text[start:]
    ending = draw(st.sampled_from((seed[kind].split(".")[1], *READERS[kind][1])))
    return kind, ending, text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=400)
@given(file=damaged())
def test_a_damaged_file_is_read_or_refused_in_our_words(file: tuple[str, str, bytes], tmp_path: Path) -> None:
    kind, ending, text = file
    path = tmp_path / f"f.{ending}"
    path.write_bytes(text)
    with contextlib.suppress(ContentError):
        READERS[kind][0](path)


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("ending", ["json", "csv", "toml", "ics", "yaml", "txt", ""])
@pytest.mark.parametrize("text", NONSENSE, ids=lambda text: repr(text[:20]))
def test_a_file_of_no_sense_is_refused(kind: str, ending: str, text: bytes, tmp_path: Path) -> None:
    path = tmp_path / f"f.{ending}"
    path.write_bytes(text)
    with pytest.raises(ContentError) as caught:
        READERS[kind][0](path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("kind", READERS)
def test_a_file_that_is_not_there_is_named(kind: str, tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(ContentError, match=r"cannot be read|cannot tell"):
            READERS[kind][0](path)


WORDS: Final = st.sampled_from(
    ["copy tftp://10.0.0.9/new.bin flash:new.bin", "reload", "boot system flash:new.bin", "no logging host 1.1.1.1", "",
     "verify /md5 flash:new.bin 0123456789abcdef0123456789abcdef", "\x1b[31m", "copy :// /", "delete flash:new.bin",
     "copy http://[::1/x flash:", "install rollback", "<b>x</b>", "request system software add x.tgz no-validate"]
)  # fmt: skip
FIELDS: Final = st.dictionaries(
    st.sampled_from(("user", "src_ip", "command", "object", "transfer_host", "version", "line", "message_text")),
    st.one_of(WORDS, st.text(max_size=12), st.integers(), st.tuples(st.text(max_size=5)), st.just(())),
)
ACTS: Final = st.builds(
    Act,
    host=st.just("r1"),
    time_us=st.integers(1_774_000_000_000_000, 1_774_100_000_000_000),
    raw=st.text(max_size=20),
    indicators=st.sampled_from(
        [(), ("IOS-A1",), ("IOS-B1",), ("IOS-C1",), ("JUN-A2", "JUN-D1"), ("IOS-H3",), ("IOS-G1",)]
    ),
    classes=st.sampled_from([(), ("A",), ("B",), ("C",), ("A", "D"), ("E",), ("F",), ("G",), ("H",)]),
    weight=st.sampled_from([0, 15, 35, 80]),
    os_family=st.none(),
    fields=FIELDS,
    origin=st.just(Origin()),
)


@pytest.fixture(scope="module")
def tuning(tmp_path_factory: pytest.TempPathFactory) -> Tuning:
    folder = tmp_path_factory.mktemp("context")
    window = {"start": "2026-03-20T00:00:00Z", "end": "2026-03-22T00:00:00Z", "hosts": ["r1"]}
    approved = [{"id": "1", **window, "image": "new.bin", "md5": "0" * 32}, {"id": "2", **window, "image": ""}]
    allowed = [{"host": "dnac1", "ip": "10.0.0.5", "user": "svc"}]
    devices = [{"host": "r1", "ip": "10.1.0.1", "vendor_os": "ios", "role": "lab", "management_nets": ["10.0.0.0/8"]}]
    paths = {}
    for name, document in (("changes", approved), ("allow", allowed), ("inventory", devices)):
        paths[name] = folder / f"{name}.json"
        paths[name].write_text(json.dumps(document))
    return Tuning.of(NOW, changes=[paths["changes"]], allow=[paths["allow"]], inventory=[paths["inventory"]])


@given(acts=st.lists(ACTS, max_size=5))
def test_any_story_is_judged_and_always_alike(acts: list[Act], tuning: Tuning) -> None:
    story = Story("r1", None, (), tuple(acts))
    found = tuning.judge(story)
    assert found == tuning.judge(story)
    assert all(0 < each.factor <= 1.5 for each in found.multipliers)


@given(acts=st.lists(ACTS, min_size=1, max_size=4), further=ACTS)
def test_what_is_never_approved_opens_every_story(acts: list[Act], further: Act, tuning: Tuning) -> None:
    """However much else of a story a change covers, leaving verification out is not."""
    extra = Act("r1", acts[0].time_us, "x", ("IOS-D1",), ("D",), 85, None, {"command": "no file verify auto"}, Origin())
    assert tuning.judge(Story("r1", None, (), (*acts, further, extra))).suppression is None


def test_clocks_that_jump_do_not_stretch_a_window(tuning: Tuning) -> None:
    """An event stamped a year off is outside of every window; the story stays open."""
    first = int(datetime(2026, 3, 20, 1, tzinfo=UTC).timestamp()) * 1_000_000
    copy = {"command": "copy tftp://10.0.0.9/new.bin flash:new.bin", "transfer_host": "10.0.0.9", "object": "new.bin"}
    near = Act("r1", first, "a", ("IOS-A1",), ("A",), 35, None, copy, Origin())
    assert tuning.judge(Story("r1", None, (), (near,))).suppression is not None
    for years in (-33, 1):
        jumped = first + int(timedelta(days=365 * years) / timedelta(microseconds=1))
        far = Act("r1", jumped, "b", ("IOS-H1",), ("H",), 25, None, {"command": "reload"}, Origin())
        assert tuning.judge(Story("r1", None, (), (near, far))).suppression is None


def test_what_a_detection_names_is_no_part_of_an_upgrade(tuning: Tuning) -> None:
    """A mirror session shows no indicator of the catalogue; a change with an image does not cover it all the same."""
    first = int(datetime(2026, 3, 20, 1, tzinfo=UTC).timestamp()) * 1_000_000
    detection = next(each for each in load().detections if each.correlation.opens)

    def told(command: str, hosts: str) -> Story:
        act = Act(hosts, first, command, (), (), 0, None, {"command": command, "user": "netadm"}, Origin())
        return Story(hosts, None, (Match(detection, hosts, first, first, 40, None, (act,)),), (act,))

    assert tuning.judge(told("span session 1", "r1")).suppression == "approved change 2: host and window fit"
    for image, backup, mirror in (("new.bin", True, False), ("", True, True)):
        change = changes.Change("3", *SPAN, ("r1",), "", (image,) if image else (), "c.json:1")
        alone = Tuning(NOW, changes.Changes((change,)))
        assert (alone.judge(told("copy running-config tftp:", "r1")).suppression is not None) is backup
        assert (alone.judge(told("span session 1", "r1")).suppression is not None) is mirror
