"""Text tables: one line per entry, an id and the rest, as in ``wav.scp``, ``utt2spk`` and
``feats.scp``.

Fields are separated by spaces or tabs (ASCII only, so that an id may hold any other character of
UTF-8). Every line ends in a newline. Lines are in the C locale's order of their ids, that is the
order of their UTF-8 bytes, which is also Python's order of ``str`` and ``bytes``. Files are read
in blocks, so that a table of millions of lines costs no more memory than what is kept of it.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterable, Iterator
from pathlib import Path

from speakernet.config import UserError
from speakernet.kaldi.files import open_for_replace

_BLOCK_BYTES = 1 << 22
_CONTROL_CHARACTERS = bytes(set(range(32)) - set(b"\t\n")) + b"\x7f"


def iter_line_blocks(path: Path) -> Iterator[tuple[int, list[bytes]]]:
    """Yield ``(number of the first line, lines without newline)`` for block after block of a text
    file.

    Raises UserError for a missing file, a last line without newline, control characters (carriage
    returns above all) and bytes that are not UTF-8.
    """
    number = 1
    rest = b""
    try:
        with open(path, "rb") as file:
            while block := file.read(_BLOCK_BYTES):
                complete, newline, rest = (rest + block).rpartition(b"\n")
                if newline:
                    _check_characters(path, number, complete)
                    lines = complete.split(b"\n")
                    yield number, lines
                    number += len(lines)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    if rest:
        raise UserError(f"{path}:{number}: the last line does not end in a newline")


def _check_characters(path: Path, number: int, block: bytes) -> None:
    if block.isascii() and len(block.translate(None, _CONTROL_CHARACTERS)) == len(block):
        return
    for offset, line in enumerate(block.split(b"\n")):
        where = f"{path}:{number + offset}"
        if line.endswith(b"\r"):
            raise UserError(f"{where}: the line ends in CR LF (Windows); expected LF alone")
        if len(line.translate(None, _CONTROL_CHARACTERS)) != len(line):
            raise UserError(f"{where}: control character in {line!r}")
        try:
            line.decode()
        except UnicodeDecodeError:
            raise UserError(f"{where}: not valid UTF-8: {line!r}") from None


def iter_fields(path: Path, *, num_fields: int | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """Yield ``(line number, fields)``; by default two fields, the id and the rest of the line.

    Raises UserError for what ``iter_line_blocks`` refuses, for a line with another number of
    fields than ``num_fields``, an id without a value, an empty line and a line that starts with a
    space.
    """
    for first, lines in iter_line_blocks(path):
        for number, line in enumerate(lines, first):
            fields = line.split() if num_fields else line.rstrip().split(None, 1)
            if len(fields) != (num_fields or 2) or line[:1].isspace():
                raise UserError(f"{path}:{number}: {_field_problem(line, num_fields)}")
            yield number, fields


def _field_problem(line: bytes, num_fields: int | None) -> str:
    text = line.decode()
    fields = line.split()
    if not fields:
        return "empty line"
    if line[:1].isspace():
        return f"the line starts with a space: '{text}'"
    if num_fields:
        return f"found {len(fields)} fields in '{text}'; expected {num_fields}"
    return f"'{text}' has no value; expected '<id> <value>'"


def iter_table(path: Path, *, num_fields: int | None = None) -> Iterator[tuple[str, str]]:
    """Yield ``(id, rest of the line)`` of each line, in file order; duplicates and order are not
    checked.
    """
    for _, fields in iter_fields(path, num_fields=num_fields):
        yield fields[0].decode(), b" ".join(fields[1:]).decode()


def read_table(
    path: Path, *, num_fields: int | None = None, is_sorted: bool = False
) -> dict[str, str]:
    """Read a table into a dict, in file order.

    With ``num_fields`` every line must have that many fields; with ``is_sorted`` ids must be in
    the C locale's order. Raises UserError (``file:line: …``) for these, for a duplicate id and for
    whatever ``iter_fields`` refuses.
    """
    table: dict[str, str] = {}
    previous = ""
    for number, (key, value) in enumerate(iter_table(path, num_fields=num_fields), 1):
        if key in table:
            raise UserError(f"{path}:{number}: duplicate id '{key}'")
        if is_sorted and key < previous:
            raise UserError(
                f"{path}:{number}: '{key}' is out of order; sort the file with LC_ALL=C"
            )
        table[key] = value
        previous = key
    return table


def iter_ids(path: Path) -> Iterator[bytes]:
    """Yield the first field of each line, fast; lines must not be empty. Order and duplicates are
    not checked.
    """
    return itertools.chain.from_iterable(ids for _, ids in _id_blocks(path))


def _id_blocks(path: Path) -> Iterator[tuple[int, list[bytes]]]:
    for first, lines in iter_line_blocks(path):
        try:
            yield first, [line.split(None, 1)[0] for line in lines]
        except IndexError:
            number = first + next(i for i, line in enumerate(lines) if not line.split())
            raise UserError(f"{path}:{number}: empty line") from None


def iter_lines(path: Path) -> Iterator[bytes]:
    """Yield the lines without newline; see ``iter_line_blocks`` for what is refused."""
    return itertools.chain.from_iterable(lines for _, lines in iter_line_blocks(path))


def check_order(path: Path) -> int:
    """Check that ids are strictly increasing in the C locale's order; return their number.

    Raises UserError with the line of the first duplicate or misplaced id.
    """
    previous = b""
    count = 0
    for first, ids in _id_blocks(path):
        pairs = itertools.chain((previous,), ids)
        if not all(map(operator.lt, pairs, ids)):
            for number, (left, right) in enumerate(itertools.pairwise([previous, *ids]), first):
                check_pair_order(path, number, left, right)
        previous = ids[-1]
        count += len(ids)
    return count


def check_pair_order(path: Path, number: int, left: bytes, right: bytes) -> None:
    """Raise UserError unless ``left``, the id of the line before, is less than ``right``."""
    if left == right:
        raise UserError(f"{path}:{number}: duplicate id '{right.decode()}'")
    if left > right:
        raise UserError(
            f"{path}:{number}: '{right.decode()}' comes after '{left.decode()}'; "
            "expected the order of LC_ALL=C sort"
        )


def same_ids(path: Path, reference: Path) -> bool:
    """Return whether two tables have the same ids in the same order."""
    pairs = itertools.zip_longest(iter_ids(path), iter_ids(reference))
    return all(itertools.starmap(operator.eq, pairs))


def write_table(path: Path, items: Iterable[tuple[str, str]]) -> None:
    """Write ``id value`` lines in the given order; the file appears whole or not at all."""
    with open_for_replace(path) as file:
        file.writelines(f"{key} {value}\n".encode() for key, value in items)
