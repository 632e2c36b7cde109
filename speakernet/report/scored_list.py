"""A list of trials with the scores of one system, as numbers: what errors are counted from."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from speakernet.arrays import Bool, Float64, Indices
from speakernet.config.errors import UserError
from speakernet.kaldi.characters import near_miss
from speakernet.kaldi.trials import Trials
from speakernet.metrics.det import DetCurve, det_curve, eer_threshold


@dataclass(frozen=True, eq=False)
class ScoredList:
    """Trials between ``utterances`` (names by number) of ``speakers`` (names by number).

    speaker_of: the speaker of each utterance (utterances,); enroll, test: the utterances of each
    trial (trials,); scores: (trials,); is_target: (trials,).
    """

    utterances: list[str]
    speakers: list[str]
    speaker_of: Indices
    enroll: Indices
    test: Indices
    scores: Float64
    is_target: Bool

    @classmethod
    def of(cls, trials: Trials, scores: Float64, utt2spk: Mapping[str, str]) -> "ScoredList":
        """Number the utterances and speakers of ``trials`` with ``scores`` (trials,).

        Raises UserError for an utterance without a speaker.
        """
        utterances = sorted({*trials.enroll, *trials.test})
        for name in utterances:
            if name not in utt2spk:
                raise UserError(f"trials: '{name}' is not in utt2spk{near_miss(name, utt2spk)}")
        speakers = sorted({utt2spk[name] for name in utterances})
        by_name = {name: number for number, name in enumerate(utterances)}
        by_speaker = {name: number for number, name in enumerate(speakers)}
        enroll, test = (
            np.fromiter(map(by_name.__getitem__, side), np.intp, len(trials))
            for side in (trials.enroll, trials.test)
        )
        speaker_of = np.array([by_speaker[utt2spk[name]] for name in utterances], np.intp)
        return cls(utterances, speakers, speaker_of, enroll, test, scores, trials.is_target)

    @cached_property
    def curve(self) -> DetCurve:
        """Error rates at every threshold."""
        return det_curve(self.scores, self.is_target)

    @cached_property
    def threshold(self) -> float:
        """Where misses and false alarms are equal: errors are counted there."""
        return eer_threshold(self.curve)

    @cached_property
    def is_miss(self) -> Bool:
        """Which trials are rejected targets (trials,)."""
        return self.is_target & (self.scores < self.threshold)

    @cached_property
    def is_false_alarm(self) -> Bool:
        """Which trials are accepted non-targets (trials,)."""
        return ~self.is_target & (self.scores >= self.threshold)
