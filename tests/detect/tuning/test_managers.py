"""The shipped profiles of management systems: what each does every day, and what it never does."""

from __future__ import annotations

from pathlib import Path

import pytest

from bootwatch.detect.tuning.managers import profile_of, profiles
from bootwatch.errors import ContentError

USUAL = {
    "catalyst-center": ["install add file flash:x.bin activate commit prompt-level none", "verify /md5 flash:x.bin"],
    "solarwinds-ncm": [
        "copy tftp://10.0.0.6/x.bin flash:x.bin",
        "copy running-config tftp://10.0.0.6/r1.cfg",
        "reload",
    ],
    "ansible": ["copy scp://a@10.0.0.8/x.bin flash:x.bin", "request system software add /var/tmp/x.tgz reboot"],
    "netbrain": ["show version", "terminal length 0", "show running-config"],
    "oxidized": ["show running-config", "dir flash:", "more system:running-config", "copy running-config scp://h/x"],
    "generic": ["copy scp://a@10.0.0.8/x.bin bootflash:x.bin", "install all nxos bootflash:x.bin", "write memory"],
}
NEVER = [
    "copy /noverify tftp://10.0.0.9/x.bin flash:x.bin",
    "boot system tftp x.bin 10.0.0.9",
    "no logging host 10.0.0.30",
    "request platform software system shell",
    "config-register 0x2142",
    "test memory",
    "write erase",
    "start shell user root",
]


@pytest.mark.parametrize("name", profiles())
def test_a_profile_knows_its_usual_work(name: str) -> None:
    profile = profiles()[name]
    assert [command for command in USUAL[name] if not profile.usual(command)] == []
    assert [command for command in NEVER if profile.usual(command)] == []
    if not profile.writes:
        assert not profile.usual("copy tftp://10.0.0.9/x.bin flash:x.bin")
        assert not profile.usual("reload")


def test_a_profile_with_a_wrong_pattern_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    head = "name: x\ntitle: x\ndocument: x\nrecognise: []\nwrites: true\ninteractive: false\nserver: own\n"
    file.write_text(head + "verbs: ['(']\n")
    with pytest.raises(ContentError, match=r"x\.yaml:8: '\(' is no pattern"):
        profile_of(file)
    file.write_text(head.replace("own", "mine") + "verbs: [x]\n")
    with pytest.raises(ContentError, match=r"x\.yaml:7: 'server' is 'mine'; accepted: own, any"):
        profile_of(file)
