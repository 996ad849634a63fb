"""Splunk's published detections for Cisco data, unmodified, over raw logs; and a Sigma rule through its converter."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.spl import corpus

from bootwatch import app
from bootwatch.knowledge.objects import Knowledge

FILE = yaml.safe_load(Path(__file__).with_name("cisco_detections.yaml").read_text())


def searches(shared: Path) -> dict[str, str]:
    """The published detections by name."""
    found = corpus.records(shared / "corpus" / "escu.jsonl.gz")
    return {str(record["name"]): str(record["search"]) for record in found}


@pytest.fixture(scope="session")
def scope(shared_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> app.Scope:
    """A store that holds all the logs, each taken in as its sourcetype."""
    folder = tmp_path_factory.mktemp("cisco")
    made = app.Scope(home=folder / "home", knowledge=Knowledge(corpus.macros(shared_dir, folder)))
    for number, (sourcetype, lines) in enumerate(FILE["logs"].items()):
        log = folder / f"{number}.log"
        log.write_text("".join(f"{line}\n" for line in lines))
        told = app.Scope(home=made.home, sourcetype=None if sourcetype == "cisco:ios" else sourcetype)
        app.ingest(app.files([log], told), told)
    return made


@pytest.mark.parametrize("name", FILE["expect"])
def test_a_published_detection_finds_its_rows(name: str, shared_dir: Path, scope: app.Scope) -> None:
    spl = searches(shared_dir)[name]
    assert list(app.search(spl, app.store(scope), scope).rows()) == FILE["expect"][name]


SIGMA = r"""
title: Image copied to a router's flash
logsource: {product: cisco, service: aaa}
detection:
  copied:
    - command|startswith: 'copy tftp'
    - command|re: '^copy (scp|sftp)://'
  flash:
    command|contains: ' flash'
  lab:
    host: lab-1
  condition: copied and flash and not lab
"""
COMMANDS = (
    "<189>1: r1: Jan 15 2026 10:00:00.001 UTC: %PARSER-5-CFGLOG_LOGGEDCMD: User:eve  logged command:copy tftp: flash:",
    "<189>2: r2: Jan 15 2026 10:01:00.001 UTC: %PARSER-5-CFGLOG_LOGGEDCMD: User:eve  logged command:copy tftp: nvram:",
    "<189>3: lab-1: Jan 15 2026 10:02:00.001 UTC: %PARSER-5-CFGLOG_LOGGEDCMD: User:a  logged command:copy tftp: flash:",
    "<189>4: r3: Jan 15 2026 10:03:00.001 UTC: %PARSER-5-CFGLOG_LOGGEDCMD: User:eve  logged command:show flash:",
)


def test_a_converted_sigma_rule_finds_its_rows(tmp_path: Path) -> None:
    sigma = pytest.importorskip("sigma.collection", reason="pysigma is not installed")
    splunk = pytest.importorskip("sigma.backends.splunk", reason="pysigma's Splunk backend is not installed")
    plain = SIGMA.replace("    - command|re: '^copy (scp|sftp)://'\n", "")
    (spl,) = splunk.SplunkBackend().convert(sigma.SigmaCollection.from_yaml(plain))
    log = tmp_path / "commands.log"
    log.write_text("".join(f"{line}\n" for line in COMMANDS))
    found = app.search(f"{spl} | table host command", app.files([log], app.Scope()))
    assert [row["host"] for row in found.rows()] == ["r1"]


def test_a_sigma_rule_with_a_regular_expression_finds_its_rows(tmp_path: Path) -> None:
    sigma = pytest.importorskip("sigma.collection", reason="pysigma is not installed")
    splunk = pytest.importorskip("sigma.backends.splunk", reason="pysigma's Splunk backend is not installed")
    either = "    - command|startswith: 'copy tftp'\n    - command|re: '^copy (scp|sftp)://'"
    rule = SIGMA.replace(either, "    command|re: '^copy (tftp|scp):'")
    (spl,) = splunk.SplunkBackend().convert(sigma.SigmaCollection.from_yaml(rule))
    log = tmp_path / "commands.log"
    log.write_text("".join(f"{line}\n" for line in COMMANDS))
    found = app.search(f"{spl} | table host command", app.files([log], app.Scope()))
    assert [row["host"] for row in found.rows()] == ["r1"]
