"""Draw score files of one trial list: DET curves, histograms, Bayes error, or calibration maps."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.kaldi.scores import read_scores
from speakernet.kaldi.trials import read_trials
from speakernet.report import plots


def main(argv: Sequence[str] | None = None) -> int:
    """Draw one picture."""
    parser = argparse.ArgumentParser(prog="plot", description=__doc__)
    parser.add_argument("kind", choices=("det", "histogram", "bayes", "calibration"))
    parser.add_argument("output", type=Path, help=".png, .svg or .pdf")
    parser.add_argument("--trials", type=Path, required=True)
    parser.add_argument("--scores", type=Path, nargs="+", required=True)
    parser.add_argument("--names", nargs="+", help="of the systems (default: the files')")
    parser.add_argument("--p-target", type=float, nargs="+", default=[0.01, 0.05])
    args = parser.parse_args(argv)
    names = args.names or [path.name for path in args.scores]
    if len(names) != len(args.scores):
        raise UserError(f"{len(names)} names for {len(args.scores)} score files")
    trials = read_trials(args.trials)
    systems = [
        plots.System(name, read_scores(path, trials), trials.is_target)
        for name, path in zip(names, args.scores, strict=True)
    ]
    panels = {args.trials.name: systems}
    if args.kind == "det":
        plots.plot_det(panels, args.p_target, args.output)
    elif args.kind == "histogram":
        plots.plot_histograms(panels, args.output)
    elif args.kind == "bayes":
        plots.plot_bayes_error(panels, args.output)
    else:
        plots.plot_calibration(panels, args.output)
    return 0


if __name__ == "__main__":
    run(main)
