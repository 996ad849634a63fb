"""The shipped ATT&CK subset, by new names and old."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootwatch.detections.attack import Attack, AttackNameError
from bootwatch.detections.pack import shipped
from bootwatch.errors import ContentError

ATTACK = Attack.read(shipped() / "attack.json")

REQUIRED = [
    "T1601",
    "T1601.001",
    "T1601.002",
    "T1542",
    "T1542.001",
    "T1542.004",
    "T1542.005",
    "T1600",
    "T1600.001",
    "T1600.002",
    "T1556.004",
    "T1599",
    "T1599.001",
    "T1056.001",
    "T1090.003",
    "T1562",
    "T1685",
    "T1562.003",
    "T1070",
    "T1070.003",
    "T1059.008",
    "T1020.001",
    "T1602",
    "T1602.001",
    "T1602.002",
    "T1205",
    "T1205.001",
    "T1554",
]


@pytest.mark.parametrize("ident", REQUIRED)
def test_every_technique_for_network_devices_is_known(ident: str) -> None:
    technique = ATTACK.technique(ident)
    assert technique.tactics
    assert technique.id == ATTACK.revoked.get(ident, ident)


@pytest.mark.parametrize(
    ("asked", "ident", "name", "tactics"),
    [
        ("T1601.001", "T1601.001", "Patch System Image", ["defense-impairment"]),
        ("attack.t1601.001", "T1601.001", "Patch System Image", ["defense-impairment"]),
        ("patch system image", "T1601.001", "Patch System Image", ["defense-impairment"]),
        ("T1542.004", "T1542.004", "ROMMONkit", ["persistence", "stealth"]),
        (
            "T1556.004",
            "T1556.004",
            "Network Device Authentication",
            ["persistence", "defense-impairment", "credential-access"],
        ),
        ("T1562", "T1685", "Disable or Modify Tools", ["defense-impairment"]),
        ("T1562.003", "T1690", "Prevent Command History Logging", ["defense-impairment"]),
        ("Impair Command History Logging", "T1690", "Prevent Command History Logging", ["defense-impairment"]),
    ],
)
def test_techniques(asked: str, ident: str, name: str, tactics: list[str]) -> None:
    technique = ATTACK.technique(asked)
    assert (technique.id, technique.name, [t.shortname for t in technique.tactics]) == (ident, name, tactics)


@pytest.mark.parametrize(
    ("asked", "ids"),
    [
        ("defense-impairment", ["TA0112"]),
        ("Defense Impairment", ["TA0112"]),
        ("ta0112", ["TA0112"]),
        ("attack.stealth", ["TA0005"]),
        ("defense-evasion", ["TA0005", "TA0112"]),
        ("attack.defense_evasion", ["TA0005", "TA0112"]),
        ("Command and Control", ["TA0011"]),
    ],
)
def test_tactics_by_new_and_old_names(asked: str, ids: list[str]) -> None:
    assert [tactic.id for tactic in ATTACK.tactics_named(asked)] == ids


def test_a_wrong_name_is_told_what_is_near() -> None:
    with pytest.raises(AttackNameError, match=r"^no technique 'T1601.01' in ATT&CK v19; did you mean T1601.001 or"):
        ATTACK.technique("T1601.01")
    with pytest.raises(AttackNameError, match=r"^no tactic 'stelth' in ATT&CK v19; did you mean stealth\?$"):
        ATTACK.tactics_named("stelth")


def test_the_data_is_whole() -> None:
    assert ATTACK.version == "19"
    assert "The MITRE Corporation" in ATTACK.attribution
    ids = [technique.id for technique in ATTACK.techniques]
    assert ids == sorted(set(ids))
    for ident in ids:
        assert ident.partition(".")[0] in ids, f"{ident} without its parent"
    assert not set(ATTACK.revoked) & set(ids)
    assert ATTACK.technique("T1601.001").url == "https://attack.mitre.org/techniques/T1601/001/"


def test_a_file_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    text = (shipped() / "attack.json").read_text(encoding="utf-8")
    file = tmp_path / "attack.json"
    file.write_text(text.replace('"by": "T1690"', '"by": "T1699"'), encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        Attack.read(file)
    assert str(caught.value) == f"{file}: names 'T1699', which it does not define"
    file.write_text(text[:200], encoding="utf-8")
    with pytest.raises(ContentError, match="not JSON"):
        Attack.read(file)
