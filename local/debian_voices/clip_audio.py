"""One recorded clip: from the bytes of an audio file to trimmed 16 kHz mono samples."""

from __future__ import annotations

import functools
import io
import math

import av
import numpy as np
import soundfile
from scipy.signal import firwin, resample_poly
from wav_file import SAMPLE_RATE_HZ

from speakernet.arrays import Float32

_FRAME_SAMPLES = 160
_SILENCE_DB = -35.0
_MARGIN_FRAMES = 5
_MIN_RATE_HZ, _MAX_RATE_HZ = 4000, 384_000
_MAX_S = 3600.0
# Headerless formats of telephony, which libsndfile does not know by their content.
_RAW_FORMATS = {".g722": ("g722", 16000), ".gsm": ("gsm", 8000)}


class UndecodableError(Exception):
    """The bytes are no audio file that can be read."""


def decode(content: bytes, suffix: str) -> Float32:
    """Return the samples of a file in [-1, 1], channels averaged, at 16 kHz; ``suffix`` is the file
    name's.

    Raises UndecodableError.
    """
    if suffix in _RAW_FORMATS:
        samples, rate_hz = _decode_raw(content, *_RAW_FORMATS[suffix])
    else:
        samples, rate_hz = _decode_container(content)
    return resample(samples, rate_hz)


def _decode_container(content: bytes) -> tuple[Float32, int]:
    try:
        with soundfile.SoundFile(io.BytesIO(content)) as file:
            check_sizes(file)
            samples, rate_hz = file.read(dtype="float32", always_2d=True), file.samplerate
    except soundfile.LibsndfileError as error:
        raise UndecodableError(str(error)) from None
    return samples.mean(axis=1, dtype=np.float32), rate_hz


def check_sizes(file: soundfile.SoundFile) -> None:
    """Raise UndecodableError for a rate or a length that no clip has; both would take memory."""
    seconds = file.frames / max(file.samplerate, 1)
    if not _MIN_RATE_HZ <= file.samplerate <= _MAX_RATE_HZ or seconds > _MAX_S:
        raise UndecodableError(f"{file.samplerate} Hz, {seconds:.0f} s: no clip")


def _decode_raw(content: bytes, name: str, rate_hz: int) -> tuple[Float32, int]:
    try:
        with av.open(io.BytesIO(content), mode="r", format=name) as container:
            frames = [frame.to_ndarray().reshape(-1) for frame in container.decode(audio=0)]
    except av.FFmpegError as error:
        raise UndecodableError(str(error)) from None
    if not frames:
        raise UndecodableError("no samples")
    return np.concatenate(frames).astype(np.float32) / 32768.0, rate_hz


def resample(samples: Float32, rate_hz: int) -> Float32:
    """Resample to 16 kHz with a polyphase filter."""
    if rate_hz == SAMPLE_RATE_HZ or not len(samples):
        return samples
    divisor = math.gcd(SAMPLE_RATE_HZ, rate_hz)
    up, down = SAMPLE_RATE_HZ // divisor, rate_hz // divisor
    return np.asarray(resample_poly(samples, up, down, window=_low_pass(up, down)), np.float32)


@functools.cache
def _low_pass(up: int, down: int) -> Float32:
    """Return the filter that ``resample_poly`` would design at every call, which costs more than
    its use.
    """
    longest = max(up, down)
    return np.asarray(firwin(20 * longest + 1, 1.0 / longest, window=("kaiser", 5.0)), np.float32)


def trim_silence(samples: Float32) -> Float32:
    """Cut what lies before and after the speech: frames of 10 ms more than 35 dB below the loudest
    one, less 50 ms on each side.

    A clip of zeros comes back empty.
    """
    num_frames = len(samples) // _FRAME_SAMPLES
    frames = samples[: num_frames * _FRAME_SAMPLES].reshape(num_frames, _FRAME_SAMPLES)
    energy = np.mean(np.square(frames, dtype=np.float64), axis=1)
    if not num_frames or energy.max() == 0.0:
        return samples[:0]
    loud = np.flatnonzero(energy > energy.max() * 10.0 ** (_SILENCE_DB / 10.0))
    first = max(int(loud[0]) - _MARGIN_FRAMES, 0)
    last = min(int(loud[-1]) + 1 + _MARGIN_FRAMES, num_frames)
    return samples[first * _FRAME_SAMPLES : last * _FRAME_SAMPLES]
