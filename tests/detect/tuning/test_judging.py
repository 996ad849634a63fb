"""Stories beside changes, management systems, inventory and exceptions: ``judging.yaml`` is what should come of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from tests.detect.tuning.told import NOW, line, stories

from bootwatch.detect.judgement import Judgement
from bootwatch.detect.story import Story
from bootwatch.detect.tuning import Tuning

CASES: Final[list[dict[str, Any]]] = yaml.safe_load(Path(__file__).with_name("judging.yaml").read_text())
FILES: Final = ("changes", "allow", "inventory", "exceptions")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Story]:
    lines = [
        line(f"h{at}", text, junos=case.get("junos", False)) for at, case in enumerate(CASES) for text in case["lines"]
    ]
    return stories(lines, tmp_path_factory.mktemp("told"))


@pytest.mark.parametrize("at", range(len(CASES)), ids=[case["name"] for case in CASES])
def test_what_is_made_of_a_story(at: int, told: dict[str, Story], tmp_path: Path) -> None:
    case, host = CASES[at], f"h{at}"
    expect = {key: _filled(value, host, tmp_path) for key, value in case["expect"].items()}
    assert host in told, "no line of the case was recognised"
    assert max(act.weight for act in told[host].acts) or "weight" in expect, "no act of the case was recognised"
    tuning = _tuning(case, host, tmp_path)
    found = tuning.judge(told[host])
    assert found == tuning.judge(told[host]), "what was judged before should not matter"
    assert [each.factor for each in found.multipliers] == expect["factors"], _all(found)
    if "suppressed" in expect:
        assert expect["suppressed"] in (found.suppression or ""), _all(found)
    else:
        assert found.suppression is None
    for said in expect.get("says", ()):
        assert said in _all(found)
    for note in expect.get("notes", ()):
        assert note in tuning.notes()
    if "weight" in expect:
        assert max(act.weight for act in told[host].acts) == expect["weight"]


def _tuning(case: dict[str, Any], host: str, folder: Path) -> Tuning:
    given = {}
    for name in FILES:
        if name in case:
            path = folder / (f"{name}.yaml" if name == "exceptions" else f"{name}.json")
            document = _filled(case[name], host, folder)
            text = yaml.safe_dump({name: document}) if name == "exceptions" else json.dumps(document, default=str)
            path.write_text(text)
            given[name] = [path]
    return Tuning.of(NOW, **given)


def _filled(value: Any, host: str, folder: Path) -> Any:
    if isinstance(value, str):
        return value.replace("{host}", host).replace("{file}", str(folder / "exceptions.yaml"))
    if isinstance(value, list):
        return [_filled(item, host, folder) for item in value]
    return {key: _filled(item, host, folder) for key, item in value.items()} if isinstance(value, dict) else value


def _all(found: Judgement) -> str:
    return "\n".join((*(each.why for each in found.multipliers), *found.notes))


def test_roles_of_which_nothing_follows_are_said_once_a_file(tmp_path: Path) -> None:
    file = tmp_path / "inventory.csv"
    file.write_text("host,vendor_os,role\nr1,ios,lab\nr2,ios,core\nr3,ios,core\nr4,ios,edge\nr5,ios,\n")
    said = f"{file}:3: the role 'core' changes no score, nor does 'edge'; known: production, lab, staging"
    assert said in Tuning.of(NOW, inventory=[file]).notes()
    file.write_text("host,vendor_os,role\nr1,ios,lab\nr2,ios,Production\n")
    assert not any("changes no score" in note for note in Tuning.of(NOW, inventory=[file]).notes())
