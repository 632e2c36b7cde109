"""Mel energies beside the same in one plain product."""

from dataclasses import replace

import numpy as np
import pytest

from speakernet.arrays import Float32
from speakernet.signal.mel import mel_filters
from speakernet.signal.options import FbankOptions
from speakernet.signal.spectrum import BLOCK, MelSpectrum
from speakernet.signal.window import window_function

PLAIN = FbankOptions(
    dither=0, preemphasis_coefficient=0, remove_dc_offset=False, window_type="rectangular"
)


def noise(num_samples: int) -> Float32:
    return np.random.default_rng(4).normal(100, 1000, num_samples).astype(np.float32)


@pytest.mark.parametrize("num_mel_bins", [3, 5, 23, 80])
def test_bands_of_bins_are_the_whole_product(num_mel_bins: int) -> None:
    options = replace(PLAIN, num_mel_bins=num_mel_bins)
    waveform = noise(400 + 160 * BLOCK)  # one frame more than a block
    mel, energy = MelSpectrum(options).compute(waveform, seed=0)
    assert mel.shape == (BLOCK + 1, num_mel_bins) and energy is None
    for index in (0, BLOCK - 1, BLOCK):
        frame = waveform[160 * index : 160 * index + 400].astype(np.float64)
        power = np.abs(np.fft.rfft(frame, 512)[:256]) ** 2
        np.testing.assert_allclose(mel[index], power @ mel_filters(options), rtol=1e-4)


def test_magnitudes_are_roots_of_powers() -> None:
    options = replace(PLAIN, num_mel_bins=40)
    magnitudes, _ = MelSpectrum(options, use_power=False).compute(noise(400), seed=0)
    expected = np.abs(np.fft.rfft(noise(400), 512)[:256]) @ mel_filters(options)
    np.testing.assert_allclose(magnitudes[0], expected, rtol=1e-4)


@pytest.mark.parametrize("raw", [True, False])
def test_energy_is_taken_before_or_after_pre_emphasis_and_window(raw: bool) -> None:
    options = FbankOptions(dither=0, raw_energy=raw)
    waveform = noise(400 + 160 * 2)
    _, energy = MelSpectrum(options, use_energy=True).compute(waveform, seed=0)
    assert energy is not None and energy.shape == (3,)
    frame = waveform[320:720].astype(np.float64)
    frame -= frame.mean()
    if not raw:
        frame = (frame - 0.97 * np.append(frame[0], frame[:-1])) * window_function(options)
    assert energy[2] == pytest.approx(np.log(np.sum(frame**2)), rel=1e-5)


def test_the_energy_of_silence_has_a_floor() -> None:
    spectrum = MelSpectrum(replace(PLAIN, dither=0), use_energy=True)
    _, energy = spectrum.compute(np.zeros(400, dtype=np.float32), seed=0)
    assert energy == pytest.approx(np.log(np.finfo(np.float32).eps))


def test_each_waveform_is_computed_on_its_own() -> None:
    """Buffers are used again: what a longer one left in them may not show."""
    spectrum = MelSpectrum(FbankOptions(dither=0))
    first = spectrum.compute(noise(2000), seed=0)[0]
    spectrum.compute(-3 * noise(9000), seed=0)
    np.testing.assert_array_equal(spectrum.compute(noise(2000), seed=0)[0], first)
    assert spectrum.compute(noise(399), seed=0)[0].shape == (0, 23)


def test_dither_has_the_seeds_noise_and_the_options_amount() -> None:
    silence = np.zeros(16000, dtype=np.float32)
    loud, soft = (MelSpectrum(FbankOptions(dither=amount)) for amount in (10.0, 1.0))
    np.testing.assert_allclose(
        loud.compute(silence, 5)[0], 100 * soft.compute(silence, 5)[0], rtol=1e-2
    )
    assert not np.array_equal(soft.compute(silence, 5)[0], soft.compute(silence, 6)[0])
