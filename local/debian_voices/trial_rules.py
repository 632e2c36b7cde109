"""Which pairs of test utterances are trials. The rules are explained in docs/corpora.md; they look
at no score.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from package_content import Recording

Trial = tuple[str, str, str]


def _pairs(recordings: Sequence[Recording]) -> Iterator[tuple[Recording, Recording]]:
    return itertools.combinations(sorted(recordings, key=lambda recording: recording.utt), 2)


def all_pairs(recordings: Sequence[Recording]) -> Iterator[Trial]:
    """Yield every unordered pair of utterances; a target is a pair of one speaker, also within a
    session.
    """
    for left, right in _pairs(recordings):
        yield left.utt, right.utt, "target" if left.speaker == right.speaker else "nontarget"


def cross_session(recordings: Sequence[Recording]) -> Iterator[Trial]:
    """Yield every pair of two speakers as a nontarget, and every pair of one speaker from two
    sessions as a target.
    """
    for left, right in _pairs(recordings):
        if left.speaker != right.speaker:
            yield left.utt, right.utt, "nontarget"
        elif left.session != right.session:
            yield left.utt, right.utt, "target"


def same_language(recordings: Sequence[Recording], languages: dict[str, str]) -> Iterator[Trial]:
    """Yield the cross-session trials whose two speakers speak the same language."""
    speaker = {recording.utt: recording.speaker for recording in recordings}
    for left, right, label in cross_session(recordings):
        if languages[speaker[left]] == languages[speaker[right]]:
            yield left, right, label
