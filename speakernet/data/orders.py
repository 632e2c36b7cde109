"""In which order utterances are read: a pass over the data as a function of (seed, pass number).

An epoch's length is a setting, so passes simply follow each other in one endless stream of samples.
Sample n is the same whoever asks, with however many processes and workers, which makes resuming
exact: the number of samples seen is the whole state.
"""

from functools import lru_cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

from speakernet.arrays import Int32, Int64
from speakernet.config import UserError
from speakernet.data.config import BlocksOrder, OrderOptions, SkipOrder, SpeakerGroupsOrder
from speakernet.data.sample_keys import generator


_PASS, _FIXED = 1, 2


class Order(Protocol):
    """Passes of equal length over the data; ``epoch_length`` is what a recipe calls one pass."""

    length: int

    @property
    def epoch_length(self) -> int: ...

    def indices(self, number: int) -> Int64:
        """Return the utterances of a pass."""
        ...


class Permutation:
    """Every utterance once a pass, in a new random order each time."""

    def __init__(self, num_utterances: int, seed: int) -> None:
        self.length = self.epoch_length = num_utterances
        self.seed = seed

    def indices(self, number: int) -> Int64:
        """Return a permutation of all utterances."""
        return generator(self.seed, _PASS, number).permutation(self.length)


class Skip:
    """One random order for all passes; each leaves out another random share (voxsrc2020).

    voxsrc2020 draws for each utterance; here the share is exact, so that passes have equal length.
    An epoch is counted in all utterances, as there.
    """

    def __init__(self, num_utterances: int, seed: int, probability: float) -> None:
        self.seed = seed
        self.fixed = generator(seed, _FIXED).permutation(num_utterances)
        self.num_skipped = round(num_utterances * probability)
        self.length = num_utterances - self.num_skipped
        if not self.length:
            raise UserError(f"data.order skip leaves out all of {num_utterances} utterances")
        self.epoch_length = num_utterances

    def indices(self, number: int) -> Int64:
        """Return the fixed order without this pass's share."""
        rng = generator(self.seed, _PASS, number)
        kept = np.ones(len(self.fixed), dtype=bool)
        kept[rng.choice(len(self.fixed), self.num_skipped, replace=False)] = False
        return self.fixed[kept]


class Blocks:
    """A permutation within windows of random blocks: the disk reads long consecutive stretches.

    While a window is used, the next one is fetched in the order in which it lies on disk.
    """

    def __init__(self, num_utterances: int, seed: int, block_size: int, in_window: int) -> None:
        self.length = self.epoch_length = num_utterances
        self.seed = seed
        self.block_size = block_size
        self.in_window = in_window

    def indices(self, number: int) -> Int64:
        """Return a permutation of all utterances, window by window."""
        rng = generator(self.seed, _PASS, number, 1)
        return np.concatenate([rng.permutation(window) for window in self._windows(number)])

    def upcoming(self, number: int, offset: int, count: int) -> Int64:
        """Return what to fetch while the samples from ``offset`` of a pass are used."""
        windows = self._windows(number)
        ends = np.cumsum([len(window) for window in windows])
        current = int(np.searchsorted(ends, offset, side="right"))
        begin = offset - int(ends[current]) + len(windows[current])
        last = current + 1 == len(windows)
        following = self._windows(number + 1)[0] if last else windows[current + 1]
        return following[begin : begin + count]

    @lru_cache(maxsize=2)  # noqa: B019 - one order lives as long as its process
    def _windows(self, number: int) -> list[Int64]:
        """Return the utterances of each window, in the order in which they lie on disk."""
        rng = generator(self.seed, _PASS, number)
        starts = rng.permutation(np.arange(0, self.length, self.block_size))
        return [
            np.concatenate(
                [np.arange(s, min(s + self.block_size, self.length)) for s in np.sort(chosen)]
            )
            for chosen in np.array_split(starts, -(-len(starts) // self.in_window))
        ]


class SpeakerGroups:
    """Batches of N utterances of each of K speakers, no speaker twice (the metric losses).

    A pass takes up to ``max_utterances`` of each speaker, in groups of N, and as many full batches
    as such groups allow: a speaker can be in each batch only once. Which groups form a batch is
    drawn at random with the chance of a speaker in proportion to what is left of it; a speaker that
    must be in all batches still to come is taken first, so that the last batch is full too.
    """

    def __init__(
        self, labels: Int32, seed: int, *, group: int, batch: int, maximum: int
    ) -> None:
        self.seed = seed
        self.group = group
        self.in_batch = batch // group
        self.by_speaker = np.argsort(labels, kind="stable")
        self.counts = np.bincount(labels)
        self.groups = np.minimum(self.counts, maximum) // group
        if batch % group or np.count_nonzero(self.groups) < self.in_batch:
            raise UserError(
                f"a batch of {batch} cannot hold {group} utterances of each of {batch / group:g} "
                f"speakers: {np.count_nonzero(self.groups)} speakers have that many utterances"
            )
        self.num_batches = _num_full_batches(self.groups, self.in_batch)
        self.length = self.epoch_length = self.num_batches * self.in_batch * group

    def indices(self, number: int) -> Int64:
        """Return the batches of a pass one after another; groups of N stand together."""
        rng = generator(self.seed, _PASS, number)
        left = self._trim(rng)
        chosen = np.empty((self.num_batches, self.in_batch), dtype=np.int64)
        for batch in range(self.num_batches):
            chosen[batch] = _draw(left, self.in_batch, self.num_batches - batch, rng)
            left[chosen[batch]] -= 1
        return self._utterances(chosen.ravel(), rng)

    def _trim(self, rng: np.random.Generator) -> Int64:
        """Return how many groups of each speaker are used: together they fill the batches."""
        left = np.minimum(self.groups, self.num_batches)
        surplus = int(left.sum()) - self.num_batches * self.in_batch
        speakers = np.repeat(np.arange(len(left)), left)
        dropped = rng.choice(speakers, surplus, replace=False)
        return left - np.bincount(dropped, minlength=len(left))

    def _utterances(self, speakers: Int64, rng: np.random.Generator) -> Int64:
        """Give every occurrence of a speaker the next group of its shuffled utterances."""
        shuffle = rng.random(len(self.by_speaker))
        owner = np.repeat(np.arange(len(self.counts)), self.counts)
        shuffled = self.by_speaker[np.lexsort((shuffle, owner))]
        starts = np.cumsum(self.counts) - self.counts
        order = np.argsort(speakers, kind="stable")
        ranks = np.empty(len(speakers), dtype=np.int64)
        used = np.bincount(speakers, minlength=len(self.counts))
        first = np.cumsum(used) - used
        ranks[order] = np.arange(len(speakers)) - first[speakers[order]]
        begins = starts[speakers] + ranks * self.group
        return shuffled[(begins[:, None] + np.arange(self.group)).ravel()]


def _num_full_batches(groups: Int64, in_batch: int) -> int:
    """Return the most batches of ``in_batch`` different speakers that the groups can fill."""
    low, high = 1, int(groups.sum()) // in_batch
    while low < high:
        middle = (low + high + 1) // 2
        if int(np.minimum(groups, middle).sum()) >= middle * in_batch:
            low = middle
        else:
            high = middle - 1
    return low


def _draw(left: Int64, count: int, batches_left: int, rng: np.random.Generator) -> Int64:
    """Draw ``count`` speakers without replacement, weighted by ``left``, due ones first."""
    # Exponential times with the weights as rates: the smallest are a weighted sample.
    times = np.full(len(left), np.inf)
    some = left > 0
    times[some] = rng.standard_exponential(int(some.sum())) / left[some]
    times[left >= batches_left] = -1.0
    chosen = np.argpartition(times, count - 1)[:count]
    return np.asarray(rng.permutation(np.sort(chosen)), dtype=np.int64)


class Stream:
    """The endless stream of samples: pass after pass of an order."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self._passes: dict[int, Int64] = {}

    def take(self, first: int, count: int) -> Int64:
        """Return the utterances of samples ``first .. first + count``."""
        pieces = []
        while count > 0:
            number, offset = divmod(first, self.order.length)
            piece = self._pass(number)[offset : offset + count]
            pieces.append(piece)
            first, count = first + len(piece), count - len(piece)
        return np.concatenate(pieces)

    def upcoming(self, first: int, count: int) -> Int64:
        """Return the utterances to fetch from disk while these samples are used."""
        if isinstance(self.order, Blocks):
            return self.order.upcoming(*divmod(first, self.order.length), count)
        return self.take(first, count)

    def _pass(self, number: int) -> Int64:
        if number not in self._passes:
            self._passes = {n: p for n, p in self._passes.items() if n == number - 1}
            narrow = self.order.indices(number).astype(np.int32)
            self._passes[number] = narrow  # type: ignore[assignment]
        return self._passes[number]


def build_order(
    config: OrderOptions,
    labels: Int32,
    seed: int,
    *,
    group: int,
    global_batch: int,
) -> Order:
    """Return the order that ``config`` asks for; ``group``: how many of a speaker stand together."""
    if len(labels) == 0:
        raise UserError("no utterances are left to train on")
    if isinstance(config, SpeakerGroupsOrder):
        return SpeakerGroups(
            labels, seed, group=group, batch=global_batch, maximum=config.max_seg_per_spk
        )
    if isinstance(config, SkipOrder):
        return Skip(len(labels), seed, config.probability)
    if isinstance(config, BlocksOrder):
        return Blocks(len(labels), seed, config.block_size, config.blocks_in_window)
    return Permutation(len(labels), seed)
