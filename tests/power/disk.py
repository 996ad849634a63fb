"""A file system in memory that knows, for every file and folder, what a power cut would leave of it.

POSIX promises little: the bytes of a file are there after its sync, its name after the sync of its folder. What was not
synced may be there, in part, or not at all; :meth:`Disk.cut` decides that by chance, or drops all of it.
"""

from __future__ import annotations

import errno
import random
import stat
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

ROOT: Final = 1
_SECTOR: Final = 512
_T = TypeVar("_T")


@dataclass(eq=False, slots=True)
class Write:
    """Bytes at a place of a file; without bytes it is cut or stretched to ``at``."""

    at: int
    data: bytes | None

    def onto(self, content: bytearray) -> None:
        end = self.at if self.data is None else self.at + len(self.data)
        if len(content) < end:
            content.extend(bytes(end - len(content)))
        if self.data is None:
            del content[end:]
        else:
            content[self.at : end] = self.data


@dataclass(eq=False, slots=True)
class Node:
    """A file or a folder. ``kept`` and ``kept_names`` are what a power cut cannot take."""

    number: int
    mode: int
    content: bytearray = field(default_factory=bytearray)
    kept: bytearray = field(default_factory=bytearray)
    writes: list[Write] = field(default_factory=list)
    names: dict[bytes, Node] = field(default_factory=dict)
    kept_names: dict[bytes, Node] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    changed_s: float = field(default_factory=time.time)

    @property
    def is_folder(self) -> bool:
        return stat.S_ISDIR(self.mode)

    def sync(self) -> None:
        for write in self.writes:
            write.onto(self.kept)
        self.writes.clear()
        for move in list(self.moves):
            move.keep()


@dataclass(eq=False, slots=True)
class Move:
    """Names that change together, as a rename's two do: folder, name, and what it names from then on."""

    changes: list[tuple[Node, bytes, Node | None]]

    def do(self) -> None:
        for folder, name, node in self.changes:
            _put(folder.names, name, node)
            folder.changed_s = time.time()
            if self not in folder.moves:
                folder.moves.append(self)

    def keep(self) -> None:
        for folder, name, node in self.changes:
            _put(folder.kept_names, name, node)
            if self in folder.moves:
                folder.moves.remove(self)


def _put(names: dict[bytes, Node], name: bytes, node: Node | None) -> None:
    if node is None:
        names.pop(name, None)
    else:
        names[name] = node


class Disk:
    """``nodes`` by number; one that has no name any more stays until the cut, as an open file does.

    A ``deaf`` disk says that it synced and did not: what somebody gets who does not sync.
    """

    def __init__(self) -> None:
        self.nodes: dict[int, Node] = {}
        self.deaf = False
        self._next = ROOT
        self.root = self._made(stat.S_IFDIR | 0o755)

    def node(self, number: int) -> Node:
        found = self.nodes.get(number)
        if found is None:
            raise OSError(errno.ESTALE, "no such node")
        return found

    def named(self, folder: Node, name: bytes) -> Node:
        found = folder.names.get(name)
        if found is None:
            raise OSError(errno.ENOENT, "no such name")
        return found

    def make(self, folder: Node, name: bytes, mode: int) -> Node:
        if name in folder.names:
            raise OSError(errno.EEXIST, "it is there")
        made = self._made(mode)
        Move([(folder, name, made)]).do()
        return made

    def write(self, node: Node, at: int, data: bytes | None) -> None:
        write = Write(at, data)
        write.onto(node.content)
        node.writes.append(write)
        node.changed_s = time.time()

    def remove(self, folder: Node, name: bytes) -> None:
        if self.named(folder, name).names:
            raise OSError(errno.ENOTEMPTY, "it is not empty")
        Move([(folder, name, None)]).do()

    def rename(self, source: Node, old: bytes, target: Node, new: bytes) -> None:
        node = self.named(source, old)
        if (there := target.names.get(new)) is not None and there.names:
            raise OSError(errno.ENOTEMPTY, "it is not empty")
        if there is not node:
            Move([(source, old, None), (target, new, node)]).do()

    def sync(self, node: Node) -> None:
        if not self.deaf:
            node.sync()

    def cut(self, chance: random.Random | None = None) -> None:
        """Lose power. Without ``chance`` all that was not synced is gone; with it, some of it may be there."""
        for node in list(self.nodes.values()):
            if chance is not None:
                _some(node, chance)
        self.nodes = {}
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            self.nodes[node.number] = node
            node.content, node.names = bytearray(node.kept), dict(node.kept_names)
            node.writes.clear()
            node.moves.clear()
            waiting += node.names.values()

    def _made(self, mode: int) -> Node:
        made = Node(self._next, mode)
        self.nodes[self._next] = made
        self._next += 1
        return made


def _some(node: Node, chance: random.Random) -> None:
    """Let the first of the writes that were not synced reach the disk all the same, the last of them torn.

    A later write never outlives an earlier one here; real disks may do that too.
    """
    for write in _first(node.writes, chance):
        if write.data is not None and chance.random() < 0.3:
            sectors = chance.randrange(len(write.data) // _SECTOR + 1)
            Write(write.at, write.data[: sectors * _SECTOR]).onto(node.kept)
            break
        write.onto(node.kept)
    for move in _first(list(node.moves), chance):
        move.keep()


def _first(items: Sequence[_T], chance: random.Random) -> Sequence[_T]:
    return items[: chance.randint(0, len(items))]
