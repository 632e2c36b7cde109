"""Utterances of a data directory as a network takes them: normalised features, or a waveform."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np

from speakernet.arrays import Float32
from speakernet.audio.notes import examine
from speakernet.config import UserError
from speakernet.kaldi.ark import read_features
from speakernet.kaldi.tables import read_table
from speakernet.kaldi.wav_scp import Utterance, iter_utterances
from speakernet.signal.cmvn import sliding_cmn

Load = Callable[[str], Float32]
"""A function from an utterance's name to its input."""

NamedArray = tuple[str, Float32]

SAMPLE_RATE = 16000
INT16_SCALE = 32768


def feature_loader(data_dir: Path, cmn_window: int | None) -> Load:
    """Return a function that reads (frames, mel) of ``feats.scp`` and applies sliding CMN."""
    scp = data_dir / "feats.scp"
    entries = read_table(scp)

    def load(name: str) -> Float32:
        if name not in entries:
            raise UserError(f"{scp}: '{name}' of utt2spk is missing")
        features = np.asarray(read_features(entries[name], name, scp), dtype=np.float32)
        return sliding_cmn(features, cmn_window) if cmn_window and len(features) else features

    return load


def waveform_loader(data_dir: Path, notes: dict[str, list[str]]) -> Load:
    """Return a function that reads waveforms (samples,), in [-1, 1] at 16 kHz.

    What is odd about an utterance's audio is added to ``notes``.
    """
    from speakernet.audio.reader import AudioReader  # decoders take time to import

    reader = AudioReader(SAMPLE_RATE)
    utterances = _utterances(data_dir)

    def load(name: str) -> Float32:
        if name not in utterances:
            raise UserError(f"{data_dir}/wav.scp: '{name}' of utt2spk is missing")
        waveform, read_notes = reader.read_with_notes(utterances[name])
        found = [*read_notes, *examine(waveform, len(waveform) / SAMPLE_RATE, 0)]
        if found:
            notes[name] = [str(note) for note in found]
        return np.asarray(waveform / INT16_SCALE, dtype=np.float32)

    return load


def _utterances(data_dir: Path) -> dict[str, Utterance]:
    utterances: dict[str, Utterance] = {}
    for utterance in iter_utterances(data_dir):
        if utterances.setdefault(utterance.name, utterance) is not utterance:
            raise UserError(f"{utterance.place}: duplicate id '{utterance.name}'")
    return utterances


def read_ahead(names: Sequence[str], load: Load, num_threads: int) -> Iterator[NamedArray]:
    """Yield ``(name, load(name))`` in order; threads read ahead (0: none, one after another)."""
    if not num_threads:
        yield from ((name, load(name)) for name in names)
        return
    waiting: deque[tuple[str, Future[Float32]]] = deque()
    with ThreadPoolExecutor(num_threads) as pool:
        for name in names:
            waiting.append((name, pool.submit(load, name)))
            if len(waiting) > 4 * num_threads:
                done, future = waiting.popleft()
                yield done, future.result()
        while waiting:
            done, future = waiting.popleft()
            yield done, future.result()
