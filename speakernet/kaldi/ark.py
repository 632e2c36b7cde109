r"""Ark and scp files: Kaldi's archives of matrices and vectors, and the index into them.

Binary archive: for each entry the key, a space, ``\\0B``, a type token (``FM``/``DM`` float/double
matrix, ``FV``/``DV`` vector, ``CM*`` compressed matrix), sizes as ``\\4`` and an int32, and
little-endian values. An scp line is ``key path:offset``, the offset that of the ``\\0B``. These,
the bulk of all data, are read here; text archives, integers and pipes are left to kaldiio. Source:
Kaldi's documentation, "Kaldi I/O mechanisms".
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from speakernet.arrays import Float32
from speakernet.config import UserError
from speakernet.kaldi.compression import compress, decompress, payload_size
from speakernet.work.files import NewFile, open_for_replace, write_errors

_BUFFER_BYTES = 1 << 20
_DTYPES: dict[bytes, np.dtype[Any]] = {b"F": np.dtype("<f4"), b"D": np.dtype("<f8")}
_LETTERS = {np.dtype(np.float32): b"F", np.dtype(np.float64): b"D"}
_SPEC = re.compile(r"(?P<path>.+?)(?::(?P<offset>\d+))?(?:\[(?P<range>[^\[\]]*)\])?")


class ArkWriter:
    """Write arrays to an archive and, unless ``scp`` is None, its index.

    Both files are written under temporary names, renamed when the ``with`` block ends well and
    removed when it does not; then ``files`` have their checksums. Raises UserError when the disk is
    full and for a key or array that the format cannot hold.
    """

    def __init__(
        self, ark: Path, scp: Path | None, *, compress: bool = False, fsync: bool = True
    ) -> None:
        """``compress`` stores float32 matrices as ``copy-feats --compress=true`` does; ``fsync``
        survives a crash of the machine.
        """
        self._ark = open_for_replace(ark, fsync=fsync)
        self._scp = None if scp is None else open_for_replace(scp, fsync=fsync)
        self._compress = compress
        self._offset = 0

    @property
    def files(self) -> tuple[NewFile, ...]:
        """The archive and its index."""
        return (self._ark,) if self._scp is None else (self._ark, self._scp)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._publish()
        finally:
            for file in self.files:
                file.discard()

    def _publish(self) -> None:
        for file in self.files:
            file.finish()
        if self._scp is not None:  # at no moment may an old index point into a new archive
            self._scp.path.unlink(missing_ok=True)
        for file in self.files:
            file.publish()

    def write(self, key: str, array: NDArray[Any]) -> None:
        """Append a matrix ``(rows, columns)`` or a vector ``(dim,)`` of float32 or float64 (never
        compressed).
        """
        ark = self._ark.path
        if not key or key.split() != [key]:
            raise UserError(f"{ark}: '{key}' cannot be a key: empty or with white space")
        try:
            data = _encode(np.asarray(array), self._compress)
        except ValueError as error:
            raise UserError(f"{ark}: '{key}': {error}") from None
        prefix = key.encode() + b" "
        with write_errors(ark):
            self._ark.write(prefix + b"\0B" + data)
            if self._scp is not None:
                self._scp.write(f"{key} {ark}:{self._offset + len(prefix)}\n".encode())
        self._offset += len(prefix) + 2 + len(data)


def _encode(array: NDArray[Any], compressed: bool) -> bytes:
    if array.dtype not in _LETTERS or array.ndim not in (1, 2):
        raise ValueError(f"array of {array.dtype} and shape {array.shape}; expected float32 or 64")
    if compressed and array.ndim == 2:
        return compress(array)
    sizes = b"".join(struct.pack("<bi", 4, size) for size in array.shape)
    kind = _LETTERS[array.dtype] + (b"M " if array.ndim == 2 else b"V ")
    return kind + sizes + np.ascontiguousarray(array).tobytes()


def read_ark(path: Path) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield ``(key, array)`` of each entry of an archive, binary or text. Raises UserError if it
    is broken or cut short.
    """
    try:
        with open(path, "rb", buffering=_BUFFER_BYTES) as file:
            while key := _read_key(file, path):
                yield key, _read_array(file, path)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None


def _read_key(file: BinaryIO, path: Path) -> str:
    """Read up to a space. Kaldi writes 4 bytes too many after an empty compressed matrix: NULs
    before a key are skipped.
    """
    characters = bytearray()
    while (character := file.read(1)) not in (b" ", b"\t", b""):
        if character not in (b"\0", b"\n"):
            characters += character
    if characters and not character:
        raise UserError(f"{path}: cut short after the key {bytes(characters)!r}")
    return characters.decode()


def read_matrix(spec: str) -> NDArray[Any]:
    """Read the array that an scp line points to: ``file.ark:123``, with Kaldi's inclusive ranges
    ``[first:last]`` of rows or ``[rows,columns]``, a file holding one array, or a command ending
    in ``|``.

    Returns float32 or float64 (int32 for Kaldi's integer vectors). Raises UserError naming the
    file.
    """
    match = _SPEC.fullmatch(spec.strip())
    if match is None or spec.rstrip().endswith("|"):
        return _read_by_kaldiio(spec)
    path = Path(match["path"])
    try:
        with open(path, "rb") as file:
            file.seek(int(match["offset"] or 0))
            array = _read_array(file, path)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    return array[_parse_ranges(match["range"], array.shape, spec)] if match["range"] else array


def _parse_ranges(text: str, shape: tuple[int, ...], spec: str) -> tuple[slice, ...]:
    slices = []
    for part, size in zip(text.split(","), shape, strict=False):
        bounds = re.fullmatch(r"(\d+):(\d+)|:?", part)
        if bounds is None:
            raise UserError(f"{spec}: range '[{text}]'; expected [first:last] or [rows,columns]")
        first, last = (int(bounds[1]), int(bounds[2])) if bounds[1] else (0, size - 1)
        if not first <= last + 1 <= size:
            raise UserError(f"{spec}: range '[{text}]' does not fit an array of shape {shape}")
        slices.append(slice(first, last + 1))
    return tuple(slices)


def _read_array(file: BinaryIO, path: Path) -> NDArray[Any]:
    start = file.tell()
    head = file.read(5)
    if head[:3] == b"\0BC":
        return _read_compressed(file, head, path)
    if head[:2] == b"\0B" and head[2:3] in _DTYPES and head[3:5] in (b"M ", b"V "):
        return _read_plain(file, _DTYPES[head[2:3]], 2 if head[3:4] == b"M" else 1, path)
    file.seek(start)
    return _read_by_kaldiio(file, path)


def _read_plain(file: BinaryIO, dtype: np.dtype[Any], ndim: int, path: Path) -> NDArray[Any]:
    sizes = struct.unpack("<" + "bi" * ndim, _read_exactly(file, 5 * ndim, path))
    shape = sizes[1::2]
    if any(mark != 4 for mark in sizes[::2]) or min(shape) < 0:
        raise UserError(f"{path}: broken header of sizes near byte {file.tell()}")
    data = bytearray(
        _read_exactly(file, dtype.itemsize * int(np.prod(shape, dtype=np.int64)), path)
    )
    return np.frombuffer(data, dtype).reshape(shape)


def _read_compressed(file: BinaryIO, head: bytes, path: Path) -> Float32:
    token = head[2:] if head.endswith(b" ") else head[2:] + _read_exactly(file, 1, path)
    header = token + _read_exactly(file, 16, path)
    try:
        return decompress(header + _read_exactly(file, payload_size(header), path))
    except ValueError as error:
        raise UserError(f"{path}: {error} near byte {file.tell()}") from None


def _read_exactly(file: BinaryIO, size: int, path: Path) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise UserError(f"{path}: cut short: {size} bytes expected at the end, {len(data)} found")
    return data


def _read_by_kaldiio(source: str | BinaryIO, path: Path | None = None) -> NDArray[Any]:
    import kaldiio  # 0.2 s, and rarely needed

    try:
        if isinstance(source, str):
            return np.asarray(kaldiio.load_mat(source))
        return np.asarray(kaldiio.matio.read_kaldi(source))
    except (ValueError, RuntimeError, OSError, AssertionError, struct.error) as error:
        raise UserError(f"{path or source}: not an array of Kaldi's: {error}") from None
