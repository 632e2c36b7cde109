"""Draw DET curves, histograms, Bayes error or calibration of score files."""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program
from speakernet.bin.options.types import priors
from speakernet.config.errors import UserError


@program("users")
@argument("kind", str, "what to draw", choices=("det", "histogram", "bayes", "calibration"))
@argument("trials", Path, "trial list")
@argument("scores", Path, "score files of its trials", nargs="+")
@argument("output", Path, "picture: .png, .svg or .pdf")
@argument("--names", str, "names of the systems (default: the files')", nargs="+", metavar="NAME")
@argument("--p-targets", priors, "priors whose minDCF is marked", default="0.01,0.05")
def main(args: Namespace) -> int:
    """Draw one picture."""
    from speakernet.report import plots

    names = args.names or [path.name for path in args.scores]
    if len(names) != len(args.scores):
        raise UserError(f"--names: found {len(names)} for {len(args.scores)} score files")
    panels = plots.read_systems(args.trials, args.scores, names)
    if args.kind == "det":
        plots.plot_det(panels, args.p_targets, args.output)
    elif args.kind == "histogram":
        plots.plot_histograms(panels, args.output)
    elif args.kind == "bayes":
        plots.plot_bayes_error(panels, args.output)
    else:
        plots.plot_calibration(panels, args.output)
    return 0


if __name__ == "__main__":
    run(main)
