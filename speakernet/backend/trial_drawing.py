"""Trials drawn from the utterances of known speakers, to train a calibration with.

Trials by length are of three kinds, a third each: two short utterances, a short and a long one, two
long ones, all of speakers who have both; as wespeaker's (tools/generate_calibration_trial.py).
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from speakernet.config import UserError
from speakernet.kaldi.datadir import NewUtterance
from speakernet.kaldi.tables import read_table
from speakernet.kaldi.trials import Trials

logger = logging.getLogger(__name__)

DRAWS_PER_PAIR = 50  # speakers of few utterances make new pairs rare
NUM_TARGET, NUM_NONTARGET = 10_000, 30_000
"""The most trials of one list of a corpus that comes without lists."""
SHORT_S = (2.0, 6.0)
"""Durations of short utterances; longer ones are long, others take no part."""

_TOO_FEW = "trials need two speakers, one of them with two sessions, or utterances without sessions"

_Pair = tuple[str, str]
_Groups = dict[str, dict[str, list[str]]]
"""The utterances of each speaker, by session."""


def read_utt2spk(utt2spk: Path, exclude: Path | None) -> dict[str, str]:
    """Read an utt2spk without the speakers of another one, ``exclude``."""
    speakers = read_table(utt2spk, num_fields=2)
    left_out = set(read_table(exclude, num_fields=2).values()) if exclude else set()
    return {name: speaker for name, speaker in speakers.items() if speaker not in left_out}


def draw_trials(
    utt2spk: Mapping[str, str],
    num_target: int,
    num_nontarget: int,
    seed: int | tuple[int, ...],
    utt2session: Mapping[str, str] | None = None,
    durations: Mapping[str, float] | None = None,
) -> Trials:
    """Draw different pairs of utterances, sorted.

    A target trial takes one of the speakers with two sessions or more, two of the sessions, then
    one utterance of each, all equally likely; without ``utt2session`` every utterance is a session.
    A non-target trial takes two speakers, then one utterance of each. ``durations``, in seconds:
    trials are drawn by length. There are fewer than asked for where draws bring hardly any new
    ones. Raises UserError if there are no pairs of a kind.
    """
    generator = np.random.default_rng(seed)
    draws: list[_Draw] = []
    if durations is None:
        draws = [_Within(generator, _group(utt2spk, utt2session))]
    else:
        short, long = _by_length(utt2spk, utt2session, durations)
        draws = [_Within(generator, short), _Within(generator, long)]
        draws.append(_Across(generator, short, long))
    targets: set[_Pair] = set()
    others: set[_Pair] = set()
    for place, draw in enumerate(draws):
        targets |= _draw(draw.target, _share(num_target, place, len(draws)))
        others |= _draw(draw.nontarget, _share(num_nontarget, place, len(draws)))
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


def _share(number: int, place: int, num_places: int) -> int:
    """Return the part of ``number`` that one of several places gets; the first get the rest."""
    return number // num_places + (place < number % num_places)


class _Draw(Protocol):
    """Draws one pair at a time."""

    def target(self) -> _Pair: ...
    def nontarget(self) -> _Pair: ...


class _Within:
    """Pairs of one group of utterances."""

    def __init__(self, generator: np.random.Generator, groups: _Groups) -> None:
        self._generator = generator
        self._paired = [list(own.values()) for own in groups.values() if len(own) > 1]
        if not self._paired or len(groups) < 2:
            raise UserError(_TOO_FEW)
        self._utterances = [_utterances(own) for own in groups.values()]

    def target(self) -> _Pair:
        own = self._paired[self._generator.integers(len(self._paired))]
        one, two = self._generator.choice(len(own), size=2, replace=False)
        return _sorted(_any_of(self._generator, own[one]), _any_of(self._generator, own[two]))

    def nontarget(self) -> _Pair:
        one, two = sorted(self._generator.choice(len(self._utterances), size=2, replace=False))
        left, right = self._utterances[one], self._utterances[two]
        return _any_of(self._generator, left), _any_of(self._generator, right)


class _Across:
    """Pairs of an utterance of one group and one of the other; both have the same speakers."""

    def __init__(self, generator: np.random.Generator, left: _Groups, right: _Groups) -> None:
        self._generator = generator
        self._left, self._right = left, right
        self._speakers = list(left)
        self._paired = [name for name in left if len({*left[name], *right[name]}) > 1]
        if not self._paired or len(self._speakers) < 2:
            raise UserError(_TOO_FEW)

    def target(self) -> _Pair:
        speaker = _any_of(self._generator, self._paired)
        left, right = self._left[speaker], self._right[speaker]
        while True:
            session = _any_of(self._generator, list(left))
            others = [name for name in right if name != session]
            if others:
                other = right[_any_of(self._generator, others)]
                one = _any_of(self._generator, left[session])
                return _sorted(one, _any_of(self._generator, other))

    def nontarget(self) -> _Pair:
        one, two = self._generator.choice(len(self._speakers), size=2, replace=False)
        left = _utterances(self._left[self._speakers[one]])
        right = _utterances(self._right[self._speakers[two]])
        return _sorted(_any_of(self._generator, left), _any_of(self._generator, right))


def _any_of(generator: np.random.Generator, names: Sequence[str]) -> str:
    return names[int(generator.integers(len(names)))]


def _sorted(one: str, two: str) -> _Pair:
    return (one, two) if one < two else (two, one)


def _utterances(sessions: Mapping[str, Sequence[str]]) -> list[str]:
    return sorted(name for session in sessions.values() for name in session)


def _group(utt2spk: Mapping[str, str], utt2session: Mapping[str, str] | None) -> _Groups:
    groups: _Groups = {}
    for utterance, speaker in sorted(utt2spk.items()):
        session = _session(utterance, utt2session)
        groups.setdefault(speaker, {}).setdefault(session, []).append(utterance)
    return groups


def _by_length(
    utt2spk: Mapping[str, str],
    utt2session: Mapping[str, str] | None,
    durations: Mapping[str, float],
) -> tuple[_Groups, _Groups]:
    """Return the short and the long utterances of the speakers who have both."""
    missing = next((name for name in utt2spk if name not in durations), None)
    if missing is not None:
        raise UserError(f"the table of lengths has no line for utterance '{missing}'")
    low, high = SHORT_S
    short = {n: s for n, s in utt2spk.items() if low < durations[n] <= high}
    long = {n: s for n, s in utt2spk.items() if durations[n] > high}
    both = {*short.values()} & {*long.values()}
    if len(both) < 2:
        raise UserError(
            f"trials by length need two speakers with utterances of {low:g} to {high:g} s and with "
            f"longer ones; {len(both)} of {len({*utt2spk.values()})} speakers have both "
            "(scoring.calibration.trials=any takes utterances of all lengths)"
        )
    some = ({n: s for n, s in part.items() if s in both} for part in (short, long))
    one, two = (_group(part, utt2session) for part in some)
    return one, two


def _session(utterance: str, utt2session: Mapping[str, str] | None) -> str:
    if utt2session is None:
        return utterance
    if utterance not in utt2session:
        raise UserError(f"utt2session has no line for utterance '{utterance}'")
    return utt2session[utterance]


def _draw(draw: Callable[[], _Pair], count: int) -> set[_Pair]:
    """Draw until there are ``count`` different pairs, or many draws have brought no new one."""
    pairs: set[_Pair] = set()
    repeated = 0
    while len(pairs) < count and repeated < DRAWS_PER_PAIR * (len(pairs) + 1):
        before = len(pairs)
        pairs.add(draw())
        repeated = 0 if len(pairs) > before else repeated + 1
    return pairs
