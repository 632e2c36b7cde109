"""How often the speech check errs: on recordings, on them in white noise, and on noise alone.

    python -m benchmarks.speech_check DATA_DIR ... [--per-set N]

Prints the share of recordings that it takes for each problem.
"""

import argparse
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from speakernet.arrays import Float32
from speakernet.audio.reader import AudioReader
from speakernet.kaldi.wav_scp import iter_utterances
from speakernet.signal.speech_check import check_speech

RATE = 16000
SNRS_DB = (20, 10, 5, 0)
EXPONENTS = (0, 1, 2, 3)
"""Of noise whose power falls with frequency: white, pink, brown, black."""


def main() -> None:
    """Check the recordings of data dirs, and noise."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data_dirs", nargs="+", type=Path)
    parser.add_argument("--per-set", type=int, default=500, help="recordings of each data dir")
    args = parser.parse_args()
    random = np.random.default_rng(0)
    for folder in args.data_dirs:
        signals = sample(folder, args.per_set, random)
        show(str(folder), signals)
        for snr_db in SNRS_DB if folder == args.data_dirs[0] else ():
            show(f"  in white noise, {snr_db} dB", (add(s, snr_db, random) for s in signals))
    for exponent in EXPONENTS:
        show(f"noise 1/f^{exponent}", (noise(exponent, n, random) for n in range(100)))


def sample(folder: Path, number: int, random: np.random.Generator) -> list[Float32]:
    """Return recordings of a data dir."""
    utterances, reader = list(iter_utterances(folder)), AudioReader(RATE)
    chosen = random.permutation(len(utterances))[:number]
    return [reader.read_utterance(utterances[n]) for n in chosen]


def add(signal: Float32, snr_db: float, random: np.random.Generator) -> Float32:
    """Return the signal with white noise."""
    power = np.square(signal).mean() / 10 ** (snr_db / 10)
    return signal + random.normal(0, np.sqrt(power), len(signal)).astype(np.float32)


def noise(exponent: int, number: int, random: np.random.Generator) -> Float32:
    """Return 5 s of noise; every second one swells a few times a second, as speech does."""
    spectrum = np.fft.rfft(random.standard_normal(5 * RATE))
    frequency = np.maximum(np.arange(len(spectrum)), 1)
    signal = np.fft.irfft(spectrum / frequency ** (exponent / 2))
    if number % 2:
        rate_hz = 1 + 4 * random.random()
        signal *= 1 + 0.8 * np.sin(2 * np.pi * rate_hz * np.arange(len(signal)) / RATE)
    return np.asarray(2000 * signal / signal.std(), dtype=np.float32)


def show(name: str, signals: Iterable[Float32]) -> None:
    """Print how many signals have which problem."""
    problems = [check_speech(signal, RATE).problem for signal in signals]
    counts = Counter(problem.kind if problem else "none" for problem in problems)
    shares = ", ".join(f"{kind} {count}" for kind, count in counts.most_common())
    print(f"{name}: {len(problems)} recordings: {shares}")


if __name__ == "__main__":
    main()
