"""What the benchmarks of features share: arguments, commands that compute features, the table."""

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.timing import ROOT, markdown_table

Comparison = Callable[[float], float]


def argument_parser(
    description: str | None, num_utts: int, repeats: int
) -> argparse.ArgumentParser:
    """Return a parser of the options that all of them have."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, default=ROOT / "data/debian_voices/train")
    parser.add_argument("--num-utts", type=int, default=num_utts)
    parser.add_argument("--repeats", type=int, default=repeats)
    return parser


def our_fbank(folder: Path, data: str) -> list[str]:
    """Return this package's command for a data dir in ``folder``.

    The archive is removed first, or a finished job would have nothing to do.
    """
    program = f"{sys.executable} -m speakernet.bin.compute_features"
    command = f"{program} --config {ROOT}/conf/fbank80.conf fbank {folder / data} {folder}/ours"
    return ["bash", "-c", f"rm -f {folder}/ours.* && exec {command}"]


def peer_fbank(peer: str, folder: Path, data: str) -> list[str]:
    """Return the command of another library for the ``wav.scp`` of a data dir in ``folder``."""
    module = [sys.executable, "-m", "benchmarks.peers.features"]
    return [*module, peer, str(folder / data / "wav.scp"), str(folder / "out")]


def speed_table(
    seconds: Mapping[str, float], hours: float, speed: str, ratio: str, compare: Comparison
) -> str:
    """Return a table of CPU ``seconds`` for ``hours`` of audio, the fastest system first.

    ``speed`` and ``ratio`` are the last two headers, ``compare`` makes the ratio of seconds.
    """
    rows = [
        [name, f"{value:.2f}", f"{hours * 3600 / value:.0f}", f"{compare(value):.2f}"]
        for name, value in sorted(seconds.items(), key=lambda item: item[1])
    ]
    return markdown_table(["system", "CPU seconds", speed, ratio], rows)
