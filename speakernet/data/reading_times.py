"""How long readers take for their crops, and how long the trainer waits for them."""

import math
import mmap
import time
from collections.abc import Iterator
from contextlib import contextmanager

from torch.utils.data import get_worker_info

_MAX_READERS = 1025  # as many as data.num_workers may be, and the training process


class ReadingTimes:
    """Wall-clock times of one training process and its readers.

    Readers count in memory that they inherit by fork, each in a place of its own. Speeds are those
    since the last ``restart``.
    """

    def __init__(self) -> None:
        # Crops and seconds of each reader; anonymous, so that it takes nothing from /dev/shm.
        self._counts = memoryview(mmap.mmap(-1, 16 * _MAX_READERS)).cast("d")
        self.restart()

    @contextmanager
    def reading(self, num_crops: int) -> Iterator[None]:
        """Context manager: count the block, of a reader, as the reading of ``num_crops``."""
        start = time.perf_counter()
        yield
        worker = get_worker_info()
        place = 0 if worker is None else 2 + 2 * worker.id
        self._counts[place] += num_crops
        self._counts[place + 1] += time.perf_counter() - start

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Context manager: count the block as waiting of the trainer."""
        start = time.perf_counter()
        yield
        self._waited_s += time.perf_counter() - start

    def restart(self) -> None:
        """Begin to count anew."""
        self._before = self._counts.tolist()
        self._waited_s = 0.0
        self._start = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Seconds since the restart."""
        return time.perf_counter() - self._start

    def waiting_share(self) -> float:
        """Return the share of the time since the restart that the trainer waited, 0 to 1."""
        return min(1.0, self._waited_s / max(1e-9, self.seconds))

    def crops_per_second(self) -> float:
        """Return what the readers could deliver together if they never paused.

        They pause when enough is read ahead. Only those count that have read since the restart; NaN
        if none has.
        """
        grown = [now - old for now, old in zip(self._counts.tolist(), self._before, strict=True)]
        pairs = zip(grown[::2], grown[1::2], strict=True)
        speeds = [crops / seconds for crops, seconds in pairs if seconds > 0]
        return sum(speeds) if speeds else math.nan
