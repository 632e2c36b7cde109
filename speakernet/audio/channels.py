"""Which channel of a recording is read: the first unless asked otherwise, and then it is noted.

And which part: a segment, or a beginning that is repeated.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from speakernet.arrays import Float32
from speakernet.audio.notes import Note
from speakernet.audio.sound_files import Audio
from speakernet.config.errors import UserError

FIRST = "-1"
"""Kaldi's number for a channel that nobody chose: the first."""
# Kaldi accepts a segment that ends up to this long after its recording (extract-segments).
_MAX_OVERSHOOT_S = 0.5


class Signal(NamedTuple):
    """One channel, (samples,) int16 or float32 in the scale of int16, its rate in Hz, its notes."""

    samples: NDArray[np.int16] | Float32
    sample_rate: int
    notes: tuple[Note, ...] = ()


def choose_channel(audio: Audio, choice: str, name: str, max_samples: int | None = None) -> Signal:
    """Return the channel that ``choice`` asks for, a value of Kaldi's option --channel.

    ``-1``: the first; a number from 0; ``average`` of all; ``refuse`` more than one. That there are
    several is noted. Raises UserError, starting with ``name``, for a channel that is not there.
    """
    num_channels = audio.samples.shape[1]
    if choice not in (FIRST, "average", "refuse"):
        signal = pick_channel(audio, int(choice), name, max_samples)
    elif choice == "refuse" and num_channels > 1:
        raise UserError(
            f"{name}: found {num_channels} channels; expected one (--channel=average or =0, =1, … "
            "takes them)"
        )
    elif choice == "average" and num_channels > 1:
        mean = audio.samples[:max_samples].mean(axis=1, dtype=np.float32)
        signal = Signal(mean, audio.sample_rate, audio.notes)
    else:
        signal = pick_channel(audio, 0, name, max_samples)
    if num_channels == 1:
        return signal
    taken = "averaged" if choice == "average" else f"channel {1 + max(int(choice), 0)} taken"
    note = Note("channels", f"with {num_channels} channels, {taken}")
    return signal._replace(notes=(*signal.notes, note))


def pick_channel(audio: Audio, channel: int, name: str, max_samples: int | None = None) -> Signal:
    """Return a channel by its number from 0. Raises UserError if there is none of this number."""
    num_channels = audio.samples.shape[1]
    if channel >= num_channels:
        raise UserError(f"{name}: found {num_channels} channel(s); expected channel {channel}")
    return Signal(audio.samples[:max_samples, channel], audio.sample_rate, audio.notes)


def cut_or_repeat(signal: Signal, duration_s: float) -> Signal:
    """Return the signal cut or repeated to a duration in seconds."""
    # Kaldi multiplies in float32 and rounds down.
    length = int(np.float32(signal.sample_rate) * np.float32(duration_s))
    samples: NDArray[Any] = signal.samples
    if length > len(samples):
        samples = np.tile(samples, -(-length // len(samples)))
    return signal._replace(samples=samples[:length])


def segment_of(recording: Signal, start_s: float, end_s: float) -> Float32:
    """Return a part (samples,) as ``segment_range`` has it; raises UserError as that does."""
    begin, end = segment_range(len(recording.samples), recording.sample_rate, start_s, end_s)
    return recording.samples[begin:end].astype(np.float32)


def segment_range(
    num_samples: int, sample_rate: int, start_s: float, end_s: float
) -> tuple[int, int]:
    """Return begin and end of a part in samples, to the end if ``end_s`` is negative.

    Raises UserError for one that is not within the recording, or has no samples.
    """
    duration = num_samples / sample_rate
    if start_s >= duration or end_s > duration + _MAX_OVERSHOOT_S:
        raise UserError(
            f"found a segment from {start_s:g} to {end_s:g} s; expected one within {duration:.3f} s"
        )
    begin = int(start_s * sample_rate)
    end = num_samples if end_s < 0 else min(int(end_s * sample_rate), num_samples)
    if begin >= end:
        raise UserError(f"found no samples from {start_s:g} to {end_s:g} s")
    return begin, end
