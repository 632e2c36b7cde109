"""Audio in archives: many recordings in a few large files, which network disks read fastest.

An archive holds, for each recording, its id, a space and an object. A wav file is one as it is, as
Kaldi's ``wav-copy`` writes it: its header says where it ends. Any other file is in a frame that
does so::

    AUDIO   1 byte: how many bytes the length has   the length, little-endian   the file

That is the frame of the Python package kaldiio (2.18, ``matio.py``), which reads such archives;
Kaldi does not. The entry of ``wav.scp`` is ``PATH:OFFSET``, the offset of the object's first byte.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, BinaryIO

from speakernet.config.errors import UserError
from speakernet.kaldi.characters import check_key
from speakernet.work.files import NewFile, open_for_replace, suffixed, write_errors
from speakernet.work.new_files import NewFiles

MAX_ARCHIVE_BYTES = 2 << 30

_FRAME = b"AUDIO"
_MAX_LENGTH_BYTES = 8


class FilePart(io.RawIOBase):
    """``size`` bytes of ``file`` from ``start`` on, as a file that begins and ends there.

    ``file`` stays open when this is closed.
    """

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._file, self._start, self._size = file, start, size
        self._position = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a byte, as any file does; beyond the end there is nothing to read."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError(f"negative seek position {base + offset}")
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` as far as the part reaches; return the number of bytes."""
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), max(self._size - self._position, 0))
        self._file.seek(self._start + self._position)
        data = self._file.read(wanted)
        view[: len(data)] = data
        self._position += len(data)
        return len(data)


def framed_file(stream: BinaryIO, head: bytes, offset: int) -> BinaryIO | None:
    """Return the file in the frame at ``offset`` of ``stream``, or None if there is no frame.

    ``head``: the bytes there. Raises UserError for a frame that ``stream`` does not hold.
    """
    if not head.startswith(_FRAME) or len(head) <= len(_FRAME):
        return None
    num_bytes = head[len(_FRAME)]
    start = len(_FRAME) + 1 + num_bytes
    if not 0 < num_bytes <= _MAX_LENGTH_BYTES or len(head) < start:
        raise UserError(f"found a frame whose length has {num_bytes} bytes; expected 1 to 8")
    size = int.from_bytes(head[len(_FRAME) + 1 : start], "little")
    available = stream.seek(0, io.SEEK_END) - offset - start
    if size > available:
        raise UserError(f"truncated: the archive promises {size} bytes, found {available}")
    return io.BufferedReader(FilePart(stream, offset + start, size))


def frame_of(data: bytes) -> bytes:
    """Return what comes before a file in a frame."""
    length = len(data)
    num_bytes = max(1, (length.bit_length() + 7) // 8)
    return _FRAME + bytes([num_bytes]) + length.to_bytes(num_bytes, "little")


class AudioArchives(NewFiles):
    """Writes ``PREFIX.1.ark``, ``PREFIX.2.ark``, … and their index ``PREFIX.scp``.

    An archive is as large as ``max_bytes`` at most, or holds one object. Each appears when it is
    full, the index when the ``with`` block ends well. Raises UserError if the disk is full.
    """

    def __init__(self, prefix: Path, *, framed: bool, max_bytes: int = MAX_ARCHIVE_BYTES) -> None:
        self._prefix, self._framed, self._max_bytes = prefix, framed, max_bytes
        scp = suffixed(prefix, "scp")
        with write_errors(scp):  # at no moment may an old index point into a new archive
            scp.unlink(missing_ok=True)
        self._scp = open_for_replace(scp)
        self._arks: list[NewFile] = []
        self._offset = 0

    @property
    def files(self) -> tuple[NewFile, ...]:
        """The archives and the index."""
        return (*self._arks, self._scp)

    def write(self, key: str, data: bytes) -> None:
        """Append a file under an id. Raises UserError for an id with white space, or none."""
        check_key(key, self._prefix)
        begin = key.encode() + b" "
        frame = frame_of(data) if self._framed else b""
        size = len(begin) + len(frame) + len(data)
        if not self._arks or (self._offset and self._offset + size > self._max_bytes):
            self._open_next()
        ark = self._arks[-1]
        with write_errors(ark.path):
            ark.write(begin + frame)
            ark.write(data)
            self._scp.write(f"{key} {ark.path}:{self._offset + len(begin)}\n".encode())
        self._offset += size

    def _open_next(self) -> None:
        for ark in self._arks[-1:]:
            ark.publish()
        number = len(self._arks) + 1
        self._arks.append(open_for_replace(suffixed(self._prefix, f"{number}.ark"), fsync=True))
        self._offset = 0

    def _publish(self) -> None:
        for file in (*self._arks[-1:], self._scp):
            file.publish()
