"""From recordings to what a packaged network takes: any file, rate and number of channels."""

import os
from numbers import Real
from typing import TypeAlias

import numpy as np

from speakernet.arrays import AnyArray, Float32, Samples
from speakernet.audio.channels import FIRST, choose_channel
from speakernet.audio.files import read_audio_file
from speakernet.audio.notes import accept, examine
from speakernet.audio.rates import at_rate
from speakernet.audio.reader import AudioReader, Reading
from speakernet.audio.sound_files import Audio
from speakernet.backend.chunks import FEATURE_STEPS, WAVEFORM_STEPS
from speakernet.backend.inputs import INT16_SCALE, SAMPLE_RATE, features_of
from speakernet.config import UserError
from speakernet.kaldi.wav_scp import Utterance
from speakernet.model.description import FrontEndConfig

Recording: TypeAlias = str | os.PathLike[str] | AnyArray
"""A path, or samples: (samples,) or (samples, channels), float in [-1, 1] or integers."""

_LARGEST_FLOAT = 8.0  # what was mixed or decoded may go a little beyond 1, by no such factor
_INT32_STEP = np.float32(1 << 16)  # of 16 bits, in the scale of 32


class FrontEnd:
    """Makes the input of a network: features (frames, dim), or a waveform in [-1, 1]."""

    def __init__(self, config: FrontEndConfig) -> None:
        options = config.options
        self.sample_rate = int(options.sample_frequency) if options else SAMPLE_RATE
        """In Hz; recordings of other rates are resampled."""
        self.scale = FEATURE_STEPS if options else WAVEFORM_STEPS
        """Input steps of a number of frames."""
        self._options = options
        self._channel = options.channel if options else FIRST
        self._features = (
            features_of(options, config.cmn_window, config.dither_seed) if options else None
        )

        self._tables = AudioReader(self.sample_rate, channel=self._channel)

    def read(self, recording: Recording | Utterance, rate: int | None = None) -> Reading:
        """Return the waveform (samples,) of a file, or of samples at ``rate`` (Hz), and its notes.

        It is at ``sample_rate``, in the scale of 16-bit integers; of several channels the front
        end's is taken. An utterance of a wav.scp may be the output of a command, as in Kaldi.
        Raises UserError for what cannot be read.
        """
        if isinstance(recording, Utterance):
            return self._tables.read_with_notes(recording)
        if isinstance(recording, np.ndarray):
            audio, name = _audio_of(recording, rate), "samples"
        else:
            name = os.fspath(recording)
            audio = _read_file(name, rate)
        signal = at_rate(choose_channel(audio, self._channel, name), self.sample_rate)
        return Reading(np.asarray(signal.samples, np.float32), signal.notes)

    def notes(self, reading: Reading) -> tuple[str, ...]:
        """Return what is odd about a waveform. Raises UserError for what the options refuse."""
        if self._options:
            return tuple(accept(reading.waveform, reading.notes, self._options))
        duration = len(reading.waveform) / SAMPLE_RATE
        return tuple(map(str, (*reading.notes, *examine(reading.waveform, duration, 0))))

    def __call__(self, waveform: Float32, utterance: str = "") -> Float32:
        """Return the network's input; ``utterance`` draws the dither, see ``utterance_seed``."""
        if self._features:
            return self._features(waveform, utterance)
        return np.asarray(waveform / INT16_SCALE, dtype=np.float32)


def _read_file(name: str, rate: int | None) -> Audio:
    if rate is not None:
        raise UserError(f"{name}: a file says its rate itself; expected none beside its path")
    try:
        return read_audio_file(name)
    except (UserError, OSError, MemoryError):
        raise
    except Exception as error:  # of a library, for data that nobody foresaw
        reason = " ".join(f"{type(error).__name__} {error}".split())
        raise UserError(f"{name}: cannot be read: {reason}") from None


def _audio_of(samples: AnyArray, rate: int | None) -> Audio:
    """Return samples as files are read: (samples, channels), int16 or float32 in its scale."""
    if rate is None:
        raise UserError("samples: their rate is missing; expected embed(samples, rate)")
    if samples.ndim not in (1, 2) or not samples.size:
        raise UserError(
            f"samples: found the shape {samples.shape}; expected (samples,) or (samples, channels)"
        )
    if samples.ndim == 2 and samples.shape[1] > samples.shape[0]:
        raise UserError(
            f"samples: found {samples.shape[1]} channels of {samples.shape[0]} samples; expected "
            "(samples, channels)"
        )
    columns = samples if samples.ndim == 2 else samples[:, None]
    return Audio(_scaled(columns), _whole_rate(rate))


def _whole_rate(rate: object) -> int:
    if not isinstance(rate, Real) or not float(rate).is_integer():
        raise UserError(f"samples: found the rate {rate!r}; expected a whole number of Hz")
    return int(float(rate))


def _scaled(samples: AnyArray) -> Samples:
    native = samples.dtype.newbyteorder("=")
    if native == np.int16:
        return np.asarray(samples, np.int16)
    if native == np.int32:
        return np.asarray(samples, np.float32) / _INT32_STEP
    if not np.issubdtype(samples.dtype, np.floating):
        raise UserError(f"samples: found {samples.dtype}; expected float, int16 or int32")
    scaled = np.asarray(samples, np.float32)
    largest = float(np.abs(scaled).max())
    if not largest <= _LARGEST_FLOAT:
        raise UserError(
            f"samples: found values up to {largest:g}; expected floats in [-1, 1], or int16"
        )
    return scaled * np.float32(INT16_SCALE)
