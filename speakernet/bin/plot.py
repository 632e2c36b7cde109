"""Draw DET curves, histograms, Bayes error or calibration of score files."""

from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.parser import Parser
from speakernet.bin.options.types import priors
from speakernet.config.errors import UserError

GROUP = "users"


def make_parser() -> Parser:
    """Return the parser of the command line."""
    parser = Parser(__file__, __doc__)
    add = parser.add_argument
    add("kind", choices=("det", "histogram", "bayes", "calibration"), help="what to draw")
    add("trials", type=Path, help="trial list")
    add("scores", type=Path, nargs="+", help="score files of its trials")
    add("output", type=Path, help="picture: .png, .svg or .pdf")
    add("--names", nargs="+", metavar="NAME", help="of the systems (default: the files')")
    add("--p-targets", type=priors, default=(0.01, 0.05),
        help="priors of a target, whose minDCF is marked (default: 0.01,0.05)")  # fmt: skip
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Draw one picture."""
    args = make_parser().parse_args(argv)
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
