"""Embeddings of utterances, through a network, in batches of equally long chunks.

Nothing is ever padded: a batch holds chunks of one length, so that it changes no result. On a CPU
every chunk is a batch of its own (faster there, and bit-identical however the work is split); on a
GPU the libraries choose other kernels for other batch sizes, which moves results by 1e-6 of their
size.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import torch

from speakernet.arrays import Float32, Float64
from speakernet.backend.chunks import FEATURE_STEPS, WAVEFORM_STEPS, cut_chunks, merge_embeddings
from speakernet.backend.config import ExtractionConfig
from speakernet.backend.inputs import NamedArray
from speakernet.config import UserError
from speakernet.nn.models import SpeakerModel

PENDING_BATCHES = 8  # batches' worth of chunks that may wait for others of their length


@dataclass
class _Embedded:
    """The embeddings that the chunks of one utterance have so far, by the chunk's number."""

    lengths: list[int]
    embeddings: dict[int, Float64] = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        return len(self.embeddings) == len(self.lengths)

    def stacked(self) -> Float64:
        return np.stack([self.embeddings[index] for index in range(len(self.lengths))])


class Extractor:
    """Runs utterances through ``model``; ``batch_steps`` is the size of a batch in input steps.

    A batch has at most batch_steps // length chunks, at least one. 0 makes every chunk a batch.
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
        self._scale = WAVEFORM_STEPS if model.input_kind == "waveform" else FEATURE_STEPS
        self._waiting: dict[int, list[tuple[str, int, Float32]]] = {}
        self._waiting_steps = 0
        self._begun: dict[str, _Embedded] = {}

    def is_short(self, num_steps: int) -> bool:
        """Return whether an utterance of ``num_steps`` is repeated to the shortest length."""
        return num_steps < self._scale.steps(self._config.min_frames)

    def num_frames(self, num_steps: int) -> int:
        """Return the length of an utterance of ``num_steps`` in frames of 10 ms."""
        return num_steps // self._scale.per_frame

    def __call__(self, utterances: Iterable[NamedArray]) -> Iterator[NamedArray]:
        """Yield ``(id, embedding)`` of each (id, input), maybe in another order.

        Inputs are float32: (frames, mel), or (samples,) in [-1, 1]. Embeddings are float32, (dim,),
        or (crops, dim) in the mode ``crops``. Raises UserError for an utterance that is empty or
        whose embedding is zero or not finite.
        """
        for name, utterance in utterances:
            if not len(utterance):
                raise UserError(f"utterance '{name}' is empty; it can have no embedding")
            yield from self._add(name, utterance)
        while self._waiting:
            yield from self._run(next(iter(self._waiting)))

    def _add(self, name: str, utterance: Float32) -> Iterator[NamedArray]:
        chunks = cut_chunks(utterance, self._config, self._scale)
        self._begun[name] = _Embedded([len(chunk) for chunk in chunks])
        for index, chunk in enumerate(chunks):
            length = len(chunk)
            self._waiting.setdefault(length, []).append((name, index, chunk))
            self._waiting_steps += length
            if (len(self._waiting[length]) + 1) * length > self._batch_steps:
                yield from self._run(length)
        while self._waiting_steps > PENDING_BATCHES * self._batch_steps:
            yield from self._run(max(self._waiting, key=lambda n: n * len(self._waiting[n])))

    def _run(self, length: int) -> Iterator[NamedArray]:
        batch = self._waiting.pop(length)
        self._waiting_steps -= length * len(batch)
        embeddings = self._forward(np.stack([chunk for _, _, chunk in batch]))
        for (name, index, _), embedding in zip(batch, embeddings, strict=True):
            if not np.isfinite(embedding).all() or not embedding.any():
                kind = "zero" if np.isfinite(embedding).all() else "not finite"
                raise UserError(f"utterance '{name}': its embedding is {kind}")
            partial = self._begun[name]
            partial.embeddings[index] = embedding
            if partial.is_complete:
                del self._begun[name]
                yield name, merge_embeddings(partial.stacked(), partial.lengths, self._config.mode)

    def _forward(self, batch: Float32) -> Float64:
        with torch.inference_mode():
            output = self._model(torch.from_numpy(batch).to(self.device))
        return output.double().cpu().numpy()
