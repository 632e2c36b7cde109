"""Whether a recording holds speech enough: silent, without speech, too short, clipped.

Frames of 50 ms, 10 ms apart, are *active* within 30 dB of the recording's loud frames and above
−65 dB of full scale. They are *voiced* where their normalised autocorrelation has a peak of at
least 0.55 at a pitch of 60 to 500 Hz (Boersma 1993, eq. 9: divided by the window's own). It is that
of the power from 70 to 2000 Hz times the frequency, so that rumble has no pitch. Speech is what is
active within 0.2 s of a voiced, active frame. Noise has few voiced frames; hums, tones and steady
noise have a level that does not change as syllables do. A singer, an instrument or a barking dog
may pass: this keeps out recordings that went wrong. docs/numerics.md has how often it errs.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.fft import irfft, next_fast_len, rfft, rfftfreq

from speakernet.arrays import Bool, Float32

_FULL_SCALE = 32768.0
_FRAME_S, _SHIFT_S = 0.05, 0.01
_PITCH_HZ = (60.0, 500.0)
_BAND_HZ = (70.0, 2000.0)
_MIN_LEVEL_DB = -60.0
_MIN_FRAME_DB, _RANGE_DB = -65.0, 30.0
_MIN_PERIODICITY = 0.55
_MIN_VOICED_SHARE = 0.12
_MIN_LEVEL_CHANGE_DB = 2.5
_REACH_FRAMES = 20
_CLIPPED_AT, _MAX_CLIPPED_SHARE = 0.98, 0.03
_FRAMES_AT_ONCE = 1000


class ProblemKind(StrEnum):
    """What a recording lacks."""

    SILENT = "silent"
    NO_SPEECH = "no_speech"
    TOO_SHORT = "too_short"
    CLIPPED = "clipped"


@dataclass(frozen=True)
class Problem:
    """What is wrong with a recording, and how it was seen."""

    kind: ProblemKind
    reason: str


@dataclass(frozen=True)
class SpeechCheck:
    """What a recording holds; durations in seconds, level in dB of full scale."""

    duration_s: float
    speech_s: float
    level_db: float
    clipped_share: float
    problem: Problem | None


def check_speech(samples: Float32, sample_rate: int, min_speech_s: float = 0.5) -> SpeechCheck:
    """Look at a recording, (samples,) in the range of 16-bit integers; name the first problem."""
    level, periodicity = _frames(samples, sample_rate)
    audible = level > _MIN_FRAME_DB
    loud = float(np.percentile(level[audible], 95)) if audible.any() else float(level.max())
    active = audible & (level > loud - _RANGE_DB)
    voiced = active & (periodicity > _MIN_PERIODICITY)
    speech_s = float((active & _near(voiced)).sum()) * _SHIFT_S
    clipped, duration_s = _clipped_share(samples), len(samples) / sample_rate
    is_long = duration_s >= min_speech_s  # a shorter one is too short, whatever is in it
    problem = (
        _silent(loud)
        or (_no_speech(level[active], voiced) if is_long else None)
        or _too_short(speech_s, min_speech_s)
        or _clipped(clipped)
    )
    return SpeechCheck(duration_s, speech_s, loud, clipped, problem)


def _silent(level_db: float) -> Problem | None:
    if level_db >= _MIN_LEVEL_DB:
        return None
    reason = f"level {level_db:.0f} dB of full scale, below {_MIN_LEVEL_DB:.0f}"
    return Problem(ProblemKind.SILENT, reason)


def _no_speech(active_db: Float32, voiced: Bool) -> Problem | None:
    """``active_db`` has the levels of active frames only, ``voiced`` all frames."""
    voiced_share = float(voiced.sum()) / len(active_db)
    change_db = float(active_db.std())
    if voiced_share < _MIN_VOICED_SHARE:
        reason = f"{voiced_share:.0%} of the sound has a pitch, speech has {_MIN_VOICED_SHARE:.0%}"
    elif change_db < _MIN_LEVEL_CHANGE_DB:
        reason = f"a steady sound: its level changes by {change_db:.1f} dB, speech's by"
        reason += f" {_MIN_LEVEL_CHANGE_DB} dB"
    else:
        return None
    return Problem(ProblemKind.NO_SPEECH, f"{reason} or more")


def _too_short(speech_s: float, min_speech_s: float) -> Problem | None:
    if speech_s >= min_speech_s:
        return None
    reason = f"{speech_s:.2f} s of speech, {min_speech_s:g} s are needed"
    return Problem(ProblemKind.TOO_SHORT, reason)


def _clipped(share: float) -> Problem | None:
    if share <= _MAX_CLIPPED_SHARE:
        return None
    return Problem(ProblemKind.CLIPPED, f"{share:.1%} of the samples are at the loudest level")


def _clipped_share(samples: Float32) -> float:
    """Return the share of samples that are as loud as any."""
    if not samples.any():
        return 0.0
    loudness = np.abs(samples)
    return float((loudness >= _CLIPPED_AT * loudness.max()).mean())


def _near(voiced: Bool) -> Bool:
    """Return which frames are at most _REACH_FRAMES from a voiced one."""
    counts = np.concatenate(([0], np.cumsum(voiced)))
    frames = np.arange(len(voiced))
    start = np.maximum(frames - _REACH_FRAMES, 0)
    end = np.minimum(frames + _REACH_FRAMES + 1, len(voiced))
    return counts[end] > counts[start]


def _frames(samples: Float32, sample_rate: int) -> tuple[Float32, Float32]:
    """Return level (dB of full scale) and periodicity of each frame; one at least."""
    length, shift = int(_FRAME_S * sample_rate), int(_SHIFT_S * sample_rate)
    padded = np.pad(samples / np.float32(_FULL_SCALE), (0, max(length - len(samples), 0)))
    frames = np.lib.stride_tricks.sliding_window_view(padded, length)[::shift]
    parts = [
        _levels_and_periodicities(frames[first : first + _FRAMES_AT_ONCE], sample_rate)
        for first in range(0, len(frames), _FRAMES_AT_ONCE)
    ]
    level, periodicity = (np.concatenate(values) for values in zip(*parts, strict=True))
    return level, periodicity


def _levels_and_periodicities(frames: Float32, sample_rate: int) -> tuple[Float32, Float32]:
    frames = frames - frames.mean(axis=1, keepdims=True)
    level = 10 * np.log10(np.square(frames).mean(axis=1) + np.float32(1e-12))
    window = np.hanning(frames.shape[1]).astype(np.float32)
    size = next_fast_len(2 * len(window), real=True)
    frequency = rfftfreq(size, 1 / sample_rate)
    in_band = (frequency >= _BAND_HZ[0]) & (frequency <= _BAND_HZ[1])
    power = np.square(np.abs(rfft(frames * window, size))) * (in_band * frequency)
    first, last = int(sample_rate / _PITCH_HZ[1]), int(sample_rate / _PITCH_HZ[0])
    own = irfft(np.square(np.abs(rfft(window, size))))[: last + 2]
    correlation = irfft(power)[:, : last + 2]
    correlation /= np.maximum(correlation[:, :1], 1e-20) * (own / own[0])
    inner = correlation[:, first : last + 1]
    is_peak = inner >= correlation[:, first - 1 : last]
    is_peak &= inner >= correlation[:, first + 1 : last + 2]
    return level, np.where(is_peak, inner, 0).max(axis=1).astype(np.float32)
