"""Windows by their formulas, and frames by the samples in them."""

from dataclasses import replace

import numpy as np
import pytest
import scipy.signal.windows

from speakernet.signal.options import WINDOW_TYPES, FbankOptions
from speakernet.signal.window import frames, window_function

# Frames of ten samples, four apart.
OPTIONS = FbankOptions(sample_frequency=1000, frame_length=10, frame_shift=4, num_mel_bins=3)


def test_windows_are_those_of_the_books() -> None:
    hann = scipy.signal.windows.hann(10)
    expected = {
        "hanning": hann,
        "povey": hann**0.85,
        "hamming": scipy.signal.windows.general_hamming(10, 0.54),
        "sine": np.sin(np.pi * np.arange(10) / 9),
        "rectangular": np.ones(10),
        "blackman": scipy.signal.windows.general_cosine(10, [0.3, 0.5, 0.2]),
    }
    assert expected.keys() == set(WINDOW_TYPES)
    for name, window in expected.items():
        options = replace(OPTIONS, window_type=name, blackman_coeff=0.3)
        result = window_function(options)
        assert result.dtype == np.float32
        np.testing.assert_allclose(result, window, atol=1e-6, err_msg=name)


def test_frames_begin_at_multiples_of_the_shift() -> None:
    waveform = np.arange(21, dtype=np.float32)
    result = frames(waveform, OPTIONS)
    assert result.shape == (3, 10)
    for index, frame in enumerate(result):
        np.testing.assert_array_equal(frame, waveform[4 * index : 4 * index + 10])
    assert np.shares_memory(result, waveform) and not result.flags.writeable


@pytest.mark.parametrize("shift", [2.0, 4.0, 5.0, 12.0])
@pytest.mark.parametrize("count", [6, 10, 21, 22, 40])
def test_without_snip_edges_frames_are_centred_and_the_ends_mirrored(
    count: int, shift: float
) -> None:
    waveform = np.random.default_rng(0).standard_normal(count).astype(np.float32)
    options = replace(OPTIONS, snip_edges=False, frame_shift=shift)
    result = frames(waveform, options)
    assert len(result) == int(count / shift + 0.5)
    for index, frame in enumerate(result):
        start = int(index * shift + shift / 2) - 5
        for offset, value in enumerate(frame.tolist()):
            place = start + offset
            while not 0 <= place < count:
                place = -place - 1 if place < 0 else 2 * count - 1 - place
            assert value == waveform[place]


@pytest.mark.parametrize(("snip_edges", "count"), [(True, 9), (True, 0), (False, 1), (False, 0)])
def test_too_short_for_a_frame(snip_edges: bool, count: int) -> None:
    result = frames(np.zeros(count, dtype=np.float32), replace(OPTIONS, snip_edges=snip_edges))
    assert result.shape == (0, 10)
