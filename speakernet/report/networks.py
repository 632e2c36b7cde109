"""Networks by name: parameters, multiply-adds per second of speech, and published counts."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch

from speakernet.config import configure
from speakernet.nn.complexity import Complexity, measure
from speakernet.nn.models import MODELS, build_model
from speakernet.report.published import read_published_sizes

DEFAULT_MEL_BINS = 80

_HEADER = ("network", "mel bins", "parameters", "statistics", "G multiply-adds/s", "published", "")

Sizes = Mapping[tuple[str, int], str]  # published counts (``4.8M``) by network and mel bins


def network_rows(
    names: Sequence[str], num_mel_bins: int | None, published: Path
) -> list[tuple[str, ...]]:
    """Return a header and one row per network: those named, or else all that we have.

    ``num_mel_bins`` belongs to the named ones; the others have those of ``published``, a table of
    published figures.
    """
    sizes = read_published_sizes(published)
    rows: list[tuple[str, ...]] = [_HEADER]
    for name, num_bins in _selection(names, num_mel_bins, sizes):
        complexity = measure(configure(MODELS, name), num_bins)
        rows.append(_row(name, num_bins, complexity, sizes.get((name, num_bins))))
    return rows


def _selection(
    names: Sequence[str], num_mel_bins: int | None, published: Sizes
) -> Iterator[tuple[str, int]]:
    if names:
        yield from ((name, num_mel_bins or DEFAULT_MEL_BINS) for name in names)
        return
    for name in MODELS.names():
        bins = sorted(b for n, b in published if n == name)
        yield from ((name, b) for b in bins or [_own_bins(name)])


def _own_bins(name: str) -> int:
    """Return the mel bins of a network's own front end, or those of most recipes."""
    if MODELS.get(name).input_kind == "features":
        return DEFAULT_MEL_BINS
    with torch.device("meta"):
        model = build_model(configure(MODELS, name), input_dim=0)
    return model.get_buffer("front_end.filters").shape[1]


def _row(
    name: str, num_mel_bins: int, complexity: Complexity, published: str | None
) -> tuple[str, ...]:
    return (
        name,
        str(num_mel_bins),
        f"{complexity.parameters:,}",
        f"{complexity.statistics:,}",
        f"{complexity.multiply_adds / 1e9:.2f}",
        published or "-",
        explain(complexity, published) if published else "",
    )


def explain(complexity: Complexity, published: str) -> str:
    """Say which of our counts the ``published`` one (``4.8M``) equals when rounded."""
    counts = {
        "parameters": complexity.parameters,
        "parameters and statistics": complexity.parameters + complexity.statistics,
        "parameters without the embedding layer": complexity.parameters
        - complexity.embedding_layer,
    }
    equal = [what for what, count in counts.items() if f"{count / 1e6:.1f}M" == published]
    return f"= {equal[0]}" if equal else "differs"
