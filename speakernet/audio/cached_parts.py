"""Parts of noises and impulse responses, decoded once for all processes of a machine.

What has to be decoded is kept in blocks of some seconds, so that a part of a long recording costs
no more than its neighbourhood. Of wav files parts are read directly: the system keeps their pages.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from speakernet.arrays import Float32
from speakernet.audio.reader import AudioReader
from speakernet.audio.shared_cache import SharedCache

_BLOCK_S = 8
_MAX_LENGTHS = 1 << 20


class CachedParts:
    """Reads parts of ``wav.scp`` entries through ``shared``, which several processes may have."""

    def __init__(self, reader: AudioReader, shared: SharedCache) -> None:
        self._reader = reader
        self._shared = shared
        self._block = _BLOCK_S * reader.sample_rate
        self._lengths: dict[str, int] = {}

    def num_samples(self, entry: str) -> int:
        """Return the length of an entry in samples. Raises UserError if it cannot be read."""
        if entry not in self._lengths:
            if len(self._lengths) >= _MAX_LENGTHS:
                self._lengths.clear()
            self._lengths[entry] = self._reader.source(entry).num_samples
        return self._lengths[entry]

    def read(self, entry: str, first: int, count: int) -> Float32:
        """Return samples ``first`` to ``first + count - 1``, fewer at the end.

        Raises UserError if they cannot be read.
        """
        stop = min(first + count, self.num_samples(entry))
        if entry[-4:].lower() == ".wav":
            part: NDArray[Any] = self._reader.source(entry).read(first, stop)
            return np.asarray(part, dtype=np.float32)
        out = np.empty(max(stop - first, 0), dtype=np.float32)
        for index in range(first // self._block, -(-stop // self._block)):
            begin, end = index * self._block, min((index + 1) * self._block, stop)
            part = self._of_block(entry, index, max(first, begin) - begin, end - begin)
            out[max(first, begin) - first : end - first] = part
        return out

    def _of_block(self, entry: str, index: int, first: int, stop: int) -> NDArray[Any]:
        """Return samples ``first`` to ``stop - 1`` of a block."""
        key = f"{self._reader.sample_rate} {index} {entry}"
        found = self._shared.get(key, first, stop - first)
        if found is not None:
            return found
        begin = index * self._block
        end = min(begin + self._block, self.num_samples(entry))
        block: NDArray[Any] = self._reader.source(entry).read(begin, end)
        self._shared.put(key, block)
        return block[first:stop]
