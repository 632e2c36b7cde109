"""Audio of another sample rate than the one that is asked for: resampled, rounded to 16 bits, and
noted.

Ratios are approximated by fractions of at most 4000, which is exact for all usual rates and within
one in a million for others.
"""

from fractions import Fraction

import numpy as np

from speakernet.audio.channels import Signal
from speakernet.audio.notes import Note
from speakernet.config.errors import UserError
from speakernet.config.numbers import HIGHEST_HZ, LOWEST_HZ
from speakernet.signal.resample import resample
from speakernet.signal.reverberate import quantize

_MAX_DENOMINATOR = 4000


def rate_ratio(found_hz: int, wanted_hz: int) -> Fraction:
    """Return the ratio for ``resample``. Raises UserError for a rate that no audio has."""
    for rate in (found_hz, wanted_hz):
        if not LOWEST_HZ <= rate <= HIGHEST_HZ:
            raise UserError(f"found {rate} Hz; expected {LOWEST_HZ} to {HIGHEST_HZ} Hz")
    return Fraction(wanted_hz, found_hz).limit_denominator(_MAX_DENOMINATOR)


def at_rate(signal: Signal, wanted_hz: int, what: str = "") -> Signal:
    """Return the signal at ``wanted_hz``, with a note if it had another rate.

    ``what``: what is resampled, where it is not the utterance itself.
    """
    found = signal.sample_rate
    if found == wanted_hz:
        return signal
    changed = resample(np.asarray(signal.samples, np.float32), rate_ratio(found, wanted_hz))
    note = Note("resampled", f"{what}resampled from {found} Hz")
    return Signal(quantize(np.rint(changed)), wanted_hz, (*signal.notes, note))
