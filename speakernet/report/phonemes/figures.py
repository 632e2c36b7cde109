"""Pictures: frames in two dimensions, and the weights of basis kernels over time and by phone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from speakernet.arrays import Float32, Float64, Int64
from speakernet.report.phonemes.classes import CLASSES
from speakernet.report.phonemes.collecting import Labelled

_PERPLEXITY = 30
_MOST_LAYERS = 6


def draw_frames(
    embeddings: Mapping[str, Float32], speakers: Int64, classes: Int64,
    names: Mapping[str, str], seed: int, folder: Path,
) -> None:  # fmt: skip
    """Write frames.png: t-SNE of each network's frames, by speaker above and by class below."""
    figure, axes = _figure(2, len(embeddings), 5.2, 4.6)
    for column, (name, vectors) in enumerate(embeddings.items()):
        places = tsne(vectors, seed)
        axes[0][column].scatter(*places.T, c=speakers, s=4, cmap="tab20", linewidths=0)
        axes[0][column].set_title(f"{names[name]}, by speaker")
        for number, label in enumerate(CLASSES):
            axes[1][column].scatter(*places[classes == number].T, s=4, label=label, linewidths=0)
        axes[1][column].set_title(f"{names[name]}, by class of phone")
        axes[1][column].legend(markerscale=3, fontsize=8)
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
    figure.savefig(folder / "frames.png", dpi=110)


def tsne(vectors: Float32, seed: int) -> Float64:
    """Return places (frames, 2) by t-SNE of the cosine distance (van der Maaten and Hinton 2008).

    Papers:

    - van der Maaten and Hinton: https://www.jmlr.org/papers/v9/vandermaaten08a.html
    """
    from sklearn.manifold import TSNE

    perplexity = min(_PERPLEXITY, (len(vectors) - 1) / 3)
    model = TSNE(metric="cosine", perplexity=perplexity, random_state=seed, init="random")
    return np.asarray(model.fit_transform(vectors), np.float64)


def draw_kernels(labelled: Labelled, folder: Path) -> None:
    """Write kernels.png: on the left weights of the basis kernels of some layers over time in one
    utterance with its phones, on the right their means by class of phone.
    """
    example = labelled.example
    layers = _some(list(labelled.kernels))
    figure, axes = _figure(len(layers), 2, 5.5, 1.9, width_ratios=(3, 1))
    for row, layer in enumerate(layers):
        over_time, by_class = axes[row]
        means = labelled.kernels[layer].of_phones.class_means()
        by_class.imshow(means, aspect="auto", vmin=0)
        by_class.set(yticks=range(len(CLASSES)), yticklabels=CLASSES)
        by_class.set_title("mean weight of each kernel", fontsize=8)
        over_time.set_title(layer, fontsize=8)
        over_time.set_ylabel("weight", fontsize=8)
        if example is None:
            continue
        weights = example.weights[layer]
        times = (np.arange(len(weights)) + 0.5) * example.duration_s / len(weights)
        over_time.plot(times, weights, linewidth=0.9)
        over_time.set(xlim=(0, example.duration_s), ylim=(0, 1.15 * weights.max()))
        for phone in example.phones:
            over_time.axvline(phone.start_s, color="0.8", linewidth=0.5, zorder=0)
            middle = (phone.start_s + phone.end_s) / 2
            over_time.text(middle, 1.05 * weights.max(), phone.label, fontsize=5, ha="center")
    figure.savefig(folder / "kernels.png", dpi=110)


def _some(layers: list[str]) -> list[str]:
    """Return at most ``_MOST_LAYERS`` layers, evenly spread, with the first and the last."""
    places = np.linspace(0, len(layers) - 1, min(_MOST_LAYERS, len(layers))).astype(int)
    return [layers[place] for place in places]


def _figure(rows: int, columns: int, width: float, height: float, **ratios: Any) -> tuple[Any, Any]:
    """Return a figure of ``rows`` × ``columns`` panels of this size in inches, and its axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **ratios)
