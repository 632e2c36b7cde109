import numpy as np
import pytest

from speakernet.report.phonemes.grouping import (
    ClassSums,
    Kernels,
    estimate,
    silhouettes,
    speaker_before_phone,
    speaker_means,
)

RANDOM = np.random.default_rng(5)
SPEAKERS, CLASSES = (part.ravel() for part in np.indices((4, 3, 6))[:2])


def frames(by_speaker: float, by_class: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return embeddings with directions of the speaker and the class, and noise."""
    axes = np.eye(7, dtype=np.float32)
    own = by_speaker * axes[SPEAKERS] + by_class * axes[4 + CLASSES]
    return (own + 0.1 * RANDOM.normal(size=own.shape)).astype(np.float32)


def test_frames_that_lie_by_speaker_and_by_phone_are_told_apart() -> None:
    speech, phones = frames(2, 0.3), frames(0.3, 2)
    assert silhouettes(speech, SPEAKERS).mean() > 0.7 > 0 > silhouettes(speech, CLASSES).mean()
    assert silhouettes(phones, CLASSES).mean() > 0.7 > 0 > silhouettes(phones, SPEAKERS).mean()
    assert speaker_before_phone(speech, SPEAKERS, CLASSES).min() > 0.99
    assert speaker_before_phone(phones, SPEAKERS, CLASSES).max() < 0.01


def test_speaker_before_phone_counts_pairs() -> None:
    embeddings = frames(1, 0.9)
    found = speaker_before_phone(embeddings, SPEAKERS, CLASSES)
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    own = unit[(SPEAKERS == 0) & (CLASSES != 0)] @ unit[0]
    others = unit[(SPEAKERS != 0) & (CLASSES == 0)] @ unit[0]
    assert found[0] == pytest.approx((own[:, None] > others).mean())
    alone = speaker_before_phone(embeddings[:6], SPEAKERS[:6], CLASSES[:6])
    assert np.isnan(alone).all()


def test_an_interval_holds_the_mean_of_speakers() -> None:
    values = speaker_means(RANDOM.normal(1, 1, len(SPEAKERS)), SPEAKERS)
    found = estimate(values, seed=1)
    assert values.min() <= found.low < found.value == values.mean() < found.high <= values.max()


def test_explained_variance_is_that_of_the_definition() -> None:
    classes = RANDOM.integers(0, 3, 500)
    weights = (RANDOM.normal(size=(500, 2)) + classes[:, None]).astype(np.float32)
    kernels = Kernels(3, 4, 2)
    for speaker in range(3):
        kernels.add(speaker, weights[speaker::3], classes[speaker::3])
    means = np.stack([weights[classes == c].mean(axis=0) for c in range(3)])
    expected = means[classes].var(axis=0).sum() / weights.var(axis=0).sum()
    found = kernels.explained(2)
    assert found["phones"]["value"] == pytest.approx(expected, rel=1e-4)
    assert found["phones"]["low"] < expected < found["phones"]["high"]
    assert found["shifted"]["value"] < 0.02 < found["phones"]["low"]
    np.testing.assert_allclose(kernels.of_phones.class_means()[:3], means, rtol=1e-4)


def test_frames_of_no_phone_do_not_count() -> None:
    sums = ClassSums(1, 2, 1)
    sums.add(0, np.array([[1], [5], [1]], np.float32), np.array([0, -1, 0]))
    assert sums.counts.tolist() == [[2, 0]]
    assert sums.squares.tolist() == [[2]]
