"""Text tables: one line per entry, an id and the rest, as in ``wav.scp``, ``utt2spk`` and
``feats.scp``.

Fields are separated by spaces or tabs; ``characters`` says what an id may hold. Every line ends in
a newline. Lines are in the C locale's order of their ids, that is the order of their UTF-8 bytes,
which is also Python's order of ``str`` and ``bytes``. Files are read in blocks, so that a table of
millions of lines costs no more memory than what is kept of it.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterable, Iterator
from pathlib import Path

from speakernet.config import UserError
from speakernet.config.files import open_input
from speakernet.kaldi.characters import check_characters, check_ids
from speakernet.work.files import open_for_replace
from speakernet.work.input_files import HEAD_BYTES, not_text

_BLOCK_BYTES = 1 << 16  # the objects made of a block fit into the processor's cache
_MAX_LINE_BYTES = 1 << 25


def iter_line_blocks(path: Path) -> Iterator[tuple[int, list[bytes]]]:
    """Yield ``(number of the first line, lines without newline)`` for block after block of a text
    file.

    Raises UserError for a missing file, a last line without newline, a line beyond 32 MiB, and what
    ``check_characters`` refuses (carriage returns above all).
    """
    number = 1
    rest = b""
    try:
        with open_input(path) as file:
            while block := file.read(_BLOCK_BYTES):
                if number == 1 and not rest and (kind := not_text(block[:HEAD_BYTES])):
                    raise UserError(f"{path}: found {kind}; expected a text table")
                complete, newline, rest = (rest + block).rpartition(b"\n")
                if newline:
                    check_characters(path, number, complete)
                    lines = complete.split(b"\n")
                    yield number, lines
                    number += len(lines)
                elif len(rest) > _MAX_LINE_BYTES:
                    raise UserError(f"{path}:{number}: a line of over 32 MiB; expected a text file")
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    if rest:
        raise UserError(f"{path}:{number}: the last line does not end in a newline")


def iter_columns(path: Path, num_fields: int) -> Iterator[tuple[int, list[list[bytes]]]]:
    """Yield ``(number of the first line, columns)`` for block after block: the fast way.

    Raises UserError for a line with another number of fields.
    """
    for first, lines in iter_line_blocks(path):
        joined = b" ".join(lines)
        if not joined.isascii():
            check_ids(path, first, lines)
        fields = joined.split()
        num_spaces = num_fields - 1
        if len(fields) != num_fields * len(lines) or any(
            line.count(b" ") != num_spaces for line in lines
        ):
            for number, line in enumerate(lines, first):  # wrong, or just tabs and double spaces
                if len(line.split()) != num_fields:
                    raise UserError(f"{path}:{number}: {_field_problem(line, num_fields)}")
        yield first, [fields[i::num_fields] for i in range(num_fields)]


def iter_fields(path: Path, *, num_fields: int | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """Yield ``(line number, fields)``; by default two fields, the id and the rest of the line.

    Raises UserError for what ``iter_line_blocks`` refuses, for a line with another number of fields
    than ``num_fields``, an id without a value and an empty line.
    """
    for first, lines in iter_line_blocks(path):
        if num_fields:
            check_ids(path, first, lines)
        for number, line in enumerate(lines, first):
            fields = line.split() if num_fields else line.rstrip().split(None, 1)
            if len(fields) != (num_fields or 2):
                raise UserError(f"{path}:{number}: {_field_problem(line, num_fields)}")
            yield number, fields


def _field_problem(line: bytes, num_fields: int | None) -> str:
    text = line.decode()
    fields = line.split()
    if not fields:
        return "empty line"
    if num_fields:
        return f"found {len(fields)} fields in '{text}'; expected {num_fields}"
    return f"'{text}' has no value; expected '<id> <value>'"


def iter_table(path: Path, *, num_fields: int | None = None) -> Iterator[tuple[str, str]]:
    """Yield ``(id, rest of the line)`` of each line, in file order; duplicates and order are not
    checked.
    """
    return itertools.chain.from_iterable(
        zip(keys, values, strict=True) for _, keys, values in _decoded_blocks(path, num_fields)
    )


def _decoded_blocks(
    path: Path, num_fields: int | None
) -> Iterator[tuple[int, list[str], list[str]]]:
    if num_fields is None:
        for first, ids, values in iter_pair_blocks(path):
            yield first, list(map(bytes.decode, ids)), list(map(bytes.decode, values))
        return
    for first, (ids, *columns) in iter_columns(path, num_fields):
        rests = [b" ".join(row).decode() for row in zip(*columns, strict=True)]
        yield first, list(map(bytes.decode, ids)), rests


def read_table(
    path: Path, *, num_fields: int | None = None, is_sorted: bool = False
) -> dict[str, str]:
    """Read a table into a dict, in file order.

    With ``num_fields`` every line must have that many fields; with ``is_sorted`` ids must be in the
    C locale's order. Raises UserError (``file:line: …``) for these, for a duplicate id and for
    whatever ``iter_line_blocks`` refuses.
    """
    table: dict[str, str] = {}
    for first, keys, values in _decoded_blocks(path, num_fields):
        if is_sorted:
            _check_sorted(path, first, [next(reversed(table), ""), *keys])
        size = len(table)
        table.update(zip(keys, values, strict=True))
        if len(table) != size + len(keys):
            _raise_duplicate(path, first, keys, set(itertools.islice(table, size)))
    return table


def _check_sorted(path: Path, first: int, keys: list[str]) -> None:
    for number, (left, right) in enumerate(itertools.pairwise(keys), first):
        if right < left:
            raise UserError(f"{path}:{number}: '{right}' is out of order; sort with LC_ALL=C")


def _raise_duplicate(path: Path, first: int, keys: list[str], seen: set[str]) -> None:
    for number, key in enumerate(keys, first):
        if key in seen:
            raise UserError(f"{path}:{number}: duplicate id '{key}'")
        seen.add(key)


def iter_ids(path: Path, *, has_values: bool = True) -> Iterator[bytes]:
    """Yield the first field of each line; order and duplicates are not checked.

    Raises UserError for an empty line and, if ``has_values``, for an id without a value.
    """
    blocks = _row_blocks(path, has_values)
    return itertools.chain.from_iterable([row[0] for row in rows] for _, rows in blocks)


def iter_pair_blocks(path: Path) -> Iterator[tuple[int, list[bytes], list[bytes]]]:
    """Yield ``(number of the first line, ids, rests of the lines)`` for block after block.

    Raises UserError for an id without a value.
    """
    for first, rows in _row_blocks(path, has_values=True):
        yield first, [row[0] for row in rows], [row[1].rstrip() for row in rows]


def _row_blocks(path: Path, has_values: bool) -> Iterator[tuple[int, list[list[bytes]]]]:
    for first, lines in iter_line_blocks(path):
        rows = [line.split(None, 1) for line in lines]
        if set(map(len, rows)) - ({2} if has_values else {1, 2}):
            for number, (line, row) in enumerate(zip(lines, rows, strict=True), first):
                if len(row) < 1 + has_values:
                    raise UserError(f"{path}:{number}: {_field_problem(line, None)}")
        yield first, rows


def iter_lines(path: Path) -> Iterator[bytes]:
    """Yield the lines without newline; see ``iter_line_blocks`` for what is refused."""
    return itertools.chain.from_iterable(lines for _, lines in iter_line_blocks(path))


def check_order(path: Path) -> int:
    """Check that ids are strictly increasing in the C locale's order; return their number.

    Raises UserError with the line of the first duplicate or misplaced id.
    """
    previous = b""
    count = 0
    for first, rows in _row_blocks(path, has_values=False):
        ids = [row[0] for row in rows]
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
