"""What an act needs to be approved: nothing, a change, a change that names the image, or more than any upgrade has.

Ids are those of the indicator catalogue; where one id stands for several commands, the command decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from typing import Final

from bootwatch.detect.story import Act, Story
from bootwatch.detect.tuning import images
from bootwatch.vendors.acts import act_of

_CONFIGURATION: Final = frozenset(("IOS-A5", "ASA-A3"))
"""Of class A, and no image of the device: servers on it, and what it hands out to others."""
_CONTEXT: Final = frozenset(("XE-A11",))
"""Says only that something happened."""
_AROUND: Final = frozenset(
    ("IOS-A2", "IOS-B2", "IOS-B4", "IOS-B5", "IOS-B6", "NX-A3", "NX-F2", "ASA-B2", "XR-B1", "JUN-B2",
     "JUN-D1", "PAN-B1", "FGT-A2")
)  # fmt: skip
# What leaves a check out, forces a step, or starts from elsewhere, in whatever command it stands.
_AROUND_WORDS: Final = re.compile(
    r"(?i)/noverify\b|/no-version-check\b|\bno-(?:validate|compatibility-check|hw-check)\b|(?<![\w/-])force(?:-host)?\b"
    r"|\bunlink\b|\bbest-effort-load\b|\bno file verify auto\b|\bconfig-register\b|\bboot secret\b"
    r"|\breboot\b.*\b(?:usb|network|media)\b|\bboot system (?:tftp|ftp|rcp|mop|rom)\b|\brc\.eos\b"
)
_WIPES: Final = re.compile(
    r"(?i)^(?:erase|format|squeeze|fsck|partition)\b|\bzeroize\b|\binit system\b|\bprivate-data-reset\b"
    r"|^execute (?:formatlogdisk|erase-disk|factoryreset\d?|disk format)\b"
)
_ERASES_CONFIGURATION: Final = re.compile(
    r"(?i)^(?:write erase|erase (?:nvram:|startup-config)|factory-reset|configure factory-default)"
)
_CLEANS: Final = re.compile(
    r"(?i)^(?:delete|rmdir|install remove|software clean|no boot|default boot|request platform software package clean"
    r"|request (?:system|vmhost) (?:software delete(?!.*\bforce\b)|storage cleanup)|file delete)\b"
)
_GOES_BACK: Final = re.compile(r"(?i)\brollback\b|\brevert\b|\binstall abort\b")
_READS: Final = re.compile(
    r"(?i)^(?:show|display|get|dir|more|verify|terminal|write(?: memory)?$|copy \S*(?:running|startup)-config\b)"
)
_NAMED: Final = ("named",)
_SNAPSHOT: Final = re.compile(r"(?i)^request (?:system|vmhost) snapshot\b")
_DIRECTORY: Final = re.compile(r"(?i)^(?:admin )?install (?:add|update|prepare|replace)\b.* source (\S+) \S")
_CONTAINERS: Final = frozenset(("XE-F7",))
_CLEANUP_IDS: Final = frozenset(("IOS-C1", "XE-C5", "IOS-B3"))
_RECORDER: Final = re.compile(
    r"(?i)%(?:IMAGEMGR-\d-AUTO_|BOOTVAR-\d-AUTOSYNC|SMI-\d-UPGRD_|\w+-\d-AUTO_(?:COPY|UPGRADE)_)"
)
_CLIENT: Final = re.compile(r"(?i)%SMI-.*\(IP address: (?P<client>[0-9a-f.:]+)\)")


class Need(Enum):
    """From little to much."""

    NOTHING = 0
    CHANGE = 1
    """A change of that host and time, with or without an image."""
    CLEANUP = 2
    """The same; where the change names an image, the image itself is not to be deleted."""
    ACCESS = 3
    """A change that is about access or configuration: it names no image."""
    CONTAINER = 4
    """A change of access or configuration, or one that names the container's package."""
    WIPE = 5
    """A change that says that storage or configuration is wiped."""
    UNBOOT = 6
    """A change with an image; which one is no longer booted is left open."""
    IMAGE = 7
    """A change that names the image."""
    RESTART = 8
    """A change; one with an image where the story has one."""
    FIRMWARE = 9
    """A change that names the file, or says that this firmware is written."""
    NEVER = 10
    """No change covers it."""


def counted(story: Story) -> tuple[Act, ...]:
    """The acts that have to be explained: those with weight, and what a person did that a detection opens a story for.

    The latter show no indicator; they come marked, so that :func:`need` knows them.
    """
    named = {
        (act.time_us, act.raw)
        for match in story.matches
        if match.detection.correlation.opens
        for act in match.acts
        if not act.indicators and (act.text("command") or act.text("user")) is not None
    }
    marked = (
        replace(act, classes=_NAMED, weight=1) if not act.indicators and (act.time_us, act.raw) in named else act
        for act in story.acts
    )
    return tuple(act for act in marked if need(act) is not Need.NOTHING)


def is_named(act: Act) -> bool:
    """Whether an act counts only because a detection names it."""
    return act.classes == _NAMED


def need(act: Act) -> Need:
    """What an act needs. Acts of no weight, such as ``verify``, need nothing."""
    ids = set(act.indicators)
    if act.weight <= 0 or not act.classes or (ids and ids <= _CONTEXT):
        return Need.NOTHING
    command = _command(act)
    if is_named(act):
        return Need.CHANGE if _READS.search(command) else Need.ACCESS
    classes = set(act.classes)
    if ids & _AROUND or "D" in classes:
        return Need.NEVER
    if classes & {"F", "G"}:
        return Need.CONTAINER if ids <= _CONTAINERS and not command.startswith("guestshell") else Need.ACCESS
    if "C" not in classes and _AROUND_WORDS.search(command):
        return Need.NEVER
    if "E" in classes:
        return Need.FIRMWARE
    if "C" in classes:
        return _of_erasing(command, ids)
    if "B" in classes:
        if _SNAPSHOT.search(command):
            return Need.CLEANUP
        return Need.UNBOOT if _CLEANS.search(command) or ids <= _CLEANUP_IDS else Need.IMAGE
    if "A" in classes:
        return Need.CHANGE if ids <= _CONFIGURATION else Need.IMAGE
    return Need.RESTART


def names(act: Act) -> tuple[str, ...]:
    """Base names of images an act moves, boots, deletes or writes, as far as it says; both ends of a copy."""
    if not set(act.classes) & {"A", "B", "C", "E"} and not _loads(act) and need(act) is not Need.CONTAINER:
        return ()
    command = _command(act) or None
    found = [name for word in (command or "").split() if (name := images.basename(word)) and images.is_image(name)]
    told = act.text("object")
    if told is not None and _is_name(act, images.basename(told)):
        found.append(images.basename(told))
    if command is not None and "A" in act.classes and not _DIRECTORY.search(command):
        found.extend(_of_urls(command))
    return tuple(dict.fromkeys(found))


def goes_back(act: Act) -> bool:
    """Whether an act starts what was there before."""
    return _GOES_BACK.search(_command(act)) is not None


def boots(act: Act) -> bool:
    """Whether an act sets what is booted next."""
    return "B" in act.classes and not _CLEANS.search(_command(act)) and not set(act.indicators) <= _CLEANUP_IDS


def transfers(act: Act) -> bool:
    return "A" in act.classes and not set(act.indicators) <= _CONFIGURATION


def told_by_device(act: Act) -> bool:
    """Whether nobody's command is shown: the device reports."""
    return act.text("command") is None


def member_upgrade(act: Act) -> bool:
    """Whether a stack or a pair says that it brings a member to its image (Cisco's IMAGEMGR and BOOTVAR messages)."""
    return told_by_device(act) and _RECORDER.search(act.raw) is not None


def clients(act: Act) -> list[str]:
    """Addresses of the switches that a Smart Install director says it upgrades."""
    return _CLIENT.findall(act.raw)


def shown(act: Act) -> str:
    """An act for a sentence: its command, else its message, with its indicator."""
    text = act.text("command") or act.text("message_text") or act.text("mnemonic") or act.raw
    text = " ".join(text.split())
    text = text if len(text) <= 80 else text[:79] + "…"
    return f"'{text}' ({act.indicators[0]})" if act.indicators else f"'{text}'"


def _command(act: Act) -> str:
    """The part of its command that acts, where several stand in a chain; nothing where there is none."""
    return act_of(act.text("command") or "")


def _of_erasing(command: str, ids: set[str]) -> Need:
    if _ERASES_CONFIGURATION.search(command) or _WIPES.search(command):
        return Need.WIPE
    if _CLEANS.search(command) or ids <= _CLEANUP_IDS:
        return Need.CLEANUP
    return Need.IMAGE  # renaming and moving: both names count


def _loads(act: Act) -> bool:
    return re.match(r"(?i)reload\b.* file\b", _command(act)) is not None


def _is_name(act: Act, name: str) -> bool:
    if not name or images.is_other(name):
        return False
    if images.is_image(name) or images.is_version(name):
        return True
    if act.text("object_category") in ("image", "package", "rommon"):
        return "." in name
    return "A" in act.classes and re.search(r"[0-9].*[0-9]", name) is not None


def _of_urls(command: str) -> Iterator[str]:
    """File names of URLs that end like no image: ``scp://ops@192.0.2.9/firmware/new``."""
    for word in command.split():
        if "://" not in word:
            continue
        path = word.split("://", 1)[1].partition("/")[2]
        name = images.basename(path) if path else ""
        if name and not images.is_other(name):
            yield name
