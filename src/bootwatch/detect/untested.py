"""What the logs of a story cannot show, by operating system and by the sources that told it."""

from __future__ import annotations

from typing import Final

from bootwatch.detect.story import Story

_ALWAYS: Final = "Whether the image differs from the vendor's: logs name a file, they do not hold it."

_OF_SYSTEM: Final = {
    **dict.fromkeys(
        ("ios", "iosxe"),
        "What was done in ROMMON, in memory, or on a console that is not logged; IOS sends no message for it.",
    ),
    "nxos": "What was typed in bash or a guest shell once it was open; NX-OS accounts the command that opened it.",
    "iosxr": "What was typed in the underlying Linux once a shell was open; IOS XR tells of the login alone.",
    **dict.fromkeys(
        ("asa", "ftd"),
        "The FXOS layer, the boot loader and memory; and whatever a changed system does not write any more.",
    ),
    "junos": "What was typed in the shell: mgd writes the command that opened it, and nothing after it.",
    "panos": "The system below PAN-OS and the text of API calls that the management log does not keep.",
    "eos": "What was typed in bash once it was open, and files changed there under /mnt/flash.",
    "fortios": "The file system below FortiOS, which has no log but that of its own guards.",
}

_ONLY_CONFIGURATION: Final = frozenset(("cfglog", "config", "cfg_audit", "vshd"))
_ACCOUNTS_MISSING: Final = (
    "EXEC commands such as copy, verify and reload: this device's log shows configuration commands alone; command "
    "accounting would show the rest."
)
_CLOCK: Final = "The exact times: the device's clock was not set, and the order of arrival stands in for it."


def untested(story: Story) -> tuple[str, ...]:
    """Sentences, the most general first."""
    told = {act.text("command_source") for act in story.acts} - {None}
    said = [_ALWAYS]
    if story.os_family in _OF_SYSTEM:
        said.append(_OF_SYSTEM[story.os_family])
    if told and told <= _ONLY_CONFIGURATION:
        said.append(_ACCOUNTS_MISSING)
    if any(act.text("reliable_time") == "false" for act in story.acts):
        said.append(_CLOCK)
    return tuple(said)
