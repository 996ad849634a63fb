"""The disk as a file system of the kernel: as much of FUSE's protocol (linux/fuse.h) as a store needs.

A process of its own: ``python -m tests.power.fuse FOLDER``. It says ``mounted``, then does what stands on its standard
input: ``deaf`` (from now on a sync is answered and not done), ``cut [SEED]`` (power is gone: every call fails from here
on) and ``on`` (power is back: what was kept is mounted again). It answers each line with the same word.
"""

from __future__ import annotations

import ctypes
import errno
import os
import random
import select
import stat
import struct
import sys
from collections.abc import Callable
from typing import Final

from tests.power.disk import Disk, Node

_IN: Final = struct.Struct("<IIQQIIII")  # length, opcode, unique, node, uid, gid, pid, padding
_OUT: Final = struct.Struct("<IiQ")
_ATTR: Final = struct.Struct("<6Q10I")
_ENTRY: Final = struct.Struct("<4Q2I")
_ATTR_OUT: Final = struct.Struct("<Q2I")
_OPEN: Final = struct.Struct("<QII")
_WRITE: Final = struct.Struct("<QQIIQII")  # handle, offset, size, flags, lock owner, flags, padding; a read's is alike
_SETATTR: Final = struct.Struct("<IIQQQQQQIIIIIIII")
_DIRENT: Final = struct.Struct("<QQII")
_STATFS: Final = struct.Struct("<5Q4I6I")
_INIT: Final = struct.Struct("<IIIIHHIIHHI28x")
_MAJOR, _MINOR = 7, 31
_BIG_WRITES, _MAX_PAGES = 1 << 5, 1 << 22
_LARGEST: Final = 1 << 20
_VALID_S: Final = 3600  # nobody else changes the files: the kernel may keep what it knows
_KEEP_CACHE: Final = 2
_SET_MODE, _SET_SIZE = 1, 8
_FORGET, _INIT_OP, _INTERRUPT, _BATCH_FORGET = 2, 26, 36, 42
_NOSUID_NODEV: Final = 6
_DETACH: Final = 2
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


class Server:
    """Answers the kernel, one request after the other."""

    def __init__(self, folder: str) -> None:
        self._folder = os.fsencode(folder)
        self._disk = Disk()
        self._dead = False
        self._device = -1
        self._calls: dict[int, Callable[[Node, bytes], bytes]] = {
            1: lambda node, body: self._entry(self._disk.named(node, _name(body))),
            3: lambda node, _: _attr_out(node),
            4: self._setattr,
            8: lambda node, body: self._made(node, body[16:], struct.unpack_from("<I", body)[0]),
            9: lambda node, body: self._made(node, body[8:], stat.S_IFDIR | struct.unpack_from("<I", body)[0]),
            10: self._remove,
            11: self._remove,
            12: lambda node, body: self._rename(node, body, 8),
            14: lambda *_: _OPEN.pack(0, _KEEP_CACHE, 0),
            15: self._read,
            16: self._write,
            17: lambda *_: _STATFS.pack(1 << 20, 1 << 19, 1 << 19, 1 << 20, 1 << 19, 4096, 255, 4096, *[0] * 7),
            18: lambda *_: b"",
            20: self._sync,
            25: lambda *_: b"",
            27: lambda *_: _OPEN.pack(0, 0, 0),
            28: self._listed,
            29: lambda *_: b"",
            30: self._sync,
            35: self._created,
            45: lambda node, body: self._rename(node, body, 16),
        }

    def mount(self) -> None:
        """Raises OSError where that is not allowed."""
        self._device = os.open("/dev/fuse", os.O_RDWR)
        options = b"fd=%d,rootmode=40000,user_id=%d,group_id=%d" % (self._device, os.getuid(), os.getgid())
        if _LIBC.mount(b"power", self._folder, b"fuse", _NOSUID_NODEV, options):
            raise OSError(ctypes.get_errno(), "mount")

    def unmount(self) -> None:
        _LIBC.umount2(self._folder, _DETACH)
        os.close(self._device)

    def run(self) -> None:
        """Until the standard input ends."""
        _say("mounted")
        while True:
            for ready in select.select([0, self._device], [], [])[0]:
                if ready == self._device:
                    self._serve()
                elif not self._told(os.read(0, 100).decode()):
                    return

    def _told(self, line: str) -> bool:
        word, _, seed = line.strip().partition(" ")
        match word:
            case "deaf":
                self._disk.deaf = True
            case "cut":
                self._dead = True
                self._disk.cut(random.Random(int(seed)) if seed else None)
            case "on":
                self.unmount()
                self.mount()
                self._dead = self._disk.deaf = False
            case _:
                return False
        _say(word)
        return True

    def _serve(self) -> None:
        try:
            request = os.read(self._device, _LARGEST + 4096)
        except OSError as exc:
            if exc.errno in (errno.EINTR, errno.EAGAIN, errno.ENOENT):
                return
            raise
        _, opcode, unique, number, *_ = _IN.unpack_from(request)
        if opcode in (_FORGET, _BATCH_FORGET, _INTERRUPT):
            return
        error, answer = 0, b""
        try:
            if opcode == _INIT_OP:
                ahead = struct.unpack_from("<I", request, _IN.size + 8)[0]
                pages = _LARGEST // 4096
                answer = _INIT.pack(_MAJOR, _MINOR, ahead, _BIG_WRITES | _MAX_PAGES, 16, 12, _LARGEST, 1, pages, 0, 0)
            elif self._dead:
                error = errno.EIO
            elif opcode in self._calls:
                answer = self._calls[opcode](self._disk.node(number), request[_IN.size :])
            else:
                error = errno.ENOSYS
        except OSError as exc:
            error = exc.errno or errno.EIO
        os.write(self._device, _OUT.pack(_OUT.size + len(answer), -error, unique) + answer)

    def _entry(self, node: Node) -> bytes:
        return _ENTRY.pack(node.number, 0, _VALID_S, _VALID_S, 0, 0) + _attr(node)

    def _made(self, folder: Node, name: bytes, mode: int) -> bytes:
        return self._entry(self._disk.make(folder, _name(name), mode))

    def _created(self, folder: Node, body: bytes) -> bytes:
        mode = struct.unpack_from("<I", body, 4)[0]
        return self._made(folder, body[16:], stat.S_IFREG | mode) + _OPEN.pack(0, _KEEP_CACHE, 0)

    def _setattr(self, node: Node, body: bytes) -> bytes:
        valid, _, _, size, *_ = fields = _SETATTR.unpack_from(body)
        if valid & _SET_SIZE:
            self._disk.write(node, size, None)
        if valid & _SET_MODE:
            node.mode = stat.S_IFMT(node.mode) | stat.S_IMODE(fields[11])
        return _attr_out(node)

    def _remove(self, folder: Node, body: bytes) -> bytes:
        self._disk.remove(folder, _name(body))
        return b""

    def _rename(self, source: Node, body: bytes, names: int) -> bytes:
        old, new, _ = body[names:].split(b"\0", 2)
        self._disk.rename(source, old, self._disk.node(struct.unpack_from("<Q", body)[0]), new)
        return b""

    def _read(self, node: Node, body: bytes) -> bytes:
        _, at, size, *_ = _WRITE.unpack_from(body)
        return bytes(node.content[at : at + size])

    def _write(self, node: Node, body: bytes) -> bytes:
        _, at, size, *_ = _WRITE.unpack_from(body)
        self._disk.write(node, at, body[_WRITE.size : _WRITE.size + size])
        return struct.pack("<II", size, 0)

    def _sync(self, node: Node, _: bytes) -> bytes:
        self._disk.sync(node)
        return b""

    def _listed(self, folder: Node, body: bytes) -> bytes:
        _, at, size, *_ = _WRITE.unpack_from(body)
        found = b""
        for place, (name, node) in list(enumerate(folder.names.items(), 1))[at:]:
            kind = stat.S_IFMT(node.mode) >> 12
            one = _DIRENT.pack(node.number, place, len(name), kind) + name + bytes(-len(name) % 8)
            if len(found) + len(one) > size:
                break
            found += one
        return found


def _attr(node: Node) -> bytes:
    second = int(node.changed_s)
    part = int((node.changed_s - second) * 1e9)
    size = len(node.content)
    times = (second, second, second, part, part, part)
    links = 2 if node.is_folder else 1
    owner = (os.getuid(), os.getgid())
    return _ATTR.pack(node.number, size, -(-size // 512), *times, node.mode, links, *owner, 0, 4096, 0)


def _attr_out(node: Node) -> bytes:
    return _ATTR_OUT.pack(_VALID_S, 0, 0) + _attr(node)


def _name(body: bytes) -> bytes:
    return body.partition(b"\0")[0]


def _say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main() -> int:
    server = Server(sys.argv[1])
    try:
        server.mount()
    except OSError as exc:
        _say(f"cannot be mounted: {exc.strerror}: {os.strerror(exc.errno or 0)}")
        return 1
    try:
        server.run()
    finally:
        server.unmount()
    return 0


if __name__ == "__main__":
    sys.exit(main())
