"""The order of training utterances: each pass over the data is a function of (seed, pass number).

The length of an epoch is a setting, so passes are concatenated to one endless stream of samples
(training examples). Sample n does not depend on the number of processes and workers, which makes
resuming exact: the number of samples seen is the whole state of the sampler.
"""

from functools import lru_cache
from typing import Protocol

import numpy as np

from speakernet.arrays import Int32, Int64
from speakernet.config import UserError
from speakernet.data.config import BlocksOrder, OrderOptions, SkipOrder, SpeakerGroupsOrder
from speakernet.data.sample_keys import generator

# Purposes of random numbers, see sample_keys.generator.
_PASS, _FIXED = 1, 2


class Order(Protocol):
    """Protocol for sampling orders: passes of ``length`` samples over the training utterances.

    ``epoch_length``: samples that count as one pass in ``train.passes_per_epoch``.
    """

    length: int

    @property
    def epoch_length(self) -> int: ...

    def indices(self, number: int) -> Int64:
        """Return the utterance indices of pass ``number``, (length,)."""
        ...


class Permutation:
    """Each utterance once per pass, in a new random order for each pass."""

    def __init__(self, num_utterances: int, seed: int) -> None:
        self.length = self.epoch_length = num_utterances
        self.seed = seed

    def indices(self, number: int) -> Int64:
        """Return a permutation of all utterances."""
        return generator(self.seed, _PASS, number).permutation(self.length)


class Skip:
    """One random order for all passes, from which each skips a random fraction (voxsrc2020).

    voxsrc2020 draws independently for each utterance; here the number of skipped ones is fixed, so
    that passes have equal length. As there, an epoch counts the skipped utterances, too.
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
        """Return the fixed order without the utterances that this pass skips."""
        rng = generator(self.seed, _PASS, number)
        kept = np.ones(len(self.fixed), dtype=bool)
        kept[rng.choice(len(self.fixed), self.num_skipped, replace=False)] = False
        return self.fixed[kept]


class Blocks:
    """A permutation within windows of random blocks of consecutive utterances.

    While samples of a window are used, the next window is prefetched in the order of the archives,
    so that the disk reads long sequential ranges.
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
        """Return the utterances to prefetch while ``count`` samples at ``offset`` are used."""
        windows = self._windows(number)
        ends = np.cumsum([len(window) for window in windows])
        current = int(np.searchsorted(ends, offset, side="right"))
        begin = offset - int(ends[current]) + len(windows[current])
        last = current + 1 == len(windows)
        following = self._windows(number + 1)[0] if last else windows[current + 1]
        return following[begin : begin + count]

    @lru_cache(maxsize=2)  # noqa: B019 - one order lives as long as its process
    def _windows(self, number: int) -> list[Int64]:
        """Return the utterances of each window of a pass, in the order of the archives."""
        rng = generator(self.seed, _PASS, number)
        starts = rng.permutation(np.arange(0, self.length, self.block_size))
        return [
            np.concatenate(
                [np.arange(s, min(s + self.block_size, self.length)) for s in np.sort(chosen)]
            )
            for chosen in np.array_split(starts, -(-len(starts) // self.in_window))
        ]


class SpeakerGroups:
    """Batches of N utterances of each of K different speakers, for metric-learning losses.

    ``group``: N. ``batch``: N * K. A pass uses at most ``maximum`` utterances of each speaker, in
    groups of N, and makes as many full batches as possible with a speaker at most once per batch.
    The speakers of a batch are drawn with probabilities proportional to their remaining groups;
    those that all remaining batches need are taken first, so that the last batch is full, too.
    Raises UserError if no batch can be filled.
    """

    def __init__(self, labels: Int32, seed: int, *, group: int, batch: int, maximum: int) -> None:
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
        """Return the utterances of all batches of a pass, groups of N next to each other."""
        rng = generator(self.seed, _PASS, number)
        remaining = self._choose_groups(rng)
        chosen = np.empty((self.num_batches, self.in_batch), dtype=np.int64)
        for batch in range(self.num_batches):
            chosen[batch] = _draw(remaining, self.in_batch, self.num_batches - batch, rng)
            remaining[chosen[batch]] -= 1
        return self._utterances(chosen.ravel(), rng)

    def _choose_groups(self, rng: np.random.Generator) -> Int64:
        """Return the number of groups of each speaker in a pass; their sum fills the batches."""
        groups = np.minimum(self.groups, self.num_batches)
        surplus = int(groups.sum()) - self.num_batches * self.in_batch
        speakers = np.repeat(np.arange(len(groups)), groups)
        dropped = rng.choice(speakers, surplus, replace=False)
        return groups - np.bincount(dropped, minlength=len(groups))

    def _utterances(self, speakers: Int64, rng: np.random.Generator) -> Int64:
        """Assign to each occurrence of a speaker the next group of its shuffled utterances."""
        random = rng.random(len(self.by_speaker))
        speaker_of = np.repeat(np.arange(len(self.counts)), self.counts)
        shuffled = self.by_speaker[np.lexsort((random, speaker_of))]
        starts = np.cumsum(self.counts) - self.counts
        order = np.argsort(speakers, kind="stable")
        occurrence = np.empty(len(speakers), dtype=np.int64)
        used = np.bincount(speakers, minlength=len(self.counts))
        first = np.cumsum(used) - used
        occurrence[order] = np.arange(len(speakers)) - first[speakers[order]]
        begins = starts[speakers] + occurrence * self.group
        return shuffled[(begins[:, None] + np.arange(self.group)).ravel()]


def _num_full_batches(groups: Int64, in_batch: int) -> int:
    """Return the largest number of batches of ``in_batch`` different speakers (bisection)."""
    low, high = 1, int(groups.sum()) // in_batch
    while low < high:
        middle = (low + high + 1) // 2
        if int(np.minimum(groups, middle).sum()) >= middle * in_batch:
            low = middle
        else:
            high = middle - 1
    return low


def _draw(remaining: Int64, count: int, batches_left: int, rng: np.random.Generator) -> Int64:
    """Draw ``count`` speakers without replacement, with weights ``remaining``.

    UtteranceIndex whose remaining groups need all remaining batches come first. The smallest of
    exponential variables with the weights as rates are a weighted sample (Efraimidis, Spirakis
    2006, https://doi.org/10.1016/j.ipl.2005.11.003).
    """
    times = np.full(len(remaining), np.inf)
    available = remaining > 0
    times[available] = rng.standard_exponential(int(available.sum())) / remaining[available]
    times[remaining >= batches_left] = -1.0
    chosen = np.argpartition(times, count - 1)[:count]
    return np.asarray(rng.permutation(np.sort(chosen)), dtype=np.int64)


class Stream:
    """The endless stream of samples: pass after pass of an order."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self._passes: dict[int, Int64] = {}

    def take(self, first: int, count: int) -> Int64:
        """Return the utterance indices of ``count`` samples from ``first`` on, (count,)."""
        chunks = []
        while count > 0:
            number, offset = divmod(first, self.order.length)
            chunk = self._pass(number)[offset : offset + count]
            chunks.append(chunk)
            first, count = first + len(chunk), count - len(chunk)
        return np.concatenate(chunks)

    def upcoming(self, first: int, count: int) -> Int64:
        """Return the utterances to prefetch while these samples are used."""
        if isinstance(self.order, Blocks):
            return self.order.upcoming(*divmod(first, self.order.length), count)
        return self.take(first, count)

    def _pass(self, number: int) -> Int64:
        if number not in self._passes:
            self._passes = {n: p for n, p in self._passes.items() if n == number - 1}
            indices = self.order.indices(number).astype(np.int32)  # half the memory of int64
            self._passes[number] = indices  # type: ignore[assignment]
        return self._passes[number]


def build_order(
    config: OrderOptions,
    labels: Int32,
    seed: int,
    *,
    group: int,
    global_batch: int,
) -> Order:
    """Return the order that ``config`` asks for; ``group``: adjacent utterances per speaker."""
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
