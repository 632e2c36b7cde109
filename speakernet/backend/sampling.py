"""Trials drawn from the utterances of known speakers, to train a calibration with."""

from collections.abc import Callable, Mapping

import numpy as np

from speakernet.config import UserError
from speakernet.kaldi.trials import Trials

DRAWS_PER_PAIR = 200  # speakers of few utterances make the last new pairs rare


def draw_trials(
    utt2spk: Mapping[str, str], num_target: int, num_nontarget: int, seed: int
) -> Trials:
    """Draw different pairs, half of all at most of each kind, sorted.

    A target trial takes a speaker with two utterances or more (each alike), then two of them; a
    non-target trial two speakers, then one utterance of each. If there are fewer than twice as many
    pairs as asked for, half of them are drawn. Raises UserError if there are no pairs of a kind.
    """
    utterances: dict[str, list[str]] = {}
    for utterance, speaker in sorted(utt2spk.items()):
        utterances.setdefault(speaker, []).append(utterance)
    speakers = list(utterances)
    paired = [speaker for speaker in speakers if len(utterances[speaker]) > 1]
    if not paired or len(speakers) < 2:
        raise UserError("trials need two speakers, one of them with two utterances")
    sizes = np.array([len(utterances[s]) for s in speakers])
    target_pairs = int((sizes * (sizes - 1) // 2).sum())
    other_pairs = int((sizes.sum() ** 2 - (sizes**2).sum()) // 2)
    generator = np.random.default_rng(seed)

    def draw_target() -> tuple[str, str]:
        some = utterances[paired[generator.integers(len(paired))]]
        one, two = sorted(generator.choice(len(some), size=2, replace=False))
        return some[one], some[two]

    def draw_nontarget() -> tuple[str, str]:
        one, two = sorted(generator.choice(len(speakers), size=2, replace=False))
        left, right = utterances[speakers[one]], utterances[speakers[two]]
        return left[generator.integers(len(left))], right[generator.integers(len(right))]

    targets = _draw(draw_target, min(num_target, max(1, target_pairs // 2)))
    others = _draw(draw_nontarget, min(num_nontarget, max(1, other_pairs // 2)))
    pairs = [(*pair, True) for pair in targets] + [(*pair, False) for pair in others]
    pairs.sort()
    return Trials(
        [pair[0] for pair in pairs],
        [pair[1] for pair in pairs],
        np.array([pair[2] for pair in pairs], dtype=np.bool_),
    )


def _draw(draw: Callable[[], tuple[str, str]], count: int) -> set[tuple[str, str]]:
    """Draw until there are ``count`` different pairs, or draws bring hardly any new ones."""
    pairs: set[tuple[str, str]] = set()
    for _ in range(DRAWS_PER_PAIR * count):
        pairs.add(draw())
        if len(pairs) == count:
            break
    return pairs
