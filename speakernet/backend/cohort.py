"""The cohort of score normalisation: speaker means, utterances, or rows of the classifier."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from speakernet.arrays import Bool, Float64, Indices
from speakernet.backend.config import ScoringConfig
from speakernet.backend.cosine import length_norm
from speakernet.backend.embeddings import EmbeddingTable, load_embeddings, read_embeddings
from speakernet.config import UserError
from speakernet.kaldi.characters import near_miss
from speakernet.kaldi.tables import read_table
from speakernet.kaldi.vectors import Block

_MAX_COMPARED = 100_000  # ids that a message may name as alike

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Cohort:
    """The embeddings that scores are normalised with.

    vectors (members, dim), None without a cohort; mean (dim,) to subtract from every embedding, or
    None; speakers: the speaker of each row of ``vectors``, empty unless these are speaker means.
    """

    vectors: Float64 | None
    mean: Float64 | None
    speakers: tuple[str, ...] = ()

    def own_rows(self, table: EmbeddingTable, utt2spk: Path) -> Indices:
        """Return the cohort's row of each table row's own speaker (rows,), -1 where it has none."""
        if not self.speakers:
            raise UserError("own speakers can only be left out of a cohort of speaker means")
        row_of = {speaker: row for row, speaker in enumerate(self.speakers)}
        speaker_of = read_table(utt2spk, num_fields=2)
        own = (row_of.get(speaker_of.get(name, ""), -1) for name in table.rows)
        return np.fromiter(own, np.intp, len(table.rows))


def load_cohort(
    config: ScoringConfig,
    embeddings: Path | None,
    utt2spk: Path | None,
    class_weights: Float64 | None = None,
) -> Cohort:
    """Make the cohort that ``config`` asks for; without embeddings there may be none.

    Raises UserError where something is missing that the settings need.
    """
    mean = _mean_to_subtract(config, embeddings)
    speakers: tuple[str, ...] = ()
    if config.normalization == "none":
        return Cohort(None, mean)
    if class_weights is not None:
        vectors = length_norm(class_weights)
    elif embeddings is None:
        return Cohort(None, mean)
    elif config.cohort == "utterances":
        table = load_embeddings(embeddings)
        raw = table.vectors if mean is None else table.vectors - mean
        vectors = length_norm(raw, list(table.rows))
    elif utt2spk is None:
        raise UserError("a cohort of speaker means needs --cohort-utt2spk")
    else:
        table_of = read_table(utt2spk, num_fields=2)
        speakers, vectors = speaker_means(
            read_embeddings(embeddings), table_of, mean, as_they_are=config.cohort == "raw_speakers"
        )
        logger.info("cohort: %d speakers, %d utterances", len(speakers), len(table_of))
    return Cohort(length_norm(vectors) if config.renormalize_cohort else vectors, mean, speakers)


def _mean_to_subtract(config: ScoringConfig, embeddings: Path | None) -> Float64 | None:
    if not config.subtract_mean:
        return None
    if embeddings is None:
        raise UserError("scoring.subtract_mean needs --cohort-embeddings")
    return mean_embedding(read_embeddings(embeddings))


def mean_embedding(blocks: Iterable[Block]) -> Float64:
    """Return the mean (dim,) of all embeddings in ``blocks``, an iterable that is read once."""
    total, count = None, 0
    for _, vectors in blocks:
        block_sum = vectors.sum(axis=0, dtype=np.float64)
        total = block_sum if total is None else total + block_sum
        count += len(vectors)
    if total is None:
        raise UserError("no embeddings to take the mean of")
    return np.asarray(total / count)


def speaker_means(
    blocks: Iterable[Block],
    utt2spk: Mapping[str, str],
    mean: Float64 | None = None,
    *,
    as_they_are: bool = False,
) -> tuple[tuple[str, ...], Float64]:
    """Return sorted speakers and the mean (speakers, dim) of each one's length-normed embeddings.

    The means are not length-normed again, as voxsrc2020's. ``mean`` (dim,) is subtracted before
    length-norming; ``as_they_are``: nothing is length-normed, as in wespeaker. Blocks are read one
    by one: memory does not grow with the utterances. Embeddings without an entry in ``utt2spk`` are
    left out; an entry without embedding is a UserError.
    """
    speakers = tuple(sorted(set(utt2spk.values())))
    row_of = {name: row for row, name in enumerate(speakers)}
    place_of = {utterance: place for place, utterance in enumerate(utt2spk)}
    speaker_of = np.fromiter((row_of[name] for name in utt2spk.values()), np.intp, len(utt2spk))
    found = np.zeros(len(utt2spk), bool)
    sums, counts, others = None, np.zeros(len(speakers), np.intp), 0
    left_out: list[str] = []
    for ids, vectors in blocks:
        places = np.fromiter((place_of.get(i, -1) for i in ids), np.intp, len(ids))
        known = places >= 0
        if not known.all():
            others += int((~known).sum())
            if len(left_out) < _MAX_COMPARED:
                left_out += [i for i, is_known in zip(ids, known, strict=True) if not is_known]
            vectors, places = vectors[known], places[known]
            ids = [name for name, is_known in zip(ids, known, strict=True) if is_known]
        if sums is None:
            sums = np.zeros((len(speakers), vectors.shape[1]))
        if len(places):
            _check_new(ids, places, found)
            rows = speaker_of[places]
            centred = vectors.astype(np.float64) if mean is None else vectors - mean
            add_by_speaker(sums, rows, centred if as_they_are else length_norm(centred, ids))
            counts += np.bincount(rows, minlength=len(speakers))
    if sums is None or not found.all():
        raise UserError(_missing(utt2spk, found, left_out))
    if others:
        logger.info("%d embeddings belong to no cohort speaker and are left out", others)
    return speakers, sums / counts[:, None]


def _check_new(ids: Sequence[str], places: Indices, found: Bool) -> None:
    """Mark utterances as found. Raises UserError for one that was found before."""
    twice = found[places]
    twice[np.setdiff1d(np.arange(len(places)), np.unique(places, return_index=True)[1])] = True
    if twice.any():
        raise UserError(f"--cohort-embeddings has two embeddings of '{ids[int(np.argmax(twice))]}'")
    found[places] = True


def _missing(utt2spk: Mapping[str, str], found: Bool, left_out: Sequence[str]) -> str:
    first = next((name for name, is_found in zip(utt2spk, found, strict=True) if not is_found), "")
    return (
        f"{int((~found).sum())} of the {len(utt2spk)} utterances of --cohort-utt2spk have no "
        f"embedding, the first '{first}'{near_miss(first, left_out)}"
    )


def add_by_speaker(sums: Float64, rows: Indices, vectors: Float64) -> None:
    """Add vectors to the rows of their speakers; runs of one speaker are summed first."""
    starts = np.concatenate([[0], np.flatnonzero(np.diff(rows)) + 1])
    np.add.at(sums, rows[starts], np.add.reduceat(vectors, starts, axis=0))
