"""Crops of feature matrices in Kaldi archives: random position, mean-normalised, zero-padded."""

import logging
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from speakernet.arrays import Float32, UInt64
from speakernet.config import UserError
from speakernet.data import cmn
from speakernet.data.config import DataConfig
from speakernet.data.crop_places import place_crop
from speakernet.data.index import CategoryColumn, UtteranceIndex, iter_aligned
from speakernet.data.memory import empty_batch
from speakernet.data.sample_keys import integer_below
from speakernet.data.spec_augment import mask
from speakernet.kaldi.mapped import MappedArks
from speakernet.kaldi.matrices import Matrix, open_matrix
from speakernet.kaldi.places import WHOLE, Place, Range, parse_place

logger = logging.getLogger(__name__)
_READAHEAD_BYTES = 1 << 16
_COMMAND = -1  # in the place of an offset


class FeatureCrops:
    """Reads crops of the matrices in ``feats.scp``; utterances are addressed by row of that file.

    ``speakernet.kaldi.places`` has the grammar of the entries. Of a binary matrix only the crop and
    the context for its mean are decompressed; a text and the output of a command are read whole for
    each crop. The constructor raises UserError if ``feats.scp`` does not list the utterances of
    ``utt2spk``, or is malformed.
    """

    front_end = None

    def __init__(self, data_dir: Path, utterances: UtteranceIndex, config: DataConfig) -> None:
        self.config = config
        self._table = data_dir / "feats.scp"
        self._ids = utterances.ids
        self._arks = MappedArks(config.max_open_arks)
        sources, offsets, ranges = CategoryColumn(), array("q"), array("i")
        for place in _places(self._table, utterances):
            sources.append(place.source)
            offsets.append(_COMMAND if place.is_command else place.offset)
            ranges.extend((*place.rows, *place.columns))
        self._sources, self._source = sources.finish()
        self._offset = np.frombuffer(offsets, dtype=np.int64)
        all_ranges = np.frombuffer(ranges, dtype=np.int32).reshape(-1, 4)
        # Most tables have no ranges; then the column is dropped.
        self._ranges = all_ranges if (all_ranges != (*WHOLE, *WHOLE)).any() else None
        self.input_dim = self._find_dim()

    def _find_dim(self) -> int:
        """Return the number of columns of the first matrix that is not empty."""
        for row in range(len(self._offset)):
            matrix = self._matrix(row)
            if matrix.num_rows:
                return matrix.num_cols
        raise UserError(f"{self._table}: all matrices are empty")

    def _place(self, row: int) -> Place:
        rows, columns = WHOLE, WHOLE
        if self._ranges is not None:
            first, last, first_column, last_column = self._ranges[row].tolist()
            rows, columns = Range(first, last), Range(first_column, last_column)
        offset = int(self._offset[row])
        is_command = offset == _COMMAND
        source = self._sources[self._source[row]]
        return Place(source, 0 if is_command else offset, is_command, rows, columns)

    def _matrix(self, row: int) -> Matrix:
        try:
            return open_matrix(self._arks, self._place(row))
        except UserError as error:
            raise UserError(f"{self._table}: '{self._ids[row]}': {error}") from None

    def prefetch(self, rows: npt.NDArray[np.integer]) -> None:
        """Ask the operating system to read the matrices in the background (madvise)."""
        for row in rows.tolist():
            offset = int(self._offset[row])
            if offset != _COMMAND:
                source = self._sources[self._source[row]]
                self._arks.will_need(source, offset, _READAHEAD_BYTES)

    def batch(self, rows: npt.NDArray[np.integer], keys: UInt64, num_frames: int = 0) -> Tensor:
        """Return a random crop of each of ``rows``, (batch, time, mel).

        A crop's position and masks are a function of its key. Time is the fastest dimension in
        memory, as in the archives. Raises UserError for an unreadable matrix or row range.
        """
        length = num_frames or self.config.num_frames
        crops = empty_batch(len(rows), self.input_dim, length)
        for crop, row, key in zip(crops.numpy(), rows.tolist(), keys.tolist(), strict=True):
            self._crop(row, key, crop)
        return crops.transpose(1, 2)

    def centre(self, rows: npt.NDArray[np.integer], num_frames: int) -> Tensor:
        """Return the central crop of each of ``rows``, (batch, time, mel), without augmentation."""
        crops = torch.empty((len(rows), self.input_dim, num_frames))
        for row, crop in zip(rows.tolist(), crops.numpy(), strict=True):
            self._fill(row, crop, lambda spare: spare // 2)
        return crops.transpose(1, 2)

    def _crop(self, row: int, key: int, out: Float32) -> None:
        self._fill(row, out, lambda spare: integer_below(key, spare + 1))
        if self.config.spec_augment is not None:
            mask(out, self.config.spec_augment, np.random.default_rng(key))

    def _fill(self, row: int, out: Float32, choose_start: Callable[[int], int]) -> None:
        """Write a crop to ``out`` (mel, time); ``choose_start`` as in ``place_crop``."""
        matrix = self._open(row)
        place = place_crop(matrix.num_rows, out.shape[1], choose_start)
        if place.stop - place.start < out.shape[1]:
            out[:] = 0
            out = out[:, place.inside]
        if matrix.num_rows:
            self._normalize(matrix, place.start, out)

    def _open(self, row: int) -> Matrix:
        matrix = self._matrix(row)
        if matrix.num_rows and matrix.num_cols != self.input_dim:
            raise UserError(
                f"{self._table}: '{self._ids[row]}': found {matrix.num_cols} columns; others have "
                f"{self.input_dim}"
            )
        return matrix

    def _normalize(self, matrix: Matrix, start: int, out: Float32) -> None:
        """Write the crop at frame ``start`` of a matrix to ``out``, mean-normalised."""
        total, stop, window = matrix.num_rows, start + out.shape[1], self.config.cmn_window
        if window is None:
            out[:] = matrix.columns(start, stop)
            return
        if not self.config.cmn_context:
            cmn.normalize(
                matrix.columns(start, stop), 0, 0, out, num_frames=stop - start, window=window
            )
            return
        first, last = cmn.context(total, start, stop, window)
        block = matrix.columns(first, last)
        cmn.normalize(block, first, start, out, num_frames=total, window=window)


def _places(table: Path, utterances: UtteranceIndex) -> Iterator[Place]:
    for line, value in iter_aligned(table, utterances):
        try:
            yield parse_place(value)
        except UserError as error:
            raise UserError(f"{table}:{line}: {error}") from None
