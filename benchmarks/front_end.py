"""Crops of features per second and core: batches in torch beside one utterance after the other.

    python -m benchmarks.front_end

Utterances of 2.2 to 14 s (white noise; the content costs nothing), crops of ``--num-frames`` frames
at random places, with the frames around them that a sliding mean of 300 needs, and without a mean.
"one by one" is ``signal.fbank`` and ``data.cmn`` in a loop, as a reading process computes them. It
has each utterance without zeros behind; a batch is as long as its longest crop. A process of one
thread for each way, CPU time, medians of turns.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import cache
from itertools import product
from multiprocessing import get_context

import numpy as np
import torch

from benchmarks.timing import markdown_table
from speakernet.arrays import Float32
from speakernet.data import cmn
from speakernet.data.front_end import FeatureFrontEnd
from speakernet.nn.host_memory import keep_freed_memory
from speakernet.signal.fbank import Fbank
from speakernet.signal.options import FbankOptions

OPTIONS = FbankOptions(num_mel_bins=80, dither=0)
SHIFT, MARGIN = 160, 240
BATCH = "FeatureFrontEnd"

Batch = tuple[int, int, int | None]  # size, frames of a crop, frames of the sliding mean


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[32, 64, 128])
    parser.add_argument("--num-frames", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=15)
    args = parser.parse_args()
    rows = []
    with ExitStack() as stack:
        processes = {way: stack.enter_context(one_process(way)) for way in WAYS}
        for window, size in product((None, 300), args.batch_sizes):
            batch = (size, args.num_frames, window)
            speeds = [f"{size / s:,.0f}" for s in medians(processes, batch, args.repeats)]
            mean = "none" if window is None else f"{window} frames"
            rows.append([mean, str(size), *speeds])
    header = ["sliding mean", "batch", *(f"{way}, crops/s" for way in WAYS)]
    print(markdown_table(header, rows))


def one_process(way: str) -> ProcessPoolExecutor:
    """Return a process of one thread: only batches are for those that keep their memory."""
    return ProcessPoolExecutor(1, get_context("spawn"), initializer=start, initargs=(way,))


def start(way: str) -> None:
    """Prepare the process of a way, as training and readers do."""
    torch.set_num_threads(1)
    if way == BATCH:
        keep_freed_memory()


def medians(processes: dict[str, ProcessPoolExecutor], batch: Batch, repeats: int) -> list[float]:
    """Return CPU seconds of each way; they take turns, so that noise is shared.

    Raises ValueError unless they compute the same.
    """
    crops = [processes[way].submit(compute, way, batch).result() for way in WAYS]
    difference = np.abs(crops[0] - crops[1])
    if not np.quantile(difference, 0.99) < 1e-4:
        raise ValueError(f"the ways differ by up to {difference.max()}")
    seconds = [
        [processes[way].submit(cpu_seconds, way, batch).result() for way in WAYS]
        for _ in range(repeats)
    ]
    return [statistics.median(values) for values in zip(*seconds, strict=True)]


def cpu_seconds(way: str, batch: Batch) -> float:
    """Return the CPU seconds of this process for one batch."""
    function = prepare(way, batch)
    start = time.process_time()
    function()
    return time.process_time() - start


def compute(way: str, batch: Batch) -> Float32:
    """Return crops (batch, frames, mel)."""
    return prepare(way, batch)()


@cache
def prepare(way: str, batch: Batch) -> Callable[[], Float32]:
    """Return the computation of a batch, with its waveforms in memory."""
    return WAYS[way](Utterances(*batch))


class Utterances:
    """Samples of a batch of crops: as one array with zeros behind, and each without."""

    def __init__(self, size: int, num_frames: int, window: int | None) -> None:
        rng = np.random.default_rng(size)
        self.num_frames, self.window = num_frames, window
        self.spans = []
        self.waveforms: list[Float32] = []
        for total in rng.integers(num_frames + 20, num_frames + 1200, size).tolist():
            start = int(rng.integers(total - num_frames + 1))
            first, last = start, start + num_frames
            if window is not None:
                first, last = cmn.context(total, start, last, window)
            self.spans.append((first, start, total, 0))
            samples = rng.normal(0, 1000, (last - first) * SHIFT + MARGIN)
            self.waveforms.append(samples.astype(np.float32))


def in_batch(utterances: Utterances) -> Callable[[], Float32]:
    """Return the computation of all crops at once."""
    waveforms = [torch.from_numpy(waveform) for waveform in utterances.waveforms]
    padded = torch.nn.utils.rnn.pad_sequence(waveforms, batch_first=True)
    spans = torch.tensor(utterances.spans)
    module = FeatureFrontEnd(OPTIONS, utterances.window, utterances.num_frames)
    return lambda: module(padded, spans).numpy()


def one_by_one(utterances: Utterances) -> Callable[[], Float32]:
    """Return the computation of one crop after the other."""
    extract = Fbank(OPTIONS)
    shape = (len(utterances.spans), OPTIONS.num_mel_bins, utterances.num_frames)

    def compute() -> Float32:
        crops = np.empty(shape, dtype=np.float32)
        for crop, waveform, span in zip(crops, utterances.waveforms, utterances.spans, strict=True):
            block, (first, start, total, _) = extract(waveform).T, span
            if utterances.window is None:
                crop[:] = block
            else:
                block = np.ascontiguousarray(block)
                cmn.normalize(block, first, start, crop, num_frames=total, window=utterances.window)
        return crops.transpose(0, 2, 1)

    return compute


WAYS = {BATCH: in_batch, "one by one": one_by_one}


if __name__ == "__main__":
    main()
