"""Decide which frames are speech, by Kaldi's energy VAD: one job of steps/compute_vad.sh."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.kaldi.ark import ArkWriter, read_matrix
from speakernet.kaldi.tables import iter_table
from speakernet.signal.options import VadOptions
from speakernet.signal.vad import energy_vad


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the command line and write the decisions of every utterance of feats.scp."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, help="Kaldi config file (default: its defaults)")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("ark", type=Path)
    parser.add_argument("scp", type=Path)
    args = parser.parse_args(argv)
    options = VadOptions.from_file(args.config) if args.config else VadOptions()
    with ArkWriter(args.ark, args.scp) as writer:
        for name, spec in iter_table(args.data_dir / "feats.scp"):
            writer.write(name, energy_vad(read_matrix(spec), options))
    return 0


if __name__ == "__main__":
    run(main)
