"""Evaluate all score files of an experiment: results.json, RESULTS.md, plot.

Looks for <exp>/scores (model "base"), <exp>/lm/scores ("lm") and <exp>/untrained/scores, whose rows
go to <exp>/untrained/results.json; the table shows all. What has not changed is not computed again.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.evaluation import EVALUATION, evaluation_options
from speakernet.bin.options.program import argument, arguments, options_from, program
from speakernet.bin.options.types import truth


@program("recipes")
@argument("exp_dir", Path, "exp/<corpus>/<recipe>")
@argument("trials", Path, "trial lists", nargs="+")
@argument("--published", Path, "published figures to show beside ours")
@argument("--anew", truth, "also evaluate what has not changed", default="false")
@arguments(*EVALUATION)
def main(args: Namespace) -> int:
    """Write the results of an experiment and print the table."""
    from speakernet.report.reports import ExperimentFiles, report_experiment

    files = options_from(ExperimentFiles, args)
    print(report_experiment(files, evaluation_options(args)), end="")
    return 0


if __name__ == "__main__":
    run(main)
