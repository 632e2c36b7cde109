"""Filter banks where the result is known; the same as Kaldi's is tests/numerics' matter."""

from dataclasses import replace

import numpy as np
import pytest

from speakernet.signal.fbank import Fbank, fbank, floor_log_energy
from speakernet.signal.options import FbankOptions

OPTIONS = FbankOptions(dither=0)
WAVEFORM = np.random.default_rng(2).normal(0, 1000, 2000).astype(np.float32)


def test_twice_as_loud_is_log_four_more() -> None:
    louder, plain = (fbank(gain * WAVEFORM, OPTIONS) for gain in (2, 1))
    assert plain.dtype == np.float32 and plain.shape == (11, 23)
    np.testing.assert_allclose(louder - plain, np.log(4), atol=1e-4)


def test_integers_are_waveforms_too() -> None:
    integers = np.rint(WAVEFORM).astype(np.int16)
    np.testing.assert_array_equal(
        fbank(integers, OPTIONS),  # type: ignore[arg-type]
        fbank(integers.astype(np.float32), OPTIONS),
    )


def test_silence_has_the_smallest_value() -> None:
    silence = np.zeros(400, dtype=np.float32)
    np.testing.assert_allclose(fbank(silence, OPTIONS), np.log(np.finfo(np.float32).eps))
    linear = replace(OPTIONS, use_log_fbank=False)
    np.testing.assert_array_equal(fbank(silence, linear), 0)


@pytest.mark.parametrize(("htk_compat", "column"), [(False, 0), (True, -1)])
def test_energy_is_the_first_or_the_last_column(htk_compat: bool, column: int) -> None:
    extract = Fbank(replace(OPTIONS, use_energy=True, htk_compat=htk_compat))
    features = extract(WAVEFORM)
    assert features.shape == (11, 24) and extract.dim == 24
    frame = WAVEFORM[:400] - WAVEFORM[:400].mean()
    assert features[0, column] == pytest.approx(np.log(np.sum(frame**2)), rel=1e-5)
    np.testing.assert_array_equal(np.delete(features, column, axis=1), fbank(WAVEFORM, OPTIONS))


def test_options_are_not_mixed_up() -> None:
    """The last few extractors are kept."""
    for num_mel_bins in (23, 40, 23, 30, 31, 32, 40):
        assert fbank(WAVEFORM, replace(OPTIONS, num_mel_bins=num_mel_bins)).shape[1] == num_mel_bins


def test_a_floor_of_zero_is_none() -> None:
    energy = np.array([-30, 0, 5], dtype=np.float32)
    np.testing.assert_array_equal(floor_log_energy(energy, 0.0), energy)
    np.testing.assert_allclose(
        floor_log_energy(energy, 20.0), [np.log(20), np.log(20), 5], rtol=1e-6
    )
