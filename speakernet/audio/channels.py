"""Which channel of a recording is read: the first unless asked otherwise, and then it is noted."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from speakernet.arrays import Float32
from speakernet.audio.notes import Note
from speakernet.audio.sound_files import Audio
from speakernet.config.errors import UserError

FIRST = "-1"
"""Kaldi's number for a channel that nobody chose: the first."""


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
