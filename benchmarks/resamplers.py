"""What resamplers do to steady tones: ripple, the band's edge, distortion and aliases.

    python -m benchmarks.resamplers

sox is measured where it is installed. docs/numerics.md has a table.
"""

import subprocess
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from shutil import which
from typing import Any

import numpy as np
from numpy.linalg import lstsq

from benchmarks.peers.features import import_torchaudio_compliance
from benchmarks.timing import markdown_table
from speakernet.arrays import Float32
from speakernet.signal.resample import resample

Resampler = Callable[[Float32, int, int], Float32]

RATES_HZ = ((44100, 16000), (48000, 16000), (22050, 16000), (8000, 16000))
# Shares of the lower Nyquist rate.
PASSED, EDGE, ALIASES = np.linspace(0.02, 0.88, 15), (0.9, 0.95), (1.05, 1.1, 1.3)
# What librosa's and resampy's kaiser_best is in torchaudio's terms (its tutorial on resampling).
KAISER_BEST: dict[str, Any] = {
    "lowpass_filter_width": 64,
    "rolloff": 0.9475937167399596,
    "resampling_method": "sinc_interp_kaiser",
    "beta": 14.769656459379492,
}
AMPLITUDE = 0.5


def main() -> None:
    """Print the table."""
    rows = [
        [f"{old} → {new}", name, *measure(resampler, old, new)]
        for old, new in RATES_HZ
        for name, resampler in resamplers().items()
    ]
    header = ["Hz", "resampler", "ripple, dB", "at 0.9, 0.95, dB", "rest, dB", "aliases, dB"]
    print(markdown_table(header, rows))


def resamplers() -> dict[str, Resampler]:
    """Return the resamplers that are here."""
    import_torchaudio_compliance()
    found: dict[str, Resampler] = {
        "`signal/resample.py`": lambda x, old, new: resample(x, Fraction(new, old)),
        "torchaudio, default": with_torchaudio,
        "torchaudio, kaiser_best": partial(with_torchaudio, **KAISER_BEST),
    }
    if which("sox"):
        found["`sox -G … rate -v`"] = with_sox
    return found


def with_torchaudio(waveform: Float32, old: int, new: int, **options: Any) -> Float32:
    """Resample by torchaudio."""
    import torch
    from torchaudio.functional import resample as theirs

    result: Float32 = theirs(torch.from_numpy(waveform), old, new, **options).numpy()
    return result


def with_sox(waveform: Float32, old: int, new: int) -> Float32:
    """Resample by sox, floats in and out."""
    raw = ["-t", "f32", "-c", "1", "-r"]
    command = ["sox", "-G", *raw, str(old), "-", *raw, str(new), "-", "rate", "-v"]
    run = subprocess.run(command, input=waveform.tobytes(), capture_output=True, check=True)
    return np.frombuffer(run.stdout, np.float32)


def measure(resampler: Resampler, old: int, new: int) -> list[str]:
    """Return a row: levels of tones that pass, what else there is beside them, what aliases."""
    nyquist = min(old, new) / 2
    levels, rests = np.transpose([level(resampler, k * nyquist, old, new) for k in PASSED])
    edge = [level(resampler, k * nyquist, old, new)[0] for k in EDGE]
    aliases = [level(resampler, k * nyquist, old, new)[1] for k in ALIASES] if old > new else []
    return [
        f"{np.ptp(levels):.3f}",
        ", ".join(f"{each:.1f}" for each in edge),
        f"{rests.max():.0f}",
        ", ".join(f"{each:.0f}" for each in aliases),
    ]


def level(resampler: Resampler, tone_hz: float, old: int, new: int) -> tuple[float, float]:
    """Return in dB what remains of a tone of one second, and the power of all that is not it."""
    tone = AMPLITUDE * np.sin(2 * np.pi * tone_hz * np.arange(old) / old)
    result = resampler(tone.astype(np.float32), old, new)
    middle = result[len(result) // 5 : -len(result) // 5].astype(np.float64)
    if tone_hz >= new / 2:
        return -np.inf, decibels(np.mean(middle**2))
    phase = 2 * np.pi * tone_hz * np.arange(len(middle)) / new
    basis = np.stack([np.sin(phase), np.cos(phase)], axis=1)
    fit = basis @ lstsq(basis, middle, rcond=None)[0]
    return decibels(np.mean(fit**2)), decibels(np.mean((middle - fit) ** 2))


def decibels(power: Any) -> float:
    """Return a power in dB below the tone's; at least -200."""
    return 10 * float(np.log10(max(power / (AMPLITUDE**2 / 2), 1e-20)))


if __name__ == "__main__":
    main()
