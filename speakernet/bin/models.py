"""List the networks: parameters, multiply-adds per second of speech, and published counts.

Parameters are the trainable values; "statistics" are the running means and variances of batch
norms, which some publications count too. The last column says what the published number counts.
"""

import argparse
import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.config import UserError, configure
from speakernet.nn.complexity import Complexity, measure
from speakernet.nn.layers.log_mel import NUM_MEL_BINS
from speakernet.nn.models import MODELS

PUBLISHED = Path(__file__).parents[2] / "egs" / "voxceleb" / "published.tsv"
_DEFAULT_BINS = 80
_HEADER = ("network", "mel bins", "parameters", "statistics", "G multiply-adds/s", "published", "")


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table; return the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--mel-bins", type=int, help="of networks named on the command line")
    parser.add_argument("--published", type=Path, default=PUBLISHED, help="%(default)s")
    parser.add_argument("names", nargs="*", metavar="NAME", help="networks; all published ones")
    arguments = parser.parse_args(argv)
    published = read_published(arguments.published)
    rows: list[tuple[str, ...]] = [_HEADER]
    for name, num_bins in _selection(arguments.names, arguments.mel_bins, published):
        complexity = measure(configure(MODELS, name), num_bins)
        rows.append(format_row(name, num_bins, complexity, published.get((name, num_bins))))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    for row in rows:
        print("  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip())
    return 0


def read_published(path: Path) -> dict[tuple[str, int], str]:
    """Return published counts (``4.8M``) by network and mel bins."""
    if not path.is_file():
        raise UserError(f"{path}: no such file")
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    # A table's name may say which challenge it was for.
    return {
        (row["system"].removesuffix("_voxsrc2020"), int(row["mel_bins"])): row[
            "published_parameters"
        ]
        for row in rows
    }


def _selection(
    names: Sequence[str], num_bins: int | None, published: dict[tuple[str, int], str]
) -> Iterator[tuple[str, int]]:
    if names:
        yield from ((name, num_bins or _DEFAULT_BINS) for name in names)
        return
    for name in MODELS.names():
        bins = sorted(b for n, b in published if n == name)
        yield from ((name, b) for b in bins or [_own_bins(name)])


def _own_bins(name: str) -> int:
    """Return the mel bins of a network's own front end, or those of most recipes."""
    return NUM_MEL_BINS if MODELS.get(name).input_kind == "waveform" else _DEFAULT_BINS


def format_row(
    name: str, num_bins: int, complexity: Complexity, published: str | None
) -> tuple[str, ...]:
    """Return a row of the table."""
    return (
        name,
        str(num_bins),
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


if __name__ == "__main__":
    run(main)
