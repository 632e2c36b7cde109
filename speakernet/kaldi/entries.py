r"""One array of an archive, read from an open file or from the output of a command.

After the key and a space stands either ``\0B``, a type and binary values, or text:

====================== =========================================================================
``FM DM``              matrix of float32 or float64: ``\4`` rows, ``\4`` columns (int32), values
``FV DV``              vector: ``\4`` dimension, values
``CM CM2 CM3``         compressed matrix, see ``speakernet.kaldi.compression``
``\4`` dimension       vector of int32, each value after a ``\4``
`` [ 1 2 ]``           text: vector; with a line for each row, the first one empty: matrix
``3 4``                text: vector of int32
====================== =========================================================================

Nothing else is read: what other programs put into archives (pickles, NumPy files, audio) is refused
with its name. A size is compared with the file's before memory is taken. Source: Kaldi's
documentation, "Kaldi I/O mechanisms".
"""

from __future__ import annotations

import os
import stat
import struct
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from speakernet.arrays import Float32
from speakernet.config import UserError
from speakernet.kaldi.compression import decompress, payload_size
from speakernet.work.input_files import HEAD_BYTES, kind_of

DTYPES: dict[bytes, np.dtype[Any]] = {b"F": np.dtype("<f4"), b"D": np.dtype("<f8")}
_INTEGERS = np.dtype([("mark", "u1"), ("value", "<i4")])
_CHUNK_BYTES = 1 << 24
_MAX_LINE_BYTES = 1 << 24
_MAX_KEY_BYTES = 1 << 16
_EXPECTED = "expected a matrix or vector of Kaldi's"


class Source:
    """An open file, or the output of a command, with the name that messages give it."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        """``file`` is read from where it stands."""
        self.file = file
        self.name = name
        self.key = ""
        status = os.fstat(file.fileno())
        self._size = status.st_size if stat.S_ISREG(status.st_mode) else None

    def error(self, message: str) -> UserError:
        """Return an error that names file and key."""
        return UserError(f"{self.name}: {repr(self.key) + ': ' if self.key else ''}{message}")

    def refuse(self, found: bytes) -> UserError:
        """Return the error for an entry that begins with ``found`` and is no array."""
        kind = kind_of(found) if found else ""
        if not kind and self._size is not None:
            self.file.seek(0)
            kind = kind_of(self.file.read(HEAD_BYTES))
        return self.error(f"found {kind or repr(found[:16])}; {_EXPECTED}")

    def seek(self, offset: int) -> None:
        """Move to a byte of the file. Raises UserError if it has fewer."""
        if self._size is not None and offset >= self._size:
            head = kind_of(self.file.read(HEAD_BYTES))
            raise self.error(
                f"has {self._size} bytes; expected an array at byte {offset}"
                + (f"; found {head}" if head else "")
            )
        self.file.seek(offset)

    def take(self, size: int) -> bytearray:
        """Return the next ``size`` bytes. Raises UserError if there are fewer."""
        if self._size is not None and size > _CHUNK_BYTES:
            self._check_left(size, self._size - self.file.tell())
        data = bytearray()
        while len(data) < size:
            chunk = self.file.read(min(size - len(data), _CHUNK_BYTES))
            if not chunk:
                self._check_left(size, len(data))
            data += chunk
        return data

    def _check_left(self, size: int, left: int) -> None:
        if left < size:
            raise self.error(f"cut short: {size} bytes expected at the end, {left} found")

    def read_key(self) -> str:
        """Read up to a space; empty at the end of the file.

        Kaldi writes 4 bytes too many after an empty compressed matrix: NULs before a key are
        skipped, as is the newline that ends an entry of text.
        """
        self.key = ""
        characters = bytearray()
        while (character := self.file.read(1)) not in (b" ", b"\t", b""):
            if characters or character not in (b"\0", b"\n"):
                characters += character
            if len(characters) > _MAX_KEY_BYTES:
                raise self.refuse(bytes(characters))
        if characters and not character:
            raise self._without_array(bytes(characters))
        try:
            self.key = characters.decode()
        except UnicodeDecodeError:
            raise self.refuse(bytes(characters)) from None
        return self.key

    def _without_array(self, key: bytes) -> UserError:
        kind = kind_of(key)
        if kind:
            return self.error(f"found {kind}; expected an archive of Kaldi's")
        return self.error(f"cut short after the key {key[:80]!r}")

    def read_array(self) -> NDArray[Any]:
        """Read the array that starts here.

        Returns float32 or float64 (rows, columns) or (dim,), or int32 (dim,). Raises UserError for
        anything else, and for what is broken or cut short.
        """
        head = self.file.read(2)
        return self._read_binary() if head == b"\0B" else self._read_text(head)

    def _read_binary(self) -> NDArray[Any]:
        head = bytes(self.take(1))
        if head == b"\4":
            return self._read_integers()
        head += self.take(2)
        if head[:2] == b"CM":
            return self._read_compressed(head)
        if head[:1] in DTYPES and head[1:] in (b"M ", b"V "):
            return self._read_plain(DTYPES[head[:1]], 2 if head[1:2] == b"M" else 1)
        raise self.error(f"found the type {head!r}; expected FM, DM, FV, DV, CM, CM2 or CM3")

    def _read_plain(self, dtype: np.dtype[Any], ndim: int) -> NDArray[Any]:
        sizes = struct.unpack("<" + "bi" * ndim, self.take(5 * ndim))
        shape = sizes[1::2]
        if any(mark != 4 for mark in sizes[::2]) or min(shape) < 0:
            raise self.error(f"broken header of sizes {shape}")
        num_bytes = dtype.itemsize * shape[0] * (shape[1] if ndim == 2 else 1)
        return np.frombuffer(self.take(num_bytes), dtype).reshape(shape)

    def _read_compressed(self, head: bytes) -> Float32:
        token = head if head.endswith(b" ") else head + self.take(1)
        header = bytes(token + self.take(16))
        try:
            return decompress(header + self.take(payload_size(header)))
        except ValueError as error:
            raise self.error(str(error)) from None

    def _read_integers(self) -> NDArray[Any]:
        (size,) = struct.unpack("<i", self.take(4))
        if size < 0:
            raise self.error(f"a vector of {size} integers")
        values = np.frombuffer(self.take(size * _INTEGERS.itemsize), _INTEGERS)
        if (values["mark"] != 4).any():
            raise self.error("a vector of integers that are not of 4 bytes each")
        return values["value"].astype(np.int32)

    def _read_text(self, head: bytes) -> NDArray[Any]:
        line = head if head.endswith(b"\n") else head + self._line()
        text = line.strip()
        if not text.startswith(b"["):
            return self._integers(text, line)
        row, rows = text[1:], list[Float32]()
        while not row.endswith(b"]"):
            rows.append(self._numbers(row, line))
            if not (row := self._line()):
                raise self.error("cut short: a text array without ']'")
            row = row.strip()
        rows.append(self._numbers(row[:-1], line))
        if len(rows) == 1:
            return rows[0]
        filled = [values for values in rows if len(values)]
        if len(rows[0]) or len({len(values) for values in filled}) > 1:
            raise self.error("a text matrix whose rows are not equally long")
        return np.stack(filled) if filled else np.zeros((0, 0), np.float32)

    def _line(self) -> bytes:
        line = self.file.readline(_MAX_LINE_BYTES)
        if len(line) == _MAX_LINE_BYTES:
            raise self.error(f"a line of text of more than {_MAX_LINE_BYTES} bytes")
        return line

    def _numbers(self, text: bytes, line: bytes) -> Float32:
        if b"_" in text:  # a float for Python
            raise self.refuse(line)
        try:
            with np.errstate(over="ignore"):
                return np.array(text.decode("ascii").split(), np.float64).astype(np.float32)
        except ValueError:
            raise self.refuse(line) from None

    def _integers(self, text: bytes, line: bytes) -> NDArray[Any]:
        words = text.split()
        if not words or not all(word.removeprefix(b"-").isdigit() for word in words):
            raise self.refuse(line)
        try:
            return np.array([int(word) for word in words], np.int32)
        except (OverflowError, ValueError):
            raise self.error("a number that has more than 32 bits") from None
