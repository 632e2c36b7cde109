r"""Ark and scp files: Kaldi's archives of matrices and vectors, and the index into them.

An archive holds, for each entry, the key, a space and an array (see ``speakernet.kaldi.entries``).
An scp line is ``key path:offset``, the offset that of the array's first byte (see
``speakernet.kaldi.places``). Source: Kaldi's documentation, "Kaldi I/O mechanisms".
"""

from __future__ import annotations

import struct
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from signal import SIGPIPE
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from speakernet.config.errors import UserError, naming
from speakernet.config.files import open_input
from speakernet.kaldi.characters import check_key
from speakernet.kaldi.compression import MAX_FLOAT32, compress
from speakernet.kaldi.entries import Source
from speakernet.kaldi.places import Place, parse_place, within
from speakernet.work.files import NewFile, open_for_replace, write_errors
from speakernet.work.new_files import NewFiles

_LETTERS = {np.dtype(np.float32): b"F", np.dtype(np.float64): b"D"}
# Exit status, under pipefail, of a command whose reader stopped reading early.
_BROKEN_PIPE = 128 + SIGPIPE


class ArkWriter(NewFiles):
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
        try:
            self._scp = None if scp is None else open_for_replace(scp, fsync=fsync)
        except UserError:
            self._ark.discard()
            raise
        self._compress = compress
        self._offset = 0

    @property
    def files(self) -> tuple[NewFile, ...]:
        """The archive and its index."""
        return (self._ark,) if self._scp is None else (self._ark, self._scp)

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
        check_key(key, ark)
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
    is broken, cut short or holds something else.
    """
    with open_input(path) as file:
        yield from read_entries(file, path)


def read_entries(file: IO[bytes], path: Path) -> Iterator[tuple[str, NDArray[Any]]]:
    """Yield what ``read_ark`` does, of an open file."""
    source = Source(file, str(path))
    while key := source.read_key():
        yield key, source.read_array()


def read_matrix(spec: str, key: str = "") -> NDArray[Any]:
    """Read the array that an scp line points to; ``speakernet.kaldi.places`` has the grammar.

    Returns float32 or float64 (int32 for Kaldi's integer vectors). Raises UserError naming the
    file and, if it is given, the key.
    """
    try:
        return read_place(parse_place(spec))
    except UserError as error:
        raise UserError(f"'{key}': {error}" if key else f"{error}") from None


def read_place(place: Place) -> NDArray[Any]:
    """Read the array that lies at ``place``; see ``read_matrix``."""
    array = _read_command(place.source) if place.is_command else _read_file(place)
    with naming(place.source):
        return array[within(place, array.shape)]


def read_features(spec: str, key: str, scp: Path) -> NDArray[Any]:
    """Read the features (frames, dim) of the utterance ``key`` of ``scp``; see ``read_matrix``.

    Raises UserError for a vector, and for frames without values or with NaN or infinite ones, too.
    """
    with naming(f"{scp}: '{key}'"):
        return as_features(read_matrix(spec))


def as_features(array: NDArray[Any]) -> NDArray[Any]:
    """Return ``array`` if it is a matrix of features, and raise UserError otherwise.

    A text has no other form for a matrix without rows than for a vector without values.
    """
    if array.shape == (0,):
        return array.reshape(0, 0)
    if array.ndim != 2 or (len(array) and not array.shape[1]):
        raise UserError(f"found an array of shape {array.shape}; expected a matrix of features")
    check_finite(array)
    return array


def check_finite(array: NDArray[Any]) -> None:
    """Raise UserError if a value is no finite number of 32 bits."""
    if array.size and not np.abs(array).max() <= MAX_FLOAT32:
        raise UserError("found NaN or infinite values; expected finite numbers of 32 bits")


def _read_file(place: Place) -> NDArray[Any]:
    with open_input(place.source) as file:
        source = Source(file, place.source)
        source.seek(place.offset)
        return source.read_array()


def _read_command(text: str) -> NDArray[Any]:
    """Return the array that a shell command writes; what follows it is not read."""
    with tempfile.TemporaryFile() as messages:
        process = subprocess.Popen(
            ["bash", "-o", "pipefail", "-c", text],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=messages,
        )
        array, problem = None, ""
        with process:
            assert process.stdout is not None
            try:
                array = Source(process.stdout, f"the output of '{text} |'").read_array()
            except UserError as error:
                problem = str(error)
        if process.returncode not in (0, _BROKEN_PIPE, -SIGPIPE):
            messages.seek(0)
            last = " / ".join(messages.read().decode(errors="replace").split("\n")[-4:]).strip(" /")
            problem = f"status {process.returncode} from '{text} |': {last or 'no message'}"
    if array is None or problem:
        raise UserError(problem)
    return array
