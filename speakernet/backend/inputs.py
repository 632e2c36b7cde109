"""Utterances of a data directory as a network takes them: normalised features, or a waveform."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

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
Name = TypeVar("Name")
Loaded = TypeVar("Loaded")

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
    read = _recordings(data_dir, int(options.sample_frequency), options.channel)
    compute = features_of(options, recipe.data.cmn_window, recipe.stored_seed)

    def load(name: str) -> Float32:
        reading = read(name)
        with naming(f"utterance '{name}'"):
            if found := accept(reading.waveform, reading.notes, options):
                notes[name] = found
        return compute(reading.waveform, name)

    return load


def features_of(
    options: FbankOptions | MfccOptions, cmn_window: int | None, seed: int
) -> Callable[[Float32, str], Float32]:
    """Return a function of a waveform (samples,), in 16 bits' scale, and an utterance's name.

    It computes features (frames, values) and applies sliding CMN; ``seed`` and the name draw the
    dither. Threads may call it at the same time.
    """
    from speakernet.signal.extractors import make_extractor

    own = threading.local()  # extractors reuse their buffers

    def compute(waveform: Float32, name: str) -> Float32:
        if not hasattr(own, "extract"):
            own.extract = make_extractor(options)
        features: Float32 = own.extract(waveform, seed=utterance_seed(seed, name))
        return sliding_cmn(features, cmn_window) if cmn_window and len(features) else features

    return compute


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


def read_ahead(
    names: Iterable[Name], load: Callable[[Name], Loaded], num_threads: int
) -> Iterator[tuple[Name, Loaded]]:
    """Yield ``(name, load(name))`` in order; threads read ahead (0: none, one after another)."""
    if not num_threads:
        yield from ((name, load(name)) for name in names)
        return
    waiting: deque[tuple[Name, Future[Loaded]]] = deque()
    pool = ThreadPoolExecutor(num_threads)
    try:
        for name in names:
            waiting.append((name, pool.submit(load, name)))
            if len(waiting) > 4 * num_threads:
                done, future = waiting.popleft()
                yield done, future.result()
        while waiting:
            done, future = waiting.popleft()
            yield done, future.result()
    finally:  # whoever stops early does not wait for what was to be read next
        pool.shutdown(cancel_futures=True)
