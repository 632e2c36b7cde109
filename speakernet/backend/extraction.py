"""Embeddings of utterances, through a network, in batches of equally long pieces.

Nothing is ever padded: a batch holds pieces of one length, so that it changes no result. On a CPU
every piece is a batch of its own (faster there, and bit-identical however the work is split); on a
GPU the libraries choose other kernels for other batch sizes, which moves results by 1e-6 of their
size.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch

from speakernet.arrays import Float32, Float64
from speakernet.backend.chunks import FEATURES, WAVEFORM, cut, merge
from speakernet.backend.config import ExtractionConfig
from speakernet.config import UserError
from speakernet.nn.models import SpeakerModel

Utterance = tuple[str, Float32]

PENDING_BATCHES = 8  # batches' worth of pieces that may wait for others of their length


@dataclass
class _Progress:
    """What is known of one utterance so far."""

    lengths: list[int]
    embeddings: dict[int, Float64] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        return len(self.embeddings) == len(self.lengths)

    def stacked(self) -> Float64:
        return np.stack([self.embeddings[index] for index in range(len(self.lengths))])


class Extractor:
    """Runs utterances through ``model``; ``batch_steps`` is the size of a batch in input steps.

    A batch has at most batch_steps // length pieces, at least one. 0 makes every piece a batch.
    """

    def __init__(
        self,
        model: SpeakerModel,
        config: ExtractionConfig,
        *,
        device: torch.device | str = "cpu",
        batch_steps: int = 0,
    ) -> None:
        self._model = model.to(device).eval()
        self._config = config
        self.device = torch.device(device)
        self._batch_steps = batch_steps
        self._scale = WAVEFORM if model.input_kind == "waveform" else FEATURES
        self._waiting: dict[int, list[tuple[str, int, Float32]]] = {}
        self._waiting_steps = 0
        self._progress: dict[str, _Progress] = {}

    def is_short(self, num_steps: int) -> bool:
        """Return whether an utterance of ``num_steps`` is repeated to the shortest length."""
        return num_steps < self._scale.steps(self._config.min_frames)

    def __call__(self, utterances: Iterable[Utterance]) -> Iterator[tuple[str, Float32]]:
        """Yield ``(id, embedding)`` of each (id, input), maybe in another order.

        Inputs are float32: (frames, mel), or (samples,) in [-1, 1]. Embeddings are float32, (dim,),
        or (crops, dim) in the mode ``crops``. Raises UserError for an utterance that is empty or
        whose embedding is not finite.
        """
        for name, utterance in utterances:
            if not len(utterance):
                raise UserError(f"utterance '{name}' is empty; it can have no embedding")
            yield from self._add(name, utterance)
        while self._waiting:
            yield from self._run(next(iter(self._waiting)))

    def _add(self, name: str, utterance: Float32) -> Iterator[tuple[str, Float32]]:
        pieces = cut(utterance, self._config, self._scale)
        self._progress[name] = _Progress([len(piece) for piece in pieces])
        for index, piece in enumerate(pieces):
            length = len(piece)
            self._waiting.setdefault(length, []).append((name, index, piece))
            self._waiting_steps += length
            if (len(self._waiting[length]) + 1) * length > self._batch_steps:
                yield from self._run(length)
        while self._waiting_steps > PENDING_BATCHES * self._batch_steps:
            yield from self._run(max(self._waiting, key=lambda n: n * len(self._waiting[n])))

    def _run(self, length: int) -> Iterator[tuple[str, Float32]]:
        batch = self._waiting.pop(length)
        self._waiting_steps -= length * len(batch)
        embeddings = self._forward(np.stack([piece for _, _, piece in batch]))
        for (name, index, _), embedding in zip(batch, embeddings, strict=True):
            if not np.isfinite(embedding).all():
                raise UserError(f"utterance '{name}': its embedding is not finite")
            progress = self._progress[name]
            progress.embeddings[index] = embedding
            if progress.is_complete:
                del self._progress[name]
                yield name, merge(progress.stacked(), progress.lengths, self._config.mode)

    def _forward(self, batch: Float32) -> Float64:
        with torch.inference_mode():
            output = self._model(torch.from_numpy(batch).to(self.device))
        return output.double().cpu().numpy()
