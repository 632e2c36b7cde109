"""Validation on held-out speakers of the training set: equal error rate and loss.

The equal error rate is that of the cosine scores of all pairs of central crops. As the classifier
does not have these speakers, the loss is a prototypical one (Snell et al. 2017,
https://arxiv.org/abs/1703.05175): the cross-entropy of each utterance's cosine scores, times the
recipe's scale, with the mean embeddings of the held-out speakers. The mean of the utterance's own
speaker is computed without the utterance.
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
from speakernet.data.index import UtteranceIndex
from speakernet.data.sample_keys import generator
from speakernet.metrics.det import det_curve, eer
from speakernet.nn.models import SpeakerModel
from speakernet.nn.models.base import at_temperature
from speakernet.train.objective import autocast

_HELD_OUT = 3  # the purpose of random numbers, see sample_keys.generator
_SPEED_PREFIX = re.compile(r"^sp\d+(\.\d+)?-")
_BATCH = 32


class CentreCropReader(Protocol):
    """Protocol for reading central crops of utterances, which are addressed by row of utt2spk."""

    def centre(self, rows: npt.NDArray[np.integer], num_frames: int) -> Tensor: ...


@dataclass(frozen=True)
class Split:
    """The utterances to train on and those to validate with.

    rows, valid_rows: rows in utt2spk. labels: (utterances,), index in ``speakers``, the training
    speakers. valid_labels: from 0, numbers of the held-out speakers.
    """

    rows: Int64
    labels: Int32
    speakers: tuple[str, ...]
    valid_rows: Int64
    valid_labels: Int32


@dataclass(frozen=True)
class ValidationResult:
    """Equal error rate in percent and cross-entropy in nats."""

    eer: float
    loss: float


def split_speakers(
    utterances: UtteranceIndex, seed: int, num_speakers: int, num_each: int
) -> Split:
    """Hold out random speakers: ``num_speakers``, with ``num_each`` evenly spaced utterances each.

    Their speed-perturbed copies are used neither for training nor for validation. Raises UserError
    if fewer than two speakers would be held out or remain for training.
    """
    labels, speakers = utterances.labels, utterances.speakers
    total = len(speakers)
    if total < 2:
        raise UserError(
            f"the data has one speaker, '{speakers[0]}'; training tells speakers apart and needs "
            "two or more"
        )
    counts = np.bincount(labels, minlength=total)
    original = _original_speakers(speakers)
    usable = np.flatnonzero((counts >= 2) & (original == np.arange(total)))
    if num_speakers and not 2 <= num_speakers <= min(len(usable), total - 2):
        raise UserError(
            f"train.num_valid_speakers={num_speakers}: the data has {total} speakers, "
            f"{len(usable)} of them with two utterances or more; expected 0, or from 2 to all but 2"
        )
    chosen = np.sort(generator(seed, _HELD_OUT).permutation(usable)[:num_speakers])
    held_out = np.isin(original, chosen)
    new_label = np.cumsum(~held_out) - 1
    rows = np.flatnonzero(~held_out[labels])
    valid = [_evenly_spaced(np.flatnonzero(labels == s), num_each) for s in chosen]
    valid_rows = np.concatenate([*valid, np.zeros(0, dtype=np.int64)])
    return Split(
        rows,
        new_label[labels[rows]].astype(np.int32),
        tuple(name for name, out in zip(speakers, held_out, strict=True) if not out),
        valid_rows,
        np.repeat(np.arange(len(valid)), [len(v) for v in valid]).astype(np.int32),
    )


def _original_speakers(names: Sequence[str]) -> Int64:
    """Return for each speaker the index of the one of which it is a speed-perturbed copy.

    Other speakers get their own index.
    """
    index = {name: i for i, name in enumerate(names)}
    originals = (_SPEED_PREFIX.sub("", name) for name in names)
    return np.array([index.get(o, index[n]) for o, n in zip(originals, names, strict=True)])


def _evenly_spaced(rows: Int64, count: int) -> Int64:
    return rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(np.int64)]


def validate(
    model: SpeakerModel,
    crops: CentreCropReader,
    split: Split,
    *,
    num_frames: int,
    scale: float,
    precision: str,
    device: torch.device,
) -> ValidationResult:
    """Return equal error rate and loss of ``model`` on crops of the held-out utterances.

    ``num_frames``: length of the crops. ``scale``: factor of the cosine scores in the loss. The
    model's training mode is restored.
    """
    modes = {module: module.training for module in model.modules()}
    model.eval()
    with torch.inference_mode(), at_temperature(model, 1.0), autocast(precision, device):
        batches = [
            model(crops.centre(split.valid_rows[i : i + _BATCH], num_frames).to(device)).float()
            for i in range(0, len(split.valid_rows), _BATCH)
        ]
    # For each module, as frozen batch norms are in evaluation mode.
    for module, mode in modes.items():
        module.training = mode
    embeddings = functional.normalize(torch.cat(batches).cpu().double())
    labels = torch.from_numpy(split.valid_labels.astype(np.int64))
    return ValidationResult(_eer(embeddings, labels), _loss(embeddings, labels, scale))


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
