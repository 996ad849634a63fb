"""The examples of the page on the service are ones the product takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bootwatch.detect.sinks import sink
from bootwatch.settings import Settings, described

PAGE = (Path(__file__).parents[2] / "docs" / "service.md").read_text(encoding="utf-8")


def example(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def test_the_sinks_are_one_of_each_kind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = example("yaml")
    for name in re.findall(r'"env:(\w+)"', text):
        monkeypatch.setenv(name, "https://example.org")
    (tmp_path / "sinks.yaml").write_text(text, encoding="utf-8")
    assert len(sink.read(tmp_path / "sinks.yaml")) == len(sink.kinds())
    assert sorted(re.findall(r"kind: (\w+)", text)) == list(sink.kinds())


def test_the_settings_are_read(tmp_path: Path) -> None:
    (tmp_path / "bootwatch.toml").write_text(example("toml"), encoding="utf-8")
    read = Settings.read(tmp_path / "bootwatch.toml", environment={})
    assert (read.tls, read.store_keep_days, read.hec_token[0].name) == ("0.0.0.0:6514", 90, "forwarders")


def test_keys_that_are_named_exist() -> None:
    keys = {key for key, *_ in described()}
    named = set(re.findall(r"`((?:tls|store|alerts|hec|detect)\.[a-z_]+)`", PAGE))
    assert named
    assert named <= keys
