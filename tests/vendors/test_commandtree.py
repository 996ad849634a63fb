"""Abbreviated commands: made whole where one reading is possible, else left as typed."""

from __future__ import annotations

from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootwatch.errors import ContentError
from bootwatch.vendors import profiles
from bootwatch.vendors.acts import act_of, normalise
from bootwatch.vendors.commands import expand, load, tree
from bootwatch.vendors.profile import reading

TREES = ("cisco_ios", "cisco_iosxr", "cisco_nxos", "cisco_asa", "arista_eos")


WHOLE = {
    "cisco_ios": {
        "cop tft: fla:": "copy tftp: flash:",
        "rel": "reload",
        "rel in 5": "reload in 5",
        "del /fo fla:": "delete /force flash:",
        "no boot sys": "no boot system",
        "boo sys fla:x.BIN": "boot system flash:x.BIN",
        "conf t": "configure terminal",
        "CONF T": "configure terminal",
        "config 0x2142": "config-register 0x2142",
        "wr er": "write erase",
        "se in": "service internal",
        "tes cry": "test cry",
        "req plat soft sys sh": "request platform software system shell",
        "arch down /over tftp://192.0.2.9/y.tar": "archive download-sw /overwrite tftp://192.0.2.9/y.tar",
        "upg rom file flash:x": "upgrade rom-monitor file flash:x",
        "cop /nov scp://ops@192.0.2.9/x bootf:": "copy /noverify scp://ops@192.0.2.9/x bootflash:",
        "inst add file bootf:x.bin act com": "install add file bootflash:x.bin act com",
        "do rel": "do reload",
        "dir bo:": "dir bootflash:",
        "show version": "show version",
    },
    "cisco_iosxr": {"inst act": "install activate", "admin rel loc all": "admin reload location all", "ru": "run"},
    "cisco_nxos": {
        "cop r s": "copy running-config startup-config",
        "boo nx bootf:x": "boot nxos bootflash:x",
        "inst all nx bootf:x": "install all nxos bootflash:x",
        "feat bash": "feature bash-shell",
        "no feat tac": "no feature tacacs+",
    },
    "cisco_asa": {
        "cop /noc tftp://192.0.2.9/x disk0:/": "copy /noconfirm tftp://192.0.2.9/x disk0:/",
        "boo sys disk0:/x": "boot system disk0:/x",
        "upg rom disk0:/x": "upgrade rommon disk0:/x",
        "cle conf boot": "clear configure boot",
        "rel noc": "reload noconfirm",
    },
    "arista_eos": {
        "inst so http://192.0.2.9/EOS.swi": "install source http://192.0.2.9/EOS.swi",
        "boo sys flash:/EOS.swi": "boot system flash:/EOS.swi",
        "rel now": "reload now",
        "cop http://192.0.2.9/EOS.swi fla:": "copy http://192.0.2.9/EOS.swi flash:",
    },
}
AS_TYPED = {
    "cisco_ios": ["co", "co tftp: flash:", "d fla:", "no serv pass", "xyzzy fla:", "", "re"],
    "cisco_iosxr": ["co"],
    "cisco_nxos": ["ru ba", "re"],
    "cisco_asa": ["re", "sh ver"],
}


@pytest.mark.parametrize(("system", "typed"), [(system, typed) for system, cases in WHOLE.items() for typed in cases])
def test_one_reading_is_written_out(system: str, typed: str) -> None:
    assert tree(system).expand(typed) == WHOLE[system][typed]


@pytest.mark.parametrize(("system", "typed"), [(system, typed) for system, some in AS_TYPED.items() for typed in some])
def test_an_ambiguous_or_unknown_command_stays_as_typed(system: str, typed: str) -> None:
    assert tree(system).expand(typed) == typed


@pytest.mark.parametrize("system", TREES)
def test_whole_commands_stay_what_they_are(system: str) -> None:
    words = tree(system)
    for word in words.root.words:
        assert words.expand(word) == word
    for whole in WHOLE[system].values():
        assert words.expand(whole) == whole


@pytest.mark.parametrize("system", TREES)
@given(
    text=st.text(max_size=80),
    parts=st.lists(st.sampled_from(["no", "do", "d", "/f", "/fo", "c", "re", ";"]), max_size=60),
)
def test_nothing_raises_and_nothing_is_lost(system: str, text: str, parts: list[str]) -> None:
    words = tree(system)
    for typed in (text, " ".join(parts), " ".join([*parts, text])):
        shown = normalise(typed, (words,))
        assert normalise(shown, (words,)) == shown
        act_of(shown)


def test_every_profile_with_commands_has_a_tree() -> None:
    named = {name for profile in profiles() for name in reading(profile).commands}
    assert named == set(TREES)
    for name in named:
        assert resources.files("bootwatch.vendors").joinpath(name, "commands.yaml").is_file()
        tree(name)


def test_marks_around_a_command_go() -> None:
    words = (tree("cisco_ios"),)
    assert normalise("!exec: enable", words) == "enable"
    assert normalise("  do   rel  <cr> ", words) == "reload"
    assert normalise("copy tftp: flash: <cr>", ()) == "copy tftp: flash:"


def test_a_command_of_no_known_system_is_what_all_that_know_it_say() -> None:
    trees = tuple(map(tree, TREES))
    assert expand("cop tftp: flash:", trees) == "copy tftp: flash:"
    assert expand("rel", trees) == "reload"
    assert expand("boo sys flash:x", trees) == "boot system flash:x"
    for typed in ("start shell user root", "schedule tech-support interval 60", "request system software add x.tgz"):
        assert expand(typed, trees) == typed


def test_the_last_of_a_chain_acts() -> None:
    chain = normalise("conf t ; boo nx bootf:x ; ", (tree("cisco_nxos"),))
    assert chain == "configure terminal ; boot nxos bootflash:x ; "
    assert act_of(chain) == "boot nxos bootflash:x"


GOOD = "exec: copy reload\nconfigure: boot\nprefixes: 'no'\ndevices: flash\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + "colour: red\n", "unknown key 'colour' in the command tree; accepted are configure, devices, exec, "),
        (GOOD + "tree:\n  erase: x\n", "'erase' of 'tree' is not among the first words"),
        (GOOD + "tree:\n  copy: [x]\n", "'copy' of 'tree' must be words or a mapping, not ['x']"),
        (GOOD.replace("exec: copy reload", "exec: 7"), "'exec' of the command tree must be text, not 7"),
    ],
)
def test_a_wrong_tree_names_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(ContentError) as caught:
        load(text, "x/commands.yaml")
    assert str(caught.value).startswith(f"x/commands.yaml: {message}")
