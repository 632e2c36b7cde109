"""Crops of feature matrices in Kaldi archives: random position, mean-normalised, zero-padded."""

import logging
import re
from array import array
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from speakernet.arrays import Float32, UInt64
from speakernet.config import UserError
from speakernet.data import cmn
from speakernet.data.config import DataConfig
from speakernet.data.index import CategoryColumn, UtteranceIndex, iter_aligned
from speakernet.data.memory import empty_batch
from speakernet.data.sample_keys import integer_below
from speakernet.data.spec_augment import mask
from speakernet.kaldi.mapped import Header, MappedArks

logger = logging.getLogger(__name__)
_ENTRY = re.compile(r"(?P<path>\S.*):(?P<offset>\d+)(\[(?P<first>\d+):(?P<last>\d+)\])?")
_READAHEAD_BYTES = 1 << 16
_WHOLE = (0, -1)
# Kaldi accepts a range that ends up to this many frames after the end of its matrix.
_MAX_OVERSHOOT = 3


class FeatureCrops:
    """Reads crops of the matrices in ``feats.scp``; utterances are addressed by row of that file.

    Entries are ``FILE.ark:OFFSET`` or ``FILE.ark:OFFSET[first:last]`` (Kaldi's row ranges, both
    ends included). Only the crop and the context for its mean are decompressed. The constructor
    raises UserError if ``feats.scp`` does not list the utterances of ``utt2spk``, or is malformed.
    """

    def __init__(self, data_dir: Path, utterances: UtteranceIndex, config: DataConfig) -> None:
        self.config = config
        self._arks = MappedArks(config.max_open_arks)
        paths, offsets, ranges = CategoryColumn(), array("q"), array("i")
        table = data_dir / "feats.scp"
        for line, value in iter_aligned(table, utterances):
            entry = _ENTRY.fullmatch(value)
            if entry is None:
                raise UserError(f"{table}:{line}: '{value}'; expected FILE.ark:OFFSET")
            paths.append(entry["path"])
            offsets.append(int(entry["offset"]))
            ranges.extend(_range(entry["first"], entry["last"]))
        self._paths, self._ark = paths.finish()
        self._offset = np.frombuffer(offsets, dtype=np.int64)
        all_ranges = np.frombuffer(ranges, dtype=np.int32).reshape(-1, 2)
        # Most tables have no ranges; then the column is dropped.
        self._ranges = all_ranges if (all_ranges != _WHOLE).any() else None
        self.input_dim = self._find_dim(table)

    def _find_dim(self, table: Path) -> int:
        """Return the number of columns of the first matrix that is not empty."""
        for ark, offset in zip(self._ark.tolist(), self._offset.tolist(), strict=True):
            header = self._arks.header(self._paths[ark], offset)
            if header.num_rows:
                return header.num_cols
        raise UserError(f"{table}: all matrices are empty")

    def prefetch(self, rows: npt.NDArray[np.integer]) -> None:
        """Ask the operating system to read the matrices in the background (madvise)."""
        for row in rows.tolist():
            self._arks.will_need(
                self._paths[self._ark[row]], int(self._offset[row]), _READAHEAD_BYTES
            )

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
        """Write a crop to ``out`` (mel, time).

        ``choose_start`` maps the difference of the lengths of utterance and crop to the position
        of the crop in the utterance or, if the utterance is shorter, of the utterance in the crop.
        """
        path, header = self._open(row)
        origin, end = self._bounds(row, header.num_rows)
        total, wanted = end - origin, out.shape[1]
        start = choose_start(total - wanted) if total > wanted else 0
        if total <= wanted:
            # Short utterances are zero-padded on both sides after CMN, as in voxsrc2020.
            out[:] = 0
            begin = choose_start(wanted - total)
            out = out[:, begin : begin + total]
        if total:
            self._normalize(path, header, (origin, total), start, out)

    def _open(self, row: int) -> tuple[str, Header]:
        path = self._paths[self._ark[row]]
        header = self._arks.header(path, int(self._offset[row]))
        if header.num_cols != self.input_dim and header.num_rows:
            raise UserError(
                f"{path}:{header.data}: {header.num_cols} columns; others have {self.input_dim}"
            )
        return path, header

    def _normalize(
        self, path: str, header: Header, utterance: tuple[int, int], start: int, out: Float32
    ) -> None:
        """Write the crop at frame ``start`` of an utterance to ``out``, mean-normalised.

        ``utterance``: its first row in the matrix, and its number of rows.
        """
        origin, total = utterance
        stop, window = start + out.shape[1], self.config.cmn_window
        if window is None:
            out[:] = self._arks.columns(path, header, origin + start, origin + stop)
            return
        first, last = cmn.context(total, start, stop, window)
        block = self._arks.columns(path, header, origin + first, origin + last)
        cmn.normalize(block, first, start, out, num_frames=total, window=window)

    def _bounds(self, row: int, num_rows: int) -> tuple[int, int]:
        if self._ranges is None or tuple(self._ranges[row]) == _WHOLE:
            return 0, num_rows
        first, last = self._ranges[row].tolist()
        if not first <= last < num_rows + _MAX_OVERSHOOT:
            place = f"{self._paths[self._ark[row]]}:{self._offset[row]}"
            raise UserError(f"{place}[{first}:{last}]: not a range within its {num_rows} frames")
        return first, min(last + 1, num_rows)


def _range(first: str | None, last: str | None) -> tuple[int, int]:
    return _WHOLE if first is None or last is None else (int(first), int(last))
