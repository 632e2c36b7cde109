"""Decide which frames are speech: one job of steps/compute_vad.sh.

The rule is Kaldi's: by the energy of the frame and of its neighbours.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program


@program("recipes")
@argument("--config", Path, "Kaldi config file (default: its defaults)")
@argument("data_dir", Path, "has feats.scp, with the log energy in front")
@argument("ark", Path, "archive to write")
@argument("scp", Path, "its index")
def main(args: Namespace) -> int:
    """Parse the command line and write the decisions of every utterance of feats.scp."""
    from speakernet.kaldi.ark import ArkWriter, read_features
    from speakernet.kaldi.tables import iter_table
    from speakernet.signal.options import VadOptions
    from speakernet.signal.vad import energy_vad

    options = VadOptions.from_file(args.config) if args.config else VadOptions()
    feats_scp = args.data_dir / "feats.scp"
    with ArkWriter(args.ark, args.scp) as writer:
        for name, spec in iter_table(feats_scp):
            writer.write(name, energy_vad(read_features(spec, name, feats_scp), options))
    return 0


if __name__ == "__main__":
    run(main)
