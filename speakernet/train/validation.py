"""Validation on speakers of the training set that training never sees.

Crops from the middle of utterances, twice as long as in training, all pairs scored by cosine: the
equal error rate. The loss is a cross-entropy over the held-out speakers themselves: each utterance
against the mean embedding of every speaker, its own without it, at the recipe's scale (the
prototypical loss of Snell et al. 2017); no classifier of theirs exists.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from speakernet.arrays import Int32, Int64
from speakernet.config import UserError
from speakernet.data.index import Speakers
from speakernet.data.sample_keys import generator
from speakernet.metrics.det import det_curve, eer
from speakernet.nn.models import SpeakerModel
from speakernet.nn.models.base import at_temperature
from speakernet.train.objective import autocast

_HELD_OUT = 3
_SPEED_PREFIX = re.compile(r"^sp\d+(\.\d+)?-")
_BATCH = 32


class CentreCrops(Protocol):
    """Where validation crops come from."""

    def centre(self, rows: npt.NDArray[np.integer], num_frames: int) -> Tensor: ...


@dataclass(frozen=True)
class Split:
    """Rows to train on with labels 0 .. len(names) - 1, and held-out rows with theirs."""

    rows: Int64
    labels: Int32
    names: tuple[str, ...]
    valid_rows: Int64
    valid_labels: Int32


@dataclass(frozen=True)
class Result:
    """EER in percent and cross-entropy in nats."""

    eer: float
    loss: float


def split_speakers(speakers: Speakers, seed: int, num_speakers: int, num_each: int) -> Split:
    """Hold out ``num_speakers`` random speakers, ``num_each`` evenly spread utterances of each.

    Their copies at other speeds are neither trained on nor validated with.
    """
    total = len(speakers.names)
    counts = np.bincount(speakers.labels, minlength=total)
    person = _persons(speakers.names)
    usable = np.flatnonzero((counts >= 2) & (person == np.arange(total)))
    if num_speakers and not 2 <= num_speakers <= min(len(usable), total - 2):
        raise UserError(
            f"train.num_valid_speakers={num_speakers}: the data has {total} speakers, "
            f"{len(usable)} of them with two utterances or more; two must remain on each side"
        )
    chosen = np.sort(generator(seed, _HELD_OUT).permutation(usable)[:num_speakers])
    held = np.isin(person, chosen)
    place = np.cumsum(~held) - 1
    rows = np.flatnonzero(~held[speakers.labels])
    valid = [_spread(np.flatnonzero(speakers.labels == s), num_each) for s in chosen]
    valid_rows = np.concatenate([*valid, np.zeros(0, dtype=np.int64)])
    return Split(
        rows,
        place[speakers.labels[rows]].astype(np.int32),
        tuple(name for name, out in zip(speakers.names, held, strict=True) if not out),
        valid_rows,
        np.repeat(np.arange(len(valid)), [len(v) for v in valid]).astype(np.int32),
    )


def _persons(names: Sequence[str]) -> Int64:
    """Return for each speaker the place of the one it is a copy of at another speed, or its own."""
    places = {name: place for place, name in enumerate(names)}
    originals = (_SPEED_PREFIX.sub("", name) for name in names)
    return np.array([places.get(o, places[n]) for o, n in zip(originals, names, strict=True)])


def _spread(rows: Int64, count: int) -> Int64:
    return rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(np.int64)]


def validate(
    model: SpeakerModel,
    crops: CentreCrops,
    split: Split,
    *,
    num_frames: int,
    scale: float,
    precision: str,
    device: torch.device,
) -> Result:
    """Return EER and loss of ``model`` on the held-out speakers; the model's mode is restored."""
    modes = {module: module.training for module in model.modules()}
    model.eval()
    with torch.inference_mode(), at_temperature(model, 1.0), autocast(precision, device):
        pieces = [
            model(crops.centre(split.valid_rows[i : i + _BATCH], num_frames).to(device)).float()
            for i in range(0, len(split.valid_rows), _BATCH)
        ]
    # Module by module: some may be frozen in evaluation.
    for module, mode in modes.items():
        module.training = mode
    embeddings = functional.normalize(torch.cat(pieces).cpu().double())
    labels = torch.from_numpy(split.valid_labels.astype(np.int64))
    return Result(_eer(embeddings, labels), _loss(embeddings, labels, scale))


def _eer(embeddings: Tensor, labels: Tensor) -> float:
    first, second = torch.triu_indices(len(labels), len(labels), offset=1)
    scores = (embeddings @ embeddings.T)[first, second].numpy()
    is_target = (labels[first] == labels[second]).numpy()
    return 100.0 * eer(det_curve(scores, is_target))


def _loss(embeddings: Tensor, labels: Tensor, scale: float) -> float:
    one_hot = functional.one_hot(labels).double()
    sums = one_hot.T @ embeddings
    logits = embeddings @ functional.normalize(sums).T
    own = functional.normalize(sums[labels] - embeddings)
    rows = torch.arange(len(labels))
    logits[rows, labels] = (embeddings * own).sum(dim=1)
    return float(functional.cross_entropy(scale * logits, labels))
