"""Many signals in rooms at once: what each gets alone, whatever is beside it."""

import numpy as np

from speakernet.arrays import Float32
from speakernet.signal.reverberate import ImpulseResponse, reverberate
from speakernet.signal.rooms import reverberate_all


def response(num_taps: int, num_zeros: int = 0) -> ImpulseResponse:
    rng = np.random.default_rng(num_taps)
    taps = rng.standard_normal(num_taps) * np.exp(-np.arange(num_taps) / (1 + num_taps / 5)) / 3
    taps[num_taps // 20] = 1
    return ImpulseResponse(np.append(taps, np.zeros(num_zeros)).astype(np.float32))


def signal(num_samples: int, number: int) -> Float32:
    return np.random.default_rng(number).normal(0, 2000, num_samples).astype(np.float32)


def test_each_is_what_it_is_alone() -> None:
    """Rooms of one tap, at and beyond the classes of lengths, with zeros behind; odd lengths."""
    rooms = [response(n) for n in (1, 900, 5632, 5633, 11264, 12_345)] + [response(3000, 4000)]
    lengths = [32_240, 32_240, 77, 20_001, 32_240, 32_240, 1]
    pairs = [(signal(n, i), room) for i, (n, room) in enumerate(zip(lengths, rooms, strict=True))]
    pairs += [(signal(32_240, 20 + i), rooms[i % 3]) for i in range(7)]
    together = reverberate_all(*zip(*pairs, strict=True))
    for (before, room), found in zip(pairs, together, strict=True):
        expected = reverberate(before, 16_000, response=room)
        assert found.shape == before.shape
        assert np.abs(found - expected).max() <= 2e-6 * np.abs(expected).max()
        assert np.array_equal(found, reverberate_all([before], [room])[0])


def test_silence_stays_silent() -> None:
    [found] = reverberate_all([np.zeros(500, np.float32)], [response(40)])
    assert not found.any()
    assert reverberate_all([], []) == []
