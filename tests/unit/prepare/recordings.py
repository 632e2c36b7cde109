"""Recordings of noise and data dirs of them."""

from pathlib import Path

import numpy as np

from speakernet.audio.wav import write_wav
from speakernet.kaldi.tables import write_table


def write_waveform(path: Path, seconds: float, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.random.default_rng(seed).integers(-3000, 3000, int(seconds * 16000))
    write_wav(path, samples.astype(np.int16), 16000)


def write_data_dir(folder: Path, entries: dict[str, str]) -> Path:
    """Write wav.scp and utt2spk; speakers are the first two letters of ids."""
    folder.mkdir(parents=True)
    write_table(folder / "wav.scp", sorted(entries.items()))
    write_table(folder / "utt2spk", ((name, name[:2]) for name in sorted(entries)))
    return folder
