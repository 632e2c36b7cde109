"""How fast this machine reads, augments and analyses audio: measured for a second or two."""

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from speakernet.arrays import Float32
from speakernet.audio.reader import AudioReader
from speakernet.audio.wav import write_wav
from speakernet.config.errors import UserError
from speakernet.signal.extractors import make_extractor
from speakernet.signal.options import FbankOptions, MfccOptions
from speakernet.signal.reverberate import ImpulseResponse, Noise, quantize, reverberate

_RATE = 16000
_SECONDS = 8
_ENOUGH_S = 0.3
_ROOM_SAMPLES = 8000
_KINDS = 4  # of copies: one of them is a room


@dataclass(frozen=True)
class AudioRates:
    """Seconds of one core for a second of audio. ``source``: what was decoded to measure."""

    decode: float
    augment: float
    features: float
    source: str


NO_AUDIO_RATES = AudioRates(0.0, 0.0, 0.0, "")


def measure_audio(entries: Sequence[str], options: FbankOptions | MfccOptions | None) -> AudioRates:
    """Return rates of reading ``entries``, or a wav file where there are none; without
    ``options`` no features are computed. Raises UserError if an entry cannot be read.
    """
    rng = np.random.default_rng(0)
    signal = rng.normal(0, 1000, _RATE * _SECONDS).astype(np.float32)
    response = ImpulseResponse(
        (rng.normal(size=_ROOM_SAMPLES) * np.exp(-np.arange(_ROOM_SAMPLES) / 1500)).astype("f4")
    )
    noise = Noise(signal[::-1].copy(), 10.0, 0.0)
    room = _cost(lambda: quantize(reverberate(signal, _RATE, response=response)))
    noisy = _cost(lambda: quantize(reverberate(signal, _RATE, noises=[noise])))
    features = 0.0
    if options is not None:
        extract = make_extractor(options)
        features = _cost(lambda: extract(signal, seed=1)) / _SECONDS
    decode, source = _measure_decoding(entries, signal)
    augment = (room + (_KINDS - 1) * noisy) / _KINDS / _SECONDS
    return AudioRates(decode, augment, features, source)


def _measure_decoding(entries: Sequence[str], signal: Float32) -> tuple[float, str]:
    if entries:
        return _decoding_cost(entries), "the corpus's own files"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.wav")
        write_wav(path, quantize(signal), _RATE)
        return _decoding_cost([str(path)]), "a wav file, as no recording is there yet"


def _decoding_cost(entries: Sequence[str]) -> float:
    """Return seconds for a second of audio, of all entries together."""
    reader = AudioReader(_RATE)
    seconds = sum(len(reader.read(entry)) for entry in entries) / _RATE
    if not seconds:
        raise UserError(f"{entries[0]}: found no samples")

    def read_all() -> None:
        fresh = AudioReader(_RATE)
        for entry in entries:
            fresh.read(entry)

    return _cost(read_all) / seconds


def _cost(function: Callable[[], object]) -> float:
    """Return the seconds that a call takes of a core, in the mean of some after the first."""
    function()
    begun, count = _cpu_seconds(), 0
    while count == 0 or _cpu_seconds() - begun < _ENOUGH_S:
        function()
        count += 1
    return (_cpu_seconds() - begun) / count


def _cpu_seconds() -> float:
    """Return the CPU seconds of this process and of programs that it has waited for."""
    return sum(os.times()[:4])
