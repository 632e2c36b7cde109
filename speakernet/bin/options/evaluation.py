"""The options that say which figures are computed of scores: of ``evaluate`` and ``results``."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from speakernet.bin.options.parser import Parser
from speakernet.bin.options.types import count, positive_number, priors

if TYPE_CHECKING:
    from speakernet.report.evaluation import EvaluationOptions


def add_evaluation_options(parser: Parser) -> None:
    """Add the options that ``evaluation_options`` reads."""
    from speakernet.metrics.definitions import definitions

    add, names = parser.add_argument, ", ".join(definitions.names())
    add("--definition", type=definitions.get, default="speakernet", metavar="NAME",
        help=f"of EER and minDCF: {names} (default: %(default)s)")  # fmt: skip
    add("--p-targets", type=priors,
        help="priors of a target, for the detection cost (default: the definition's)")  # fmt: skip
    add("--c-miss", type=positive_number, default=1.0, help="cost of a miss (default: 1)")
    add("--c-fa", type=positive_number, default=1.0, help="cost of a false alarm (default: 1)")
    add("--bootstrap", type=count, default=0,
        help="draws of speakers for confidence intervals (default: 0, no intervals)")  # fmt: skip
    add("--seed", type=count, default=0, help="of these draws (default: 0)")
    add("--utt2spk", type=Path, help="speakers of the trials (default: utt2spk beside the trials)")


def evaluation_options(args: argparse.Namespace) -> "EvaluationOptions":
    """Return what the options ask for."""
    from speakernet.report.evaluation import EvaluationOptions

    return EvaluationOptions(
        definition=args.definition,
        p_targets=args.p_targets or args.definition.p_targets,
        c_miss=args.c_miss,
        c_fa=args.c_fa,
        bootstrap=args.bootstrap,
        seed=args.seed,
    )
