"""Settings: where a value comes from, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootwatch.errors import SettingsError
from bootwatch.settings import Settings, described

FILE = """
udp = "0.0.0.0:514"
watch = ["/var/log/network"]

[tls]
listen = "0.0.0.0:6514"
certificate = "/etc/bootwatch/server.pem"
client_required = true

[store]
seal_after_s = 5

[[hec.token]]
value = "secret"
name = "main"
ack = true
indexes = ["net"]
"""


def write(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file(tmp_path: Path) -> None:
    found = Settings.read(write(tmp_path, FILE), environment={})
    assert (found.udp, found.tls, found.tls_certificate) == ("0.0.0.0:514", "0.0.0.0:6514", "/etc/bootwatch/server.pem")
    assert (found.tls_client_required, found.store_seal_after_s, found.watch) == (True, 5, ("/var/log/network",))
    (token,) = found.hec_token
    assert (token.value, token.name, token.ack, token.indexes) == ("secret", "main", True, ("net",))
    assert "secret" not in repr(found)


def test_an_option_wins_then_the_environment_then_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, 'udp = "127.0.0.1:1"\ntcp = "127.0.0.1:1"\nhec = "127.0.0.1:1"\n')
    environment = {"BOOTWATCH_TCP": "127.0.0.1:2", "BOOTWATCH_HEC": "127.0.0.1:2", "BOOTWATCH_WATCH": "a:b"}
    found = Settings.read(file, environment=environment, options={"hec": "127.0.0.1:3", "udp": None})
    assert (found.udp, found.tcp, found.hec) == ("127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3")
    assert found.watch == ("a", "b")


WRONG = {
    "an unknown key": ("udq = 1", "{file}:1: unknown key 'udq'; did you mean udp?"),
    "an unknown key of a table": (
        "\n[store]\nkeep_dais = 3",
        "{file}:3: unknown key 'store.keep_dais'; did you mean store.keep_days?",
    ),
    "text for a number": ('[store]\nkeep_days = "3"', "{file}:2: 'store.keep_days' is '3'; accepted: a whole number"),
    "a number for a list": ("watch = 3", "{file}:1: 'watch' is 3; accepted: a list of texts"),
    "no TOML": ("udp =", "{file}: not TOML: Invalid value (at end of document)"),
    "TLS without a certificate": ('tls = "0.0.0.0:6514"', "tls: needs tls.certificate"),
    "a level that is none": ('[log]\nlevel = "loud"', "log.level: 'loud'; accepted: debug, info, warning, error"),
    "a negative number": ("[store]\nkeep_days = -1", "store.keep_days: -1 is negative"),
    "a token without a value": ('[[hec.token]]\nname = "x"', "{file}:1: a token needs its 'value'"),
    "an unknown key of a token": (
        '[[hec.token]]\nvalue = "x"\nakc = true',
        "{file}:1: unknown key 'akc' of a token; known: value, name, ack, index, indexes, sourcetype, disabled",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_refused(case: str, tmp_path: Path) -> None:
    text, expected = WRONG[case]
    file = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        Settings.read(file, environment={})
    assert str(caught.value) == expected.format(file=file)


def test_the_environment_is_checked_too() -> None:
    with pytest.raises(SettingsError, match=r"BOOTWATCH_STORE_KEEP_DAYS: 'store.keep_days' is 'x'; accepted: a whole"):
        Settings.read(environment={"BOOTWATCH_STORE_KEEP_DAYS": "x"})


def test_every_key_is_described() -> None:
    for key, variable, default, doc in described():
        assert key
        assert variable.startswith("BOOTWATCH_")
        assert default
        assert doc.endswith(".")
