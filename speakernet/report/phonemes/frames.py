"""Embeddings of single frames, and the weights of basis kernels over time.

A frame's embedding is what the network would say if the map before its pooling were that frame
alone. With average pooling the mean of all frames' embeddings is the utterance's.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from speakernet.arrays import Float32
from speakernet.config import UserError
from speakernet.nn.layers.temporal_dynamic import TemporalAttention
from speakernet.nn.models import SpeakerModel


@dataclass(frozen=True, eq=False)
class Frames:
    """Of one recording: embeddings (frames, dim), and for each temporal dynamic layer, by its name,
    the weights of the basis kernels (frames of the layer, basis).
    """

    embeddings: Float32
    weights: dict[str, Float32]


def embed_frames(network: SpeakerModel, waveform: Float32) -> Frames:
    """Return what ``network``, in eval mode, makes of ``waveform`` (samples,), in [-1, 1].

    Raises UserError for a network that has no pooling of frames with a dense layer behind it.
    """
    pooling, dense = getattr(network, "pooling", None), getattr(network, "dense", None)
    if network.input_kind != "waveform" or pooling is None or dense is None:
        raise UserError(
            f"model '{network.config.name}' has no frame embeddings; expected a ResNet or VGG of "
            "TDY-CNN's kind"
        )
    with torch.inference_mode(), _captured(network, pooling) as (maps, weights):
        _run(network, torch.from_numpy(waveform)[None])
        frames = maps[0][0].transpose(0, 1).unsqueeze(2)  # (time, channel, 1, mel)
        embeddings = dense(pooling(frames))
    return Frames(embeddings.numpy(), {n: w[0].T.numpy() for n, w in weights.items()})


def _run(network: SpeakerModel, waveform: Tensor) -> None:
    try:
        network(waveform)
    except RuntimeError as error:  # of a convolution or a pooling that has nothing left
        found = f"{waveform.shape[1]} samples do not fit model '{network.config.name}'"
        raise UserError(f"{found}: {str(error).splitlines()[0]}") from None


@contextmanager
def _captured(
    network: nn.Module, pooling: nn.Module
) -> Iterator[tuple[list[Tensor], dict[str, Tensor]]]:
    """Keep what goes into ``pooling``, and what attentions of dynamic layers return."""
    maps: list[Tensor] = []
    weights: dict[str, Tensor] = {}

    def keep(name: str) -> Any:
        return lambda module, inputs, output: weights.update({name: output})

    layers = [(n, m) for n, m in network.named_modules() if isinstance(m, TemporalAttention)]
    handles = [m.register_forward_hook(keep(n.removesuffix(".attention"))) for n, m in layers]
    handles.append(pooling.register_forward_pre_hook(lambda module, inputs: maps.append(inputs[0])))
    try:
        yield maps, weights
    finally:
        for handle in handles:
            handle.remove()
