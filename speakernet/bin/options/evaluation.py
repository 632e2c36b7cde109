"""The options that say which figures are computed of scores: of ``evaluate`` and ``results``."""

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from speakernet.bin.options.parser import Argument
from speakernet.bin.options.program import options_from
from speakernet.bin.options.types import count, definition, draws, positive_number, priors

if TYPE_CHECKING:
    from speakernet.report.evaluation import EvaluationOptions

EVALUATION = (
    Argument(
        "--definition",
        definition,
        "of EER and minDCF: speakernet, voxsrc2020, tdy, nist or voxsrc",
        default="speakernet",
    ),
    Argument("--p-targets", priors, "priors of a target, for minDCF (default: the definition's)"),
    Argument("--c-miss", positive_number, "cost of a miss", default=1.0),
    Argument("--c-fa", positive_number, "cost of a false alarm", default=1.0),
    Argument("--bootstrap", draws, "draws of speakers for intervals, 0 for none", default=0),
    Argument("--seed", count, "of these draws", default=0),
    Argument("--utt2spk", Path, "speakers of the trials (default: utt2spk beside the trials)"),
)


def evaluation_options(args: Namespace) -> "EvaluationOptions":
    """Return what the options ask for."""
    from speakernet.report.evaluation import EvaluationOptions

    p_targets = args.p_targets or args.definition.p_targets
    return options_from(EvaluationOptions, args, p_targets=p_targets)
