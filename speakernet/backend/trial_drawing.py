"""Trials drawn from the utterances of known speakers, to train a calibration with."""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from speakernet.config import UserError
from speakernet.kaldi.datadir import NewUtterance
from speakernet.kaldi.tables import read_table
from speakernet.kaldi.trials import Trials

logger = logging.getLogger(__name__)

DRAWS_PER_PAIR = 50  # speakers of few utterances make new pairs rare
NUM_TARGET, NUM_NONTARGET = 10_000, 30_000
"""The most trials of one list of a corpus that comes without lists."""


def read_utt2spk(utt2spk: Path, exclude: Path | None) -> dict[str, str]:
    """Read an utt2spk without the speakers of another one, ``exclude``."""
    speakers = read_table(utt2spk, num_fields=2)
    left_out = set(read_table(exclude, num_fields=2).values()) if exclude else set()
    return {name: speaker for name, speaker in speakers.items() if speaker not in left_out}


def draw_trials(
    utt2spk: Mapping[str, str],
    num_target: int,
    num_nontarget: int,
    seed: int,
    utt2session: Mapping[str, str] | None = None,
) -> Trials:
    """Draw different pairs of utterances, sorted.

    A target trial takes one of the speakers with two sessions or more, two of the sessions, then
    one utterance of each, all equally likely; without ``utt2session`` every utterance is a session.
    A non-target trial takes two speakers, then one utterance of each. There are fewer than asked
    for where draws bring hardly any new ones. Raises UserError if there are no pairs of a kind.
    """
    utterances, paired = _group(utt2spk, utt2session)
    speakers = list(utterances)
    if not paired or len(speakers) < 2:
        raise UserError(
            "trials need two speakers, one of them with two "
            + ("utterances" if utt2session is None else "sessions")
        )
    generator = np.random.default_rng(seed)

    def draw_target() -> tuple[str, str]:
        own = paired[generator.integers(len(paired))]
        chosen = generator.choice(len(own), size=2, replace=False)
        one, two = sorted(own[i][generator.integers(len(own[i]))] for i in chosen)
        return one, two

    def draw_nontarget() -> tuple[str, str]:
        one, two = sorted(generator.choice(len(speakers), size=2, replace=False))
        left, right = utterances[speakers[one]], utterances[speakers[two]]
        return left[generator.integers(len(left))], right[generator.integers(len(right))]

    targets, others = _draw(draw_target, num_target), _draw(draw_nontarget, num_nontarget)
    pairs = sorted([(*pair, True) for pair in targets] + [(*pair, False) for pair in others])
    one, two, labels = zip(*pairs, strict=True)
    return Trials(list(one), list(two), np.array(labels, dtype=np.bool_))


def draw_session_trials(test: Sequence[NewUtterance], seed: int, name: str) -> Trials:
    """Draw up to 10,000 targets, of two sessions, and 30,000 nontargets from a test set.

    If no speaker has two sessions, targets are two utterances, and a warning says so of the list
    ``name``. Raises UserError if there are no pairs of a kind.
    """
    sessions = {u.utt: u.session for u in test}
    pairs = {(u.speaker, u.session) for u in test}
    if len(pairs) == len({speaker for speaker, _ in pairs}):
        logger.warning("%s: no speaker has two sessions; targets are two utterances of one", name)
        sessions = {u.utt: u.utt for u in test}
    speakers = {u.utt: u.speaker for u in test}
    trials = draw_trials(speakers, NUM_TARGET, NUM_NONTARGET, seed, sessions)
    num_targets = int(trials.is_target.sum())
    logger.info("%s: %d targets, %d nontargets", name, num_targets, len(trials) - num_targets)
    return trials


def _group(
    utt2spk: Mapping[str, str], utt2session: Mapping[str, str] | None
) -> tuple[dict[str, list[str]], list[list[list[str]]]]:
    """Return the utterances of each speaker, and of those with two sessions or more by session."""
    utterances: dict[str, list[str]] = {}
    sessions: dict[str, dict[str, list[str]]] = {}
    for utterance, speaker in sorted(utt2spk.items()):
        session = _session(utterance, utt2session)
        utterances.setdefault(speaker, []).append(utterance)
        sessions.setdefault(speaker, {}).setdefault(session, []).append(utterance)
    return utterances, [list(own.values()) for own in sessions.values() if len(own) > 1]


def _session(utterance: str, utt2session: Mapping[str, str] | None) -> str:
    if utt2session is None:
        return utterance
    if utterance not in utt2session:
        raise UserError(f"--utt2session has no line for utterance '{utterance}'")
    return utt2session[utterance]


def _draw(draw: Callable[[], tuple[str, str]], count: int) -> set[tuple[str, str]]:
    """Draw until there are ``count`` different pairs, or many draws have brought no new one."""
    pairs: set[tuple[str, str]] = set()
    repeated = 0
    while len(pairs) < count and repeated < DRAWS_PER_PAIR * (len(pairs) + 1):
        before = len(pairs)
        pairs.add(draw())
        repeated = 0 if len(pairs) > before else repeated + 1
    return pairs
