"""Command trees: abbreviated commands become whole where one reading is possible, else they stay as typed.

A tree is ``commands.yaml`` in a profile's folder. Cisco and its likes accept any prefix of a keyword that no other
keyword of that place shares ("Using the Command-Line Interface", Cisco IOS Configuration Fundamentals).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Final

from bootwatch.vendors.profile import Entry, document

_KEYS: Final = frozenset(("exec", "configure", "prefixes", "devices", "tree"))
_DEEPEST: Final = 24
_OPTION: Final = re.compile(r"/[\w-]*")
_URL: Final = re.compile(r"(?P<device>[A-Za-z][\w-]*):(?P<rest>.*)", re.DOTALL)


@dataclass(slots=True)
class Node:
    """A place in a command. ``words``: the keywords that may follow; ``free``: so may anything else but an option.

    A place without words is not modelled: what follows stays as typed. An option (``/force``) leads back to its place.
    A keyword that ends with ``*`` stands for any word that begins like it (``0x*``).
    """

    words: dict[str, Node] = field(default_factory=dict)
    free: bool = False


@dataclass(frozen=True, slots=True)
class Commands:
    """The commands of one operating system. ``devices`` are file systems and transfer schemes, as in ``flash:``."""

    root: Node
    devices: frozenset[str]

    def expand(self, command: str) -> str:
        """The command with whole keywords in lower case, where there is one reading; else as it is."""
        readings = self.readings(command)
        return readings[0] if len(readings) == 1 else command

    def readings(self, command: str) -> list[str]:
        """The ways to read a command: none where its first words are unknown here, at most two."""
        readings: dict[str, None] = {}
        for reading in self._read(command.split(" "), 0, self.root):
            readings[" ".join(reading)] = None
            if len(readings) > 1:
                break
        return list(readings)

    def _read(self, words: list[str], at: int, node: Node) -> Iterator[list[str]]:
        """Every way to read ``words[at:]`` here."""
        if at == len(words) or not node.words or at > _DEEPEST:
            yield [self._device(word) for word in words[at:]]
            return
        word = words[at].lower()
        exact = node.words.get(word)
        found = {word: exact} if exact is not None else _starting(node.words, words[at])
        told = False
        for keyword, below in found.items():
            place = node if keyword.startswith("/") and not below.words else below
            for rest in self._read(words, at + 1, place):
                told = True
                yield [keyword, *rest]
        if exact is not None and not told:
            # A whole keyword is itself, whatever follows it.
            yield [word, *words[at + 1 :]]
        elif not found and node.free and not _OPTION.fullmatch(word):
            yield [self._device(word) for word in words[at:]]

    def _device(self, word: str) -> str:
        """``fla:x.bin`` as ``flash:x.bin``."""
        url = _URL.fullmatch(word)
        if url is None:
            return word
        name = url["device"].lower()
        if name in self.devices:
            return f"{name}:{url['rest']}"
        found = sorted(device for device in self.devices if device.startswith(name))
        # flash and flash0: the first of a device's parts goes by its own name.
        one = found and all(device.rstrip("0123456789") == found[0] for device in found)
        return f"{found[0]}:{url['rest']}" if one or len(found) == 1 else word


def expand(command: str, trees: Iterable[Commands]) -> str:
    """As :meth:`Commands.expand`, where a command may be of several systems: those that can read it have to agree."""
    readings = dict.fromkeys(reading for words in trees for reading in words.readings(command))
    return next(iter(readings)) if len(readings) == 1 else command


@cache
def tree(profile: str) -> Commands:
    """The command tree of a profile. Raises ContentError for a wrong one."""
    file = resources.files(__package__).joinpath(profile, "commands.yaml")
    return load(file.read_text("utf-8"), str(file))


def load(text: str, path: str) -> Commands:
    """A command tree from its YAML text. Raises ContentError naming ``path``, the key, and what it accepts.

    ``exec`` and ``configure`` are the first words of the two modes, one text each; ``prefixes`` words that any command
    may follow (``no``, ``do``); ``devices`` file systems and schemes; ``tree`` what may follow some of the first words.
    """
    entry = Entry(document(text, path), path, "the command tree")
    entry.only(_KEYS)
    root = Node()
    for key in ("exec", "configure"):
        for word in entry.text(key).split():
            root.words.setdefault(word, Node())
    below = Entry(entry.values.get("tree", {}), path, "'tree'")
    for words, value in below.values.items():
        for word in words.split():
            if word not in root.words:
                raise entry.wrong(f"{word!r} of 'tree' is not among the first words")
            root.words[word] = _node(value, entry, word)
    plain = Node(dict(root.words))
    prefixes = entry.text("prefixes").split()
    once = Node({**plain.words, **dict.fromkeys(prefixes, plain)})
    root.words |= dict.fromkeys(prefixes, once)
    return Commands(root, frozenset(entry.text("devices").split()))


def _node(value: object, entry: Entry, where: str) -> Node:
    """A mapping of keywords to what follows, a text of keywords, or nothing; ``*`` among them: anything else."""
    if value is None:
        return Node()
    if isinstance(value, str):
        words: Mapping[str, object] = dict.fromkeys(value.split())
    elif isinstance(value, dict):
        words = {}
        for keys, below in value.items():
            words |= dict.fromkeys(str(keys).split(), below)
    else:
        raise entry.wrong(f"{where!r} of 'tree' must be words or a mapping, not {value!r}")
    nodes = {word: _node(below, entry, f"{where} {word}") for word, below in words.items() if word != "*"}
    return Node(nodes, "*" in words)


def _starting(words: Mapping[str, Node], word: str) -> dict[str, Node]:
    """The keywords a word may be short for; an option only where there is one, so that readings stay few."""
    prefix = word.lower()
    if not prefix.strip("/"):
        return {}
    found = {}
    for keyword, node in words.items():
        if keyword.endswith("*") and prefix.startswith(keyword[:-1]):
            found[word] = node
        elif keyword.startswith(prefix):
            found[keyword] = node
    return {} if prefix.startswith("/") and len(found) > 1 else found
