"""Matrices of features of which stretches of rows are read, wherever a line of an scp points to."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from speakernet.arrays import Float32
from speakernet.config import UserError
from speakernet.kaldi.ark import as_features, read_place
from speakernet.kaldi.mapped import MappedArks
from speakernet.kaldi.places import WHOLE, Place, within

_Read = Callable[[int, int], Float32]


@dataclass(frozen=True)
class Matrix:
    """A matrix (num_rows, num_cols), or what a range takes of one."""

    num_rows: int
    num_cols: int
    read: _Read
    first_row: int = 0
    taken: slice | None = None

    def columns(self, start: int, stop: int) -> Float32:
        """Return rows ``start .. stop`` transposed: (num_cols, stop - start), not always
        contiguous.
        """
        if not 0 <= start <= stop <= self.num_rows:
            raise UserError(f"rows {start} to {stop} asked of {self.num_rows}")
        values = self.read(self.first_row + start, self.first_row + stop)
        return values if self.taken is None else np.ascontiguousarray(values[self.taken])


def open_matrix(arks: MappedArks, place: Place) -> Matrix:
    """Return the matrix at ``place``: mapped, or, of a text or a command, read to memory.

    Raises UserError where nothing can be read, for a vector, and for a range that does not fit.
    """
    header = None if place.is_command else arks.header(place.source, place.offset)
    if header is None:
        return _in_memory(place)
    shape = header.num_rows, header.num_cols
    read = partial(arks.columns, place.source, header)
    if place.rows == WHOLE and place.columns == WHOLE:
        return Matrix(*shape, read)
    rows, columns = _within(place, shape)
    num_rows, num_cols = rows.stop - rows.start, columns.stop - columns.start
    taken = None if place.columns == WHOLE else columns
    return Matrix(num_rows, num_cols, read, rows.start, taken)


def _within(place: Place, shape: tuple[int, int]) -> tuple[slice, ...]:
    try:
        return within(place, shape)
    except UserError as error:
        raise UserError(f"{place.source}:{place.offset}: {error}") from None


def _in_memory(place: Place) -> Matrix:
    array = as_features(read_place(place))
    values: Float32 = array.T.astype(np.float32)
    num_rows, num_cols = array.shape
    return Matrix(num_rows, num_cols, lambda start, stop: values[:, start:stop].copy())
