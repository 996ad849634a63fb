"""What logs can show, from real lines through the product's own search."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from bootwatch import app
from bootwatch.diagnose import Act, Device, Diagnosis, diagnose, load, query
from bootwatch.diagnose.diagnosis import Shown
from bootwatch.diagnose.facts import Told
from bootwatch.events.clock import Clock
from bootwatch.vendors.indicator_rows import Kind
from bootwatch.vendors.indicator_rows import LogSource as CatalogueSource
from bootwatch.vendors.indicator_rows import load as load_catalogue

NOW = Clock.of("2026-06-01T00:00:00Z")

LINK = "<187>919: r1: Mar 10 2026 13:09:57.762 UTC: %LINK-3-UPDOWN: Interface Gi1/0/43, changed state to up"
LOGIN = "<189>920: r1: Mar 10 2026 13:10:57.762 UTC: %SYS-5-CONFIG_I: Configured from console by jo on vty0 (192.0.2.7)"
ACCOUNTING = (
    "Mar 10 13:12:05 r1\tnetadm\ttty2\t198.51.100.7\tstop\ttask_id=20\tservice=shell\tpriv-lvl=15\tcmd=reload <cr>"
)


def diagnosis_of(tmp_path: Path, *lines: str) -> Diagnosis:
    log = tmp_path / "some.log"
    log.write_text("".join(f"{line}\n" for line in lines))
    scope = app.Scope(clock=NOW)
    platforms = load()
    return diagnose(app.search(query(platforms), app.files([log], scope), scope).rows(), platforms)


def device_of(tmp_path: Path, *lines: str) -> Device:
    found = diagnosis_of(tmp_path, *lines).devices
    assert len(found) == 1
    return found[0]


def _catalogued() -> list[object]:
    folder = files("bootwatch") / "content" / "indicators"
    groups = [load_catalogue(file) for file in folder.iterdir() if file.name.endswith(".yaml")]
    return [
        pytest.param(source, id=f"{group.families[0]}-{source.name}") for group in groups for source in group.sources
    ]


@pytest.mark.parametrize("source", _catalogued())
def test_every_source_of_the_indicator_catalogue_is_known_and_its_command_counted(
    tmp_path: Path, source: CatalogueSource
) -> None:
    device = device_of(tmp_path, source.spell("reload"))
    assert device.commands == 1
    telling = [found for found in device.sources if Told.COMMAND in found.tells]
    assert telling
    act = Act.RELOAD if Kind.EXEC in source.carries else Act.BOOT
    assert any(act in found.shows or act in found.partly for found in telling)


def test_a_device_that_sends_no_command_misses_what_only_commands_show(tmp_path: Path) -> None:
    found = diagnosis_of(tmp_path, LINK, LOGIN)
    device = found.devices[0]
    assert (device.host, device.os_family, device.events, device.commands) == ("r1", "ios", 2, 0)
    assert device.missing == (Act.COPY, Act.INSTALL, Act.BOOT, Act.VERIFY)
    assert device.shown[Act.RELOAD] is Shown.DEFAULT
    assert [advice.source.id for advice in found.advice] == ["eem-catch-all", "aaa-accounting", "configuration-log"]
    assert found.advice[0].acts == (Act.COPY, Act.INSTALL, Act.BOOT, Act.VERIFY)
    assert found.advice[2].acts == (Act.BOOT,)


def test_a_device_that_sends_only_severe_messages_will_not_say_that_it_reloads(tmp_path: Path) -> None:
    device = device_of(tmp_path, LINK)
    assert device.shown[Act.RELOAD] is Shown.NO


def test_the_configuration_log_shows_boot_commands_alone(tmp_path: Path) -> None:
    line = "<189>1: r1: Nov 19 07:16:04.807 UTC: %PARSER-5-CFGLOG_LOGGEDCMD: User:jo  logged command:interface Gi1 "
    device = device_of(tmp_path, line)
    assert device.shown[Act.BOOT] is Shown.YES
    assert device.missing == (Act.COPY, Act.INSTALL, Act.VERIFY)


def test_the_install_engine_shows_an_installation_in_part(tmp_path: Path) -> None:
    line = "*Oct 22 15:53:27.891: %INSTALL-5-INSTALL_START_INFO: R0/0: install_engine: Started install add flash:x.bin"
    assert device_of(tmp_path, line).shown[Act.INSTALL] is Shown.PARTLY


def test_accounting_is_the_devices_it_is_about(tmp_path: Path) -> None:
    found = diagnosis_of(tmp_path, LINK, LOGIN, ACCOUNTING)
    device = found.devices[0]
    assert len(found.devices) == 1
    assert (device.os_family, device.commands, [source.id for source in device.sources]) == (
        "ios",
        1,
        ["aaa-accounting"],
    )
    assert device.missing == ()
    assert found.advice == ()


def test_a_device_known_by_accounting_alone_shows_everything_and_needs_nothing(tmp_path: Path) -> None:
    found = diagnosis_of(tmp_path, ACCOUNTING)
    assert found.devices[0].os_family == "tacacs"
    assert found.devices[0].missing == ()
    assert found.advice == ()


def test_clock_and_relay_are_counted(tmp_path: Path) -> None:
    unset = "*Mar  1 00:00:46.783: %SYS-5-RESTART: System restarted --"
    device = device_of(tmp_path, f"<189>1: r1: {unset}", LOGIN)
    assert (device.events, device.unreliable) == (2, 1)
    record = (
        "<182>Jan  2 05:03:52 ise1 CISE_TACACS_Accounting 0000000005 1 0 2026-01-02 05:03:52.328 +00:00 0018415781 "
        "3300 NOTICE Tacacs-Accounting: TACACS+ Accounting with Command, Device IP Address=192.0.2.21, "
        "CmdSet=[ CmdAV=reload <cr> ], NetworkDeviceName=asr9k1, User=netadm,"
    )
    assert device_of(tmp_path, record).relays == ("ise1",)


def test_a_message_that_claims_a_source_in_its_text_is_not_of_it(tmp_path: Path) -> None:
    device = device_of(tmp_path, LINK + " command_source=eem command=reload")
    assert (device.sources, device.commands) == ((), 0)
    assert device.shown[Act.COPY] is Shown.NO


def test_what_no_profile_recognises_is_of_no_system(tmp_path: Path) -> None:
    found = diagnosis_of(tmp_path, "Mar 10 13:09:57 web1 nginx[1]: command=reload command_source=eem")
    device = found.devices[0]
    assert (device.os_family, device.platform, device.commands, dict(device.shown)) == (None, None, 0, {})
    assert found.advice == ()


def test_advice_to_carry_commands_where_a_device_sends_none(tmp_path: Path) -> None:
    line = (
        "<14>Mar 10 13:12:07 fw1 1,2026/03/10 13:12:07,007200001056,SYSTEM,general,2561,2026/03/10 13:12:07,,general,"
        ',0,0,general,informational,"Connection to Update server closed",7301004,0x0,0,0,0,0,,fw1,0,0,'
        "2026-03-10T13:12:07.410+00:00"
    )
    found = diagnosis_of(tmp_path, line)
    assert [(advice.source.id, advice.acts) for advice in found.advice] == [
        ("audit-log", (Act.COPY, Act.INSTALL, Act.BOOT, Act.RELOAD)),
        ("configuration-log", ()),
    ]


def test_nothing_in_the_logs_is_nothing_said(tmp_path: Path) -> None:
    assert diagnosis_of(tmp_path) == Diagnosis((), (), ())


def test_who_misses_nothing_is_told_nothing(tmp_path: Path) -> None:
    line = "<166>Nov 20 2025 08:55:28 fw1 : %ASA-6-302013: Built outbound TCP connection 1 for outside:192.0.2.1/443"
    found = diagnosis_of(tmp_path, line)
    assert set(found.devices[0].shown.values()) == {Shown.DEFAULT}
    assert (found.devices[0].commands, found.advice) == (0, ())


def test_what_comes_by_default_needs_its_severity(tmp_path: Path) -> None:
    found = diagnosis_of(
        tmp_path, "<164>Nov 20 2025 08:55:28 fw1 : %ASA-4-106023: Deny tcp src outside:192.0.2.1/4 dst x"
    )
    assert set(found.devices[0].shown.values()) == {Shown.NO}
    assert "logging trap notifications" in str(found.advice[0].source.configuration)


def test_one_name_of_two_systems_is_two_devices(tmp_path: Path) -> None:
    nxos = "<189>2026 Mar 10 13:00:56 r1 %VSHD-5-VSHD_SYSLOG_CONFIG_I: Configured from vty by jo on 192.0.2.7@pts/0"
    found = diagnosis_of(tmp_path, LINK, LOGIN, ACCOUNTING, nxos)
    assert [(device.host, device.os_family, device.commands) for device in found.devices] == [
        ("r1", "ios", 1),  # accounting goes to the system that says most
        ("r1", "nxos", 0),
    ]
