"""The sliding mean of a crop beside that of the whole utterance."""

import numpy as np
import pytest

from speakernet.data import cmn
from speakernet.signal.cmvn import sliding_cmn


@pytest.fixture(params=["compiled", "numpy"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Numba is not installed, NumPy does the same."""
    if request.param == "numpy":
        monkeypatch.setattr(cmn, "_subtract", None)
    else:
        assert cmn._subtract is not None


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("frames", [1, 120, 299, 300, 301, 450, 1000])
@pytest.mark.parametrize("window", [300, 51, 8])
def test_cmn_of_a_crop_is_a_crop_of_cmn(frames: int, window: int) -> None:
    rng = np.random.default_rng(frames)
    matrix = (rng.standard_normal((frames, 4)) * 10 + 5).astype(np.float32)
    full = sliding_cmn(matrix, window)
    for length in {1, min(50, frames), min(200, frames), frames}:
        for start in {0, (frames - length) // 3, frames - length}:
            stop = start + length
            first, last = cmn.context(frames, start, stop, window)
            crop = np.empty((4, length), dtype=np.float32)
            cmn.normalize(
                matrix[first:last].T, first, start, crop, num_frames=frames, window=window
            )
            np.testing.assert_allclose(crop.T, full[start:stop], atol=1e-5)


@pytest.mark.parametrize(
    ("crop", "expected"),
    [((0, 10), (0, 50)), ((20, 30), (0, 54)), ((40, 41), (15, 65)), ((90, 100), (50, 100))],
)
def test_no_more_is_read_than_the_windows_hold(
    crop: tuple[int, int], expected: tuple[int, int]
) -> None:
    """Of 100 frames with windows of 50: those at the ends begin at 0 and at 50."""
    first, last = cmn.context(100, *crop, 50)
    windows = [min(max(t - 25, 0), 50) for t in range(*crop)]
    assert (first, last) == (windows[0], windows[-1] + 50) == expected
