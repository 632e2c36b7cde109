"""Cepstra beside SciPy's cosine transform of the filter bank."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.fft import dct

from speakernet.arrays import Float32
from speakernet.signal.fbank import fbank
from speakernet.signal.mfcc import Mfcc
from speakernet.signal.options import FbankOptions, MfccOptions

WAVEFORM = np.random.default_rng(2).normal(0, 1000, 4000).astype(np.float32)
OPTIONS = MfccOptions(dither=0, num_mel_bins=30, num_ceps=13, use_energy=False)


def cosines() -> Float32:
    bank = fbank(WAVEFORM, FbankOptions(dither=0, num_mel_bins=30))
    return dct(bank.astype(np.float64), type=2, norm="ortho", axis=1)


@pytest.mark.parametrize("num_ceps", [1, 13, 30])
def test_without_a_lifter_it_is_the_transform(num_ceps: int) -> None:
    extract = Mfcc(replace(OPTIONS, cepstral_lifter=0.0, num_ceps=num_ceps))
    cepstra = extract(WAVEFORM)
    assert extract.dim == num_ceps and cepstra.dtype == np.float32
    np.testing.assert_allclose(cepstra, cosines()[:, :num_ceps], atol=1e-4)


def test_the_lifter_raises_the_middle() -> None:
    weights = 1 + 11 * np.sin(np.pi * np.arange(13) / 22)
    np.testing.assert_allclose(Mfcc(OPTIONS)(WAVEFORM), cosines()[:, :13] * weights, atol=1e-3)


@pytest.mark.parametrize("floor", [0.0, 1e12])
def test_energy_takes_the_place_of_the_first(floor: float) -> None:
    cepstra = Mfcc(replace(OPTIONS, use_energy=True, energy_floor=floor))(WAVEFORM)
    frame = WAVEFORM[:400] - WAVEFORM[:400].mean()
    energy = max(np.log(np.sum(frame**2)), np.log(floor) if floor else -np.inf)
    assert cepstra[0, 0] == pytest.approx(energy, rel=1e-5)
    np.testing.assert_array_equal(cepstra[:, 1:], Mfcc(OPTIONS)(WAVEFORM)[:, 1:])


@pytest.mark.parametrize("use_energy", [True, False])
def test_htk_has_the_first_last_and_without_the_root_of_a_half(use_energy: bool) -> None:
    kaldis, htks = (
        Mfcc(replace(OPTIONS, use_energy=use_energy, htk_compat=htk))(WAVEFORM)
        for htk in (False, True)
    )
    np.testing.assert_array_equal(htks[:, :-1], kaldis[:, 1:])
    factor = 1 if use_energy else np.sqrt(2)
    np.testing.assert_allclose(htks[:, -1], factor * kaldis[:, 0], rtol=1e-6)


def test_dither_has_its_seed() -> None:
    extract = Mfcc(replace(OPTIONS, dither=1.0))
    silence = np.zeros(400, dtype=np.float32)
    np.testing.assert_array_equal(extract(silence, seed=1), extract(silence, seed=1))
    assert not np.array_equal(extract(silence, seed=1), extract(silence, seed=2))
