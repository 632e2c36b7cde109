"""A warning with advice where a training waits for its readers."""

import logging

import torch

from speakernet.train.distributed import World
from speakernet.work.cores import num_cores

logger = logging.getLogger(__name__)

_MAX_SHARE = 0.05
# What is judged is at least so long: in less, one slow file is a large share.
_LEAST_SECONDS = 60.0
# After a warning, a share this many times larger is worth another.
_MUCH_WORSE = 2.0


class WaitingWatch:
    """Warns when the trainer waits more than 5 % of the time, again only if it has doubled.

    ``advice``: what to do about it.
    """

    def __init__(self, advice: str) -> None:
        self._advice = advice
        self._is_first = True
        self._threshold = _MAX_SHARE
        self._seconds = self._waited_s = 0.0

    def add(self, seconds: float, share: float) -> None:
        """Add an interval and the share of it that was spent waiting.

        The first is not judged: readers start, and networks are compiled.
        """
        if self._is_first:
            self._is_first = False
            return
        self._seconds += seconds
        self._waited_s += share * seconds
        if self._seconds >= _LEAST_SECONDS:
            self._judge(self._waited_s / self._seconds)
            self._seconds = self._waited_s = 0.0

    def _judge(self, share: float) -> None:
        if share <= self._threshold:
            return
        self._threshold = _MUCH_WORSE * share
        text = "training waited for its readers %.0f %% of the last %.0f s; %s"
        logger.warning(text, 100 * share, self._seconds, self._advice)


def reading_advice(num_workers: int, world: World) -> str:
    """Return what makes reading faster, given the processors that are free."""
    processors = num_cores()
    on_cpu = world.device.type == "cpu"
    own_threads = torch.get_num_threads() if on_cpu else 1
    free = processors - world.local_size * (num_workers + own_threads)
    remedies = "fewer augmentations, wav or packed files instead of compressed ones"
    remedies = remedies if on_cpu else f"features on the GPU, {remedies}"
    if free >= world.local_size:
        more = num_workers + free // world.local_size
        now = f"{num_workers} now, {free} of {processors} processors are free"
        return f"try data.num_workers={more} ({now}); else {remedies}"
    return (
        f"data.num_workers={num_workers} leaves none of the {processors} processors free; try "
        f"{remedies}, or more processors"
    )
