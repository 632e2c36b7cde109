"""Where the time of filter banks goes: microseconds of CPU a frame, stage by stage, on one core.

    python -m benchmarks.feature_stages --data data/debian_voices/train

"transform alone" is scipy's rfft on blocks of the size that is used, "the same in MKL" torch's on
the same blocks: what the code cannot be faster than with either.
"""

import os
import statistics
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
from scipy.fft import rfft

from benchmarks.feature_runs import argument_parser
from benchmarks.timing import markdown_table
from speakernet.audio.reader import AudioReader
from speakernet.kaldi.compression import compress
from speakernet.kaldi.wav_scp import iter_utterances
from speakernet.signal.dither import add_dither
from speakernet.signal.fbank import Fbank
from speakernet.signal.options import FbankOptions
from speakernet.signal.spectrum import BLOCK


def main() -> None:
    """Measure and print the table."""
    args = argument_parser(__doc__, num_utts=200, repeats=11).parse_args()
    stages, num_frames = prepare(args.data, args.num_utts)
    seconds: dict[str, list[float]] = {name: [] for name in stages}
    for _ in range(args.repeats):
        for name, run in stages.items():
            start = time.process_time()
            run()
            seconds[name].append(time.process_time() - start)
    rows = [
        [name, f"{statistics.median(values) / num_frames * 1e6:.2f}"]
        for name, values in seconds.items()
    ]
    print(f"{num_frames} frames, medians of {args.repeats}\n")
    print(markdown_table(["stage", "microseconds a frame"], rows))


def prepare(data: Path, num_utts: int) -> tuple[dict[str, Callable[[], object]], int]:
    """Return what to time, and the number of frames that each does."""
    import torch

    torch.set_num_threads(1)
    utterances = list(islice(iter_utterances(data), num_utts))
    reader = AudioReader()
    waveforms = [reader.read_utterance(utterance) for utterance in utterances]
    extract = Fbank(FbankOptions(num_mel_bins=80, dither=0.0))
    features = [extract(waveform) for waveform in waveforms]
    num_frames = sum(len(matrix) for matrix in features)
    block = np.random.default_rng(0).standard_normal((BLOCK, 512), dtype=np.float32)
    as_torch, num_blocks = torch.from_numpy(block), num_frames // BLOCK
    stages: dict[str, Callable[[], object]] = {
        "read": lambda: [reader.read_utterance(utterance) for utterance in utterances],
        "dither": lambda: [add_dither(waveform, 1.0, 7) for waveform in waveforms],
        "filter bank without dither": lambda: [extract(waveform) for waveform in waveforms],
        "of it: transform alone": lambda: [rfft(block) for _ in range(num_blocks)],
        "the same in MKL": lambda: [torch.fft.rfft(as_torch) for _ in range(num_blocks)],
        "compress": lambda: [compress(matrix) for matrix in features],
    }
    return stages, num_frames


if __name__ == "__main__":
    main()
