"""Facts about log sources: every shipped file is complete and true to what bootwatch reads; a wrong one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootwatch.diagnose.facts import Act, Default, Kind, LogSource, Platform, Told, load, read
from bootwatch.errors import ContentError
from bootwatch.vendors.profile import profiles

SOURCES = [
    pytest.param(platform, source, id=f"{platform.os_family[0]}-{source.id}")
    for platform in load()
    for source in platform.sources
]
DEVICES = [platform for platform in load() if platform.kind is Kind.DEVICE]


def test_every_system_bootwatch_recognises_has_its_file() -> None:
    told = {family for platform in load() for family in platform.os_family}
    assert told == {profile.os_family for profile in profiles()}


@pytest.mark.parametrize("platform", DEVICES, ids=lambda platform: platform.os_family[0])
def test_every_act_can_be_switched_on_or_is_said_to_be_out_of_reach(platform: Platform) -> None:
    reachable = {act for source in platform.sources if source.configuration for act in source.shows}
    # An NX-OS image is checked by a show command, an FTD upgraded by its management centre: neither is logged for sure.
    allowed = {"nxos": {Act.VERIFY}, "ftd": {Act.INSTALL}}.get(platform.os_family[0], set())
    assert set(platform.acts) - reachable == allowed


@pytest.mark.parametrize(("platform", "source"), SOURCES)
def test_a_source_that_is_off_says_how_to_switch_it_on(platform: Platform, source: LogSource) -> None:
    undocumented = source.id == "local-accounting"
    derived = source.id in {"netconf", "radius"}  # of the same facility as another; of a server of its own
    if platform.kind is Kind.DEVICE and source.default is Default.OFF and not undocumented and not derived:
        assert source.configuration


@pytest.mark.parametrize(("platform", "source"), SOURCES)
def test_configuration_names_only_addresses_for_documentation_and_no_secret(
    platform: Platform, source: LogSource
) -> None:
    lines = source.configuration or ""
    for word in lines.replace('"', " ").replace(",", " ").split():
        if word.count(".") == 3:
            assert word.startswith("192.0.2.")
        if word in ("key", "secret", "server-key"):
            assert "<secret>" in lines


def test_a_source_whose_commands_are_read_tells_them() -> None:
    for platform in load():
        for source in platform.sources:
            by_command = any("command_source" in fields for fields in source.when)
            assert not by_command or Told.COMMAND in source.tells, f"{platform.path}: {source.id}"


GOOD = """\
name: A system
os_family: [ios]
acts: [copy, boot]
sources:
  - id: one
    name: one
    when: [{command_source: [eem]}]
    document: a document
    default: off
    shows: [copy]
"""

WRONG = [
    ("acts: [copy, boot]", "acts: [copy, bot]", 3, "accepted: copy, install, boot, verify, reload; did you mean boot?"),
    ("default: off", "default: no", 9, "'default' is 'no'; accepted: on, off, unknown"),
    ("shows: [copy]", "shows: [reload]", 3, "source 'one' shows reload; accepted: copy, boot"),
    ("shows: [copy]", "shows: [copy]\n    partly: [copy]", 11, "'copy' stands in 'shows' as well"),
    ("shows: [copy]", "shows: [copy]\n    severity: 9", 11, "'severity' is 9; accepted: a whole number from 0 to 7"),
    ("shows: [copy]", "showz: [copy]", 10, "unknown key 'showz'"),
    ("[eem]", "[emm]", 7, "'command_source' holds 'emm'; accepted: "),
    ("command_source: [eem]", "mnemonic: [a b]", 7, "'mnemonic' holds 'a b'; accepted: a mnemonic such as"),
    ("command_source: [eem]", "os_family: [ios]", 7, "names no field; accepted: sourcetype, mnemonic"),
    ("os_family: [ios]", "os_family: [vrp]", 2, "'os_family' holds 'vrp'; accepted: acs, asa, "),
    ("id: one", "id: One thing", 5, "'id' is 'One thing'; accepted: lower-case words joined by '-'"),
    ("    document: a document\n", "", 5, "missing key 'document'"),
]


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "good.yaml"
    file.write_text(GOOD)
    platform = read(file)
    assert platform.acts == (Act.COPY, Act.BOOT)
    assert platform.sources[0].shows == {Act.COPY}
    assert platform.sources[0].when == ({"os_family": frozenset({"ios"}), "command_source": frozenset({"eem"})},)


@pytest.mark.parametrize(("old", "new", "line", "message"), WRONG)
def test_a_wrong_file_is_refused_with_its_line_and_what_would_be_right(
    tmp_path: Path, old: str, new: str, line: int, message: str
) -> None:
    assert old in GOOD
    file = tmp_path / "wrong.yaml"
    file.write_text(GOOD.replace(old, new, 1))
    with pytest.raises(ContentError) as caught:
        read(file)
    assert message in str(caught.value)
    assert caught.value.line == line
    assert str(file) in str(caught.value)


def test_two_sources_of_one_id_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(GOOD + GOOD[GOOD.index("  - id") :])
    with pytest.raises(ContentError, match="two sources have the id 'one'"):
        read(file)
