"""Masks: how many, how wide, where."""

import numpy as np
import pytest
import torch

from speakernet.data.config import SpecAugmentConfig
from speakernet.data.spec_augment import apply_masks, draw_masks, mask

NONE = {"num_time_masks": 0, "num_mel_masks": 0}


def masked(seed: int, mel: int = 12, time: int = 30, **settings: int) -> np.ndarray:
    """Return where a crop (mel, time) of ones has become zero."""
    crop = np.ones((mel, time), dtype=np.float32)
    mask(crop, SpecAugmentConfig.model_validate({**NONE, **settings}), np.random.default_rng(seed))
    assert set(np.unique(crop)) <= {0, 1}
    return crop == 0


@pytest.mark.parametrize(("name", "axis", "size"), [("time", 0, 30), ("mel", 1, 12)])
def test_one_mask_is_one_stretch_of_every_width_at_every_place(
    name: str, axis: int, size: int
) -> None:
    settings = {f"num_{name}_masks": 1, f"max_{name}": 4}
    seen = set()
    for seed in range(3000):
        mask_of_one = masked(seed, **settings)
        places = np.flatnonzero(mask_of_one.any(axis=axis))
        assert mask_of_one.sum() == len(places) * mask_of_one.shape[axis]  # over all of the others
        if len(places):
            assert places[-1] - places[0] == len(places) - 1
            seen.add((int(places[0]), len(places)))
        else:
            seen.add((0, 0))
    assert seen == {(0, 0)} | {(b, w) for w in range(1, 5) for b in range(size - w + 1)}


def test_places_and_widths_are_equally_likely() -> None:
    """Of a width of 0 or 1 and four places; more than that would fall off the end."""
    gone = [masked(seed, time=4, num_time_masks=1, max_time=1).any(axis=0) for seed in range(4000)]
    np.testing.assert_allclose(np.mean(gone, axis=0), 1 / 8, atol=0.02)


def test_several_masks_are_several_stretches() -> None:
    most = 0
    for seed in range(200):
        gone = masked(seed, num_time_masks=3, max_time=4).any(axis=0)
        most = max(most, int(np.count_nonzero(np.diff(gone.astype(int)) == 1)))
        assert gone.sum() <= 12
    assert most == 3


def test_a_mask_wider_than_the_crop_covers_at_most_all_of_it() -> None:
    shares = [masked(seed, 5, 6, num_time_masks=1, max_time=100).mean() for seed in range(100)]
    assert max(shares) == 1 and min(shares) < 1


def test_without_masks_and_with_the_same_generator_nothing_differs() -> None:
    assert not masked(1).any()
    both = {"num_time_masks": 2, "num_mel_masks": 2}
    np.testing.assert_array_equal(masked(5, **both), masked(5, **both))
    assert not np.array_equal(masked(5, **both), masked(6, **both))


def test_masks_of_a_key_stay_the_same() -> None:
    """A run that goes on after an update of this package draws what it would have drawn."""
    config = SpecAugmentConfig(num_mel_masks=2, max_mel=6, num_time_masks=2, max_time=9)
    masks = draw_masks(config, np.random.default_rng(2026), num_mel_bins=12, num_frames=30)
    assert masks.tolist() == [[0, 30, 1, 6], [0, 30, 8, 8], [13, 16, 0, 12], [11, 11, 0, 12]]
    assert masks.dtype == np.int64


def test_no_masks_are_a_table_without_rows() -> None:
    none = SpecAugmentConfig.model_validate(NONE)
    assert draw_masks(none, np.random.default_rng(0), 12, 30).shape == (0, 4)


def test_masks_are_applied_to_tensors_as_to_arrays() -> None:
    config = SpecAugmentConfig(num_mel_masks=2, max_mel=6, num_time_masks=3, max_time=9)
    rng = np.random.default_rng(1)
    expected = rng.normal(size=(40, 30, 12)).astype(np.float32)
    crops, masks = torch.from_numpy(expected.copy()), []
    for seed, crop in enumerate(expected):
        masks.append(draw_masks(config, np.random.default_rng(seed), 12, 30))
        mask(crop.T, config, np.random.default_rng(seed))
    np.testing.assert_array_equal(apply_masks(crops, torch.from_numpy(np.stack(masks))), expected)


def test_tensors_may_have_rectangles_and_no_masks() -> None:
    masks = torch.tensor([[[2, 5, 1, 3], [4, 6, 2, 4]], [[0, 0, 0, 4], [6, 7, 0, 1]]])
    crops = apply_masks(torch.ones(2, 7, 4), masks)
    expected = torch.ones(2, 7, 4)
    expected[0, 2:5, 1:3] = expected[0, 4:6, 2:4] = expected[1, 6, 0] = 0
    assert torch.equal(crops, expected)
    none = torch.zeros(2, 0, 4, dtype=torch.int64)
    assert torch.equal(apply_masks(torch.ones(2, 7, 4), none), torch.ones(2, 7, 4))
