"""A progress bar on a terminal; in a log a plain line now and then."""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")

logger = logging.getLogger(__name__)

LINE_SECONDS = 30.0


def progress(items: Iterable[T], total: int, unit: str) -> Iterator[T]:
    """Yield ``items`` and show on stderr how many of ``total`` are done and the time left."""
    if sys.stderr.isatty():
        yield from tqdm(items, total=total, unit=unit, dynamic_ncols=True, mininterval=1)
        return
    start = last = time.monotonic()
    for count, item in enumerate(items):
        now = time.monotonic()
        if now - last > LINE_SECONDS and count:
            last = now
            left = (now - start) / count * (total - count)
            logger.info("%d of %d %s, %.0f s left", count, total, unit, left)
        yield item
