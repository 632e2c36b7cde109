import numpy as np

from speakernet.signal.dither import BLOCK, add_dither, utterance_seed


def noise_of(seed: int, length: int, amount: float = 1.0) -> np.ndarray:
    return add_dither(np.zeros(length, dtype=np.float32), amount, seed)


def test_distribution_is_standard_normal() -> None:
    noise = np.concatenate([noise_of(utterance_seed(0, f"u{i}"), 50_000) for i in range(40)])
    assert abs(noise.mean()) < 0.003
    assert abs(noise.std() - 1) < 0.003
    assert abs(np.mean(noise**3)) < 0.02
    assert abs(np.mean(noise**4) - 3) < 0.05


def test_spectrum_is_white() -> None:
    noise = np.concatenate([noise_of(utterance_seed(1, f"u{i}"), BLOCK) for i in range(50)])
    spectrum = np.mean(np.abs(np.fft.rfft(noise.reshape(-1, 512))) ** 2, axis=0) / 512
    np.testing.assert_allclose(spectrum[1:-1], 1, atol=0.15)


def test_utterances_and_blocks_are_independent() -> None:
    first, second = (noise_of(utterance_seed(0, name), 2 * BLOCK) for name in ("a", "b"))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.02
    assert abs(np.corrcoef(first[:BLOCK], first[BLOCK:])[0, 1]) < 0.03


def test_amount_scales_and_a_longer_waveform_begins_the_same() -> None:
    np.testing.assert_allclose(noise_of(3, 1000, 2.0), 2 * noise_of(3, 1000), rtol=1e-5)
    np.testing.assert_array_equal(noise_of(3, 3 * BLOCK)[:1000], noise_of(3, 1000))
