"""One input opened: its content as a stream or a plain file, unpacked, and what format it is in."""

from __future__ import annotations

import io
import os
import stat
import sys
import tempfile
import weakref
from dataclasses import dataclass
from typing import IO, Final, Self, cast

from bootwatch.errors import InputError
from bootwatch.ingest.compressed import Reader, Unpacked, codec_of
from bootwatch.ingest.sniff import HEAD_BYTES, Kind, NotALog, kind_of
from bootwatch.ingest.walk import STDIN

STDIN_NAME: Final = "stdin"


@dataclass(frozen=True, slots=True)
class Content:
    """``head`` is how it begins; ``reader`` gives all of it, head included. ``descriptor`` and ``size`` are set where
    it is a plain file that may be read at any offset; ``file`` belongs to it and is closed with it. ``span``: of a text
    log only the events that begin in these bytes are read.
    """

    name: str
    kind: Kind
    head: bytes
    reader: Reader
    file: IO[bytes]
    descriptor: int | None = None
    size: int = 0
    span: tuple[int, int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.file.close()


class Input:
    """A path, or standard input.

    Standard input and pipes can be read once. Formats that need two passes (their columns are found first) are copied
    to a temporary file; a text log never is.
    """

    def __init__(
        self,
        path: str,
        stdin: IO[bytes] | None = None,
        name: str | None = None,
        span: tuple[int, int] | None = None,
    ) -> None:
        self.path = path
        self.span = span
        self.name = name or (STDIN_NAME if path == STDIN else path)
        self._stdin = stdin
        self._spool: IO[bytes] | None = None
        self._spool_ends: InputError | None = None
        self._waiting: Content | None = None
        self._consumed = False

    def plain_size(self) -> int | None:
        """The bytes of a plain file, None for a pipe or a packed file (by its name, as nothing is opened here)."""
        if self.path == STDIN or self.path.endswith((".gz", ".zst", ".bz2", ".xz")):
            return None
        try:
            status = os.stat(self.path)
        except OSError:
            return 0
        return status.st_size if stat.S_ISREG(status.st_mode) else None

    def is_file(self) -> bool:
        """False for pipes, standard input and what is not there: opening those may wait, or fail."""
        return self.path != STDIN and os.path.isfile(self.path)

    def peek(self) -> Kind:
        """The format. Raises InputError where it cannot be read or is no log."""
        content = self.open()
        if self._is_once(content):
            self._waiting, self._consumed = content, False
        else:
            content.close()
        return content.kind

    def open(self) -> Content:
        """From the start. Raises InputError where it cannot be read, is no log, or was a pipe that has been read."""
        if self._waiting is not None:
            content, self._waiting = self._waiting, None
            self._consumed = True
            return content
        if self._consumed:
            raise InputError("a pipe can be read only once", path=self.name)
        try:
            file = self._reopen()
            status = os.fstat(file.fileno())
            return self._examine(file, status)
        except OSError as exc:
            raise InputError(_plainly(exc), path=self.name) from exc

    def _is_once(self, content: Content) -> bool:
        return self._consumed and content.kind is Kind.TEXT

    def _reopen(self) -> IO[bytes]:
        if self._spool is not None:
            return _same_file(self._spool)
        if self.path == STDIN:
            # Closing it is not ours to do.
            stream = self._stdin if self._stdin is not None else sys.stdin.buffer
            try:
                return open(os.dup(stream.fileno()), "rb", buffering=0)
            except io.UnsupportedOperation as exc:
                raise InputError("standard input is not a file or a pipe", path=self.name) from exc
        # Without O_NONBLOCK: a named pipe waits for its writer, as cat does.
        return open(self.path, "rb", buffering=0)

    def _examine(self, file: IO[bytes], status: os.stat_result) -> Content:
        try:
            is_plain = stat.S_ISREG(status.st_mode) and self.path != STDIN
            reader: Reader = _Patient(file, self.name)
            reader = _Peeked(reader)
            codec = codec_of(reader.peek(8))
            if codec is not None:
                reader = _Peeked(Unpacked(reader, codec, self.name))
            head = reader.peek(HEAD_BYTES)
            try:
                kind = kind_of(head, self.path)
            except NotALog as exc:
                raise InputError(str(exc), path=self.name) from exc
            once = not is_plain and self._spool is None
            if (once and kind is not Kind.TEXT) or (codec is not None and kind is Kind.PARQUET):
                self._spool, self._spool_ends = _spooled(reader)
                weakref.finalize(self, self._spool.close)
                file.close()
                return self.open()
            if once:
                self._consumed = True
            if self._spool is not None and self._spool_ends is not None:
                reader = _Ending(reader, self._spool_ends)
            seekable = is_plain and codec is None
            descriptor = file.fileno() if seekable or self._spool else None
            return Content(self.name, kind, head, reader, file, descriptor, status.st_size, self.span)
        except BaseException:
            file.close()
            raise


class _Patient:
    """Reads a file; an error while reading is told as ours."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        self._file = file
        self._name = name

    def read(self, limit: int) -> bytes:
        try:
            return self._file.read(limit) or b""
        except OSError as exc:
            raise InputError(_plainly(exc), path=self._name) from exc


class _Peeked:
    """A reader whose beginning can be looked at first. An error met while looking is raised when reading gets there."""

    def __init__(self, inner: Reader) -> None:
        self._inner = inner
        self._ahead = b""
        self._broken: InputError | None = None

    def peek(self, size: int) -> bytes:
        while len(self._ahead) < size and self._broken is None:
            try:
                more = self._inner.read(size - len(self._ahead))
            except InputError as exc:
                self._broken = exc
                break
            if not more:
                break
            self._ahead += more
        return self._ahead[:size]

    def read(self, limit: int) -> bytes:
        if self._ahead:
            out, self._ahead = self._ahead[:limit], self._ahead[limit:]
            return out
        if self._broken is not None:
            raise self._broken
        return self._inner.read(limit)


class _Ending:
    """A copy of a stream that broke: after its last byte comes the error it broke with."""

    def __init__(self, inner: Reader, error: InputError) -> None:
        self._inner = inner
        self._error = error

    def read(self, limit: int) -> bytes:
        out = self._inner.read(limit)
        if not out:
            raise self._error
        return out


def _spooled(reader: Reader) -> tuple[IO[bytes], InputError | None]:
    """A copy that goes away with its last handle, and what the stream broke with."""
    # Kept open on purpose, for as long as the input lives.
    spool = cast("IO[bytes]", tempfile.TemporaryFile(prefix="bootwatch-"))  # noqa: SIM115
    broken: InputError | None = None
    try:
        while more := reader.read(1 << 20):
            spool.write(more)
    except InputError as exc:
        broken = exc
    spool.flush()
    return spool, broken


def _same_file(file: IO[bytes]) -> IO[bytes]:
    """A second handle on an open temporary file, at its start."""
    copy = open(os.dup(file.fileno()), "rb", buffering=0)  # noqa: SIM115
    copy.seek(0)
    return copy


def _plainly(exc: OSError) -> str:
    if isinstance(exc, FileNotFoundError):
        return "no such file or folder"
    if isinstance(exc, PermissionError):
        return "not readable: permission denied"
    return f"not readable: {exc.strerror or exc}"
