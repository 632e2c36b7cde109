"""Files of ``torch.save``, read without running code from them and without trusting their sizes.

Such a file is a zip: ``data.pkl`` describes objects and names the records that hold the numbers.
Torch takes both at their word: a record may be compressed a thousandfold, and a tensor may claim
more bytes than its record has, which is then read from whatever lies behind it in memory. So the
zip's checksums and sizes are compared first, then the description with the records; then
``torch.load`` reads the file with ``weights_only``.
"""

import pickle
import re
import struct
import zipfile
import zlib
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import torch

from speakernet.config import UserError
from speakernet.config.files import open_input
from speakernet.work.input_files import HEAD_BYTES, kind_of

_MAX_DESCRIPTION_BYTES = 1 << 26
_NAMED = re.compile(r"GLOBAL ([\w.]+)")
_NUM_BYTES = {
    "Double": 8, "Float": 4, "Half": 2, "BFloat16": 2, "Long": 8, "Int": 4, "Short": 2, "Char": 1,
    "Byte": 1, "Bool": 1, "Untyped": 1, "ComplexDouble": 16, "ComplexFloat": 8,
}  # fmt: skip
# What reading a file with flipped bits was seen to raise, and its kin.
_DAMAGES = (
    OSError, EOFError, RuntimeError, ValueError, TypeError, AttributeError, LookupError,
    MemoryError, OverflowError, AssertionError, pickle.UnpicklingError, zipfile.BadZipFile,
    zlib.error, struct.error,
)  # fmt: skip


def load_tensors(path: str | Path) -> Any:
    """Return what ``torch.save`` wrote to ``path``, on the CPU.

    Raises UserError if the file is missing, damaged, of another kind, or holds anything but numbers
    and text.
    """
    with open_input(path) as file:
        try:
            _check_kind(file, path)
            with zipfile.ZipFile(file) as archive:
                _check_records(archive, file.seek(0, 2))
            file.seek(0)
            return torch.load(file, map_location="cpu", weights_only=True)
        except _DAMAGES as error:
            raise UserError(f"{path}: is damaged, or not a checkpoint: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    """Return why a file cannot be read; torch's own words tell how to run the code in it."""
    text = str(error)
    if isinstance(error, UnicodeError):
        return "a name in it is not UTF-8"
    if text.startswith("Weights only load failed"):
        named = _NAMED.search(text)
        return f"holds more than numbers and text{f': {named[1]}' if named else ''}"
    return text.splitlines()[0][:300] if text else type(error).__name__


def _check_kind(file: IO[bytes], path: str | Path) -> None:
    head = file.read(HEAD_BYTES)
    kind = kind_of(head)
    if kind and not head.startswith(b"PK"):
        raise UserError(f"{path}: is not a checkpoint: found {kind}; expected a zip of tensors")


def _check_records(archive: zipfile.ZipFile, file_size: int) -> None:
    """Raise one of ``_DAMAGES`` unless each record is whole, and as large as tensors say."""
    records = {info.filename: info for info in archive.infolist()}
    if len(records) < len(archive.infolist()):
        raise ValueError("two records have one name")
    for name, info in records.items():
        if info.compress_type != zipfile.ZIP_STORED or info.file_size != info.compress_size:
            raise ValueError(f"the record {name} is compressed")
    if sum(info.file_size for info in records.values()) > file_size:
        raise ValueError("its records claim more bytes than it has")
    damaged = archive.testzip()
    if damaged:
        raise ValueError(f"the checksum of {damaged} is wrong")
    descriptions = [name for name in records if name.endswith("data.pkl")]
    if len(descriptions) != 1 or records[descriptions[0]].file_size > _MAX_DESCRIPTION_BYTES:
        raise ValueError("no record data.pkl of a usual size")
    folder = descriptions[0].removesuffix("data.pkl")
    for key, num_bytes in _claims(archive.read(descriptions[0])):
        record = records.get(f"{folder}data/{key}")
        if record is None or record.file_size < num_bytes:
            raise ValueError(f"the record data/{key} is missing or shorter than {num_bytes} bytes")


def _claims(description: bytes) -> list[tuple[str, int]]:
    """Return the name of each record that a ``data.pkl`` refers to, and the bytes it expects."""
    reader = _ClaimsReader(BytesIO(description))
    reader.load()
    return reader.claims


class _Inert:
    """Stands for every class and function that a description names: does nothing when called."""

    def __new__(cls, *_: object, **__: object) -> "_Inert":
        return super().__new__(cls)

    def __setstate__(self, state: object) -> None:
        pass

    def __setitem__(self, key: object, value: object) -> None:
        pass


class _ClaimsReader(pickle._Unpickler):
    """Goes through a description: Python's own unpickler, with nothing to call but ``_Inert``.

    (The one in C grows its memory to the largest number that a file names.)
    """

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self.claims: list[tuple[str, int]] = []

    def find_class(self, module: str, name: str) -> Any:
        num_bytes = _NUM_BYTES.get(name.removesuffix("Storage"), 0)
        return type(name, (_Inert,), {"num_bytes": num_bytes})

    def persistent_load(self, pid: Any) -> _Inert:
        _, storage, key, _, number = pid
        if not storage.num_bytes or not isinstance(key, str) or not 0 <= number < 1 << 60:
            raise ValueError("a tensor of unknown kind or size")
        self.claims.append((key, storage.num_bytes * number))
        return _Inert()
