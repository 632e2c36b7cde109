"""Utterances of a data directory as a network takes them: normalised features, or a waveform."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from speakernet.arrays import Float32
from speakernet.audio.channels import FIRST
from speakernet.audio.notes import accept, examine
from speakernet.config import UserError
from speakernet.config.errors import naming
from speakernet.data.config import NetworkRecipe
from speakernet.kaldi.ark import read_features
from speakernet.kaldi.tables import read_table
from speakernet.kaldi.wav_scp import Utterance, iter_utterances
from speakernet.signal.cmvn import sliding_cmn
from speakernet.signal.dither import utterance_seed
from speakernet.signal.options import FbankOptions, MfccOptions

if TYPE_CHECKING:
    from speakernet.audio.reader import Reading

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


def computed_loader(
    data_dir: Path,
    options: FbankOptions | MfccOptions,
    recipe: NetworkRecipe,
    notes: dict[str, list[str]],
) -> Load:
    """Return a function that computes (frames, values) from ``wav.scp`` and applies sliding CMN.

    Equal to what ``feature_loader`` reads, up to the compression of archives. ``notes`` as in
    ``waveform_loader``.
    """
    from speakernet.signal.extractors import make_extractor

    read = _recordings(data_dir, int(options.sample_frequency), options.channel)
    extract, window = make_extractor(options), recipe.data.cmn_window

    def load(name: str) -> Float32:
        reading = read(name)
        with naming(f"utterance '{name}'"):
            if found := accept(reading.waveform, reading.notes, options):
                notes[name] = found
        features = extract(reading.waveform, seed=utterance_seed(recipe.stored_seed, name))
        return sliding_cmn(features, window) if window and len(features) else features

    return load


def waveform_loader(data_dir: Path, notes: dict[str, list[str]]) -> Load:
    """Return a function that reads waveforms (samples,), in [-1, 1] at 16 kHz.

    What is odd about an utterance's audio is added to ``notes``.
    """
    read = _recordings(data_dir, SAMPLE_RATE)

    def load(name: str) -> Float32:
        waveform, read_notes = read(name)
        found = [*read_notes, *examine(waveform, len(waveform) / SAMPLE_RATE, 0)]
        if found:
            notes[name] = [str(note) for note in found]
        return np.asarray(waveform / INT16_SCALE, dtype=np.float32)

    return load


def _recordings(data_dir: Path, rate: int, channel: str = FIRST) -> "Callable[[str], Reading]":
    """Return a function that reads the audio of an utterance of ``wav.scp``."""
    from speakernet.audio.reader import AudioReader  # decoders take time to import

    reader = AudioReader(rate, channel=channel)
    utterances = _utterances(data_dir)

    def read(name: str) -> "Reading":
        if name not in utterances:
            raise UserError(f"{data_dir}/wav.scp: '{name}' of utt2spk is missing")
        return reader.read_with_notes(utterances[name])

    return read


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
