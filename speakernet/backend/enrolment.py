"""Trials as pairs of rows, with one or several enrolment utterances per model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from speakernet.arrays import Float64, Indices
from speakernet.backend.cosine import length_norm
from speakernet.backend.embeddings import EmbeddingTable
from speakernet.config import UserError
from speakernet.kaldi.characters import near_miss

Models = Mapping[str, Sequence[str]]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Indices of the two sides of each comparison, both (pairs,).

    trial: which trial each pair belongs to (pairs,), or None where each trial is one pair.
    """

    left: Indices
    right: Indices
    trial: Indices | None = None

    def per_trial(self, scores: Float64) -> Float64:
        """Return the mean score of each trial's pairs, (trials,)."""
        if self.trial is None:
            return scores
        return np.asarray(np.bincount(self.trial, scores) / np.bincount(self.trial))


def model_vectors(normed: Float64, members: Sequence[Indices]) -> Float64:
    """Return one length-normed mean (models, dim) of the length-normed rows of each model."""
    if not members:
        return np.empty((0, normed.shape[1]))
    starts = np.cumsum([0, *(len(rows) for rows in members[:-1])])
    sums = np.add.reduceat(normed[np.concatenate(members)], starts, axis=0)
    return length_norm(sums)


class Enrolment:
    """Turns the enrolment ids of trials into rows of ``vectors``: those of ``table``, and models'.

    Without ``models`` ids are utterances. With them (model id to utterances, as in spk2utt), every
    enrolment id is a model: either its averaged embedding joins ``vectors`` as a row of its own,
    or its trials become several pairs whose scores are averaged.
    """

    def __init__(
        self,
        normed: Float64,
        table: EmbeddingTable,
        models: Models | None = None,
        combine: Literal["embeddings", "scores"] = "embeddings",
    ) -> None:
        self.vectors = normed
        self._rows, self._source = table.rows, table.source
        self._members: dict[str, Indices] | None = None
        if models is None:
            return
        members = {
            name: self._find(utterances, f"--enroll-spk2utt: model '{name}'")
            for name, utterances in models.items()
        }
        if combine == "embeddings":
            averages = model_vectors(normed, list(members.values()))
            self.vectors = np.concatenate([normed, averages])
            members = {n: np.array([len(normed) + i]) for i, n in enumerate(members)}
        self._members = members

    def pairs(self, enroll: Sequence[str], test: Sequence[str], source: str) -> Pairs:
        """Return the rows of trials ``enroll`` against ``test``; UserError for unknown ids."""
        right = self._find_lines(test, source)
        if self._members is None:
            return Pairs(self._find_lines(enroll, source), right)
        for line, name in enumerate(enroll, start=1):
            if name not in self._members:
                raise UserError(f"{source}:{line}: enrolment model '{name}' has no utterances")
        groups = [self._members[name] for name in enroll]
        sizes = [len(group) for group in groups]
        trial = np.repeat(np.arange(len(groups)), sizes)
        return Pairs(np.concatenate(groups), right[trial], trial)

    def _find_lines(self, names: Sequence[str], source: str) -> Indices:
        """Return the rows of a trial list's ids, of which it has one on every line."""
        try:
            return self._find(names, source)
        except UserError:
            line = next(i for i, name in enumerate(names, start=1) if name not in self._rows)
            return self._find(names, f"{source}:{line}")

    def _find(self, names: Sequence[str], place: str) -> Indices:
        try:
            return np.fromiter(map(self._rows.__getitem__, names), np.intp, len(names))
        except KeyError:
            unknown = [name for name in dict.fromkeys(names) if name not in self._rows]
            raise UserError(
                f"{place}: '{unknown[0]}' has no embedding in {self._source} "
                f"({len(unknown)} such ids){near_miss(unknown[0], self._rows)}"
            ) from None
