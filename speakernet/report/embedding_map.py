"""A map of embeddings in two dimensions, in which near neighbours stay near: t-SNE.

Reference: L. van der Maaten and G. Hinton, "Visualizing data using t-SNE", Journal of Machine
Learning Research 9 (2008); computed by scikit-learn, from the angles between embeddings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from speakernet.arrays import Float64, Indices
from speakernet.backend.embeddings import load_embeddings

MAX_SPEAKERS, MAX_UTTERANCES = 40, 1000
_MIN_UTTERANCES = 8
_PERPLEXITY = 30


@dataclass(frozen=True, eq=False)
class EmbeddingMap:
    """Places (utterances, 2) from 0 to 1 of utterances, and who speaks (utterances,).

    num_speakers, num_utterances: how many there were to choose from.
    """

    places: Float64
    utterances: list[str]
    speakers: list[str]
    speaker_of: Indices
    num_speakers: int
    num_utterances: int


def embedding_map(path: Path, utt2spk: Mapping[str, str]) -> EmbeddingMap | None:
    """Return the map of the embeddings in folder ``path`` of utterances in ``utt2spk``.

    Speakers beyond MAX_SPEAKERS are left out, evenly spread over their order, and of each as many
    utterances as MAX_UTTERANCES allows. None where there are too few for a map. Raises UserError
    for embeddings that cannot be read.
    """
    chosen = _choose(utt2spk)
    table = load_embeddings(path, frozenset(chosen))
    names = [name for name in chosen if name in table.rows]
    if len(names) < _MIN_UTTERANCES:
        return None
    vectors = table.vectors[[table.rows[name] for name in names]].astype(np.float64)
    vectors = vectors.reshape(len(names), -1) if vectors.ndim == 2 else vectors.mean(axis=1)
    speakers = sorted({utt2spk[name] for name in names})
    numbers = {speaker: number for number, speaker in enumerate(speakers)}
    speaker_of = np.array([numbers[utt2spk[name]] for name in names], np.intp)
    num_speakers = len(set(utt2spk.values()))
    return EmbeddingMap(_places(vectors), names, speakers, speaker_of, num_speakers, len(utt2spk))


def _choose(utt2spk: Mapping[str, str]) -> list[str]:
    members: dict[str, list[str]] = {}
    for utterance in sorted(utt2spk):
        members.setdefault(utt2spk[utterance], []).append(utterance)
    speakers = _spread(sorted(members), MAX_SPEAKERS)
    each = max(1, MAX_UTTERANCES // len(speakers))
    return [name for speaker in speakers for name in _spread(members[speaker], each)]


def _spread(names: list[str], most: int) -> list[str]:
    if len(names) <= most:
        return names
    return [names[i] for i in np.linspace(0, len(names) - 1, most).round().astype(int)]


def _places(vectors: Float64) -> Float64:
    from sklearn.manifold import TSNE  # seconds to import

    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    perplexity = min(_PERPLEXITY, (len(unit) - 1) / 3)
    method = TSNE(metric="cosine", init="random", perplexity=perplexity, random_state=0, n_jobs=1)
    places = np.asarray(method.fit_transform(unit), np.float64)
    low, high = places.min(axis=0), places.max(axis=0)
    return (places - low) / np.maximum(high - low, 1e-12)
