"""Evaluate all score files of an experiment: results.json, RESULTS.md, plot.

Looks for <exp>/scores (model "base"), <exp>/lm/scores ("lm") and <exp>/untrained/scores, whose rows
go to <exp>/untrained/results.json; the table shows all. What has not changed is not computed again.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.evaluation import EVALUATION, evaluation_options
from speakernet.bin.options.program import argument, arguments, program


@program("recipes")
@argument("exp_dir", Path, "exp/<corpus>/<recipe>")
@argument("trials", Path, "trial lists", nargs="+")
@argument("--published", Path, "published figures to show beside ours")
@arguments(*EVALUATION)
def main(args: Namespace) -> int:
    """Write the results of an experiment and print the table."""
    from speakernet.report.reports import ExperimentFiles, report_experiment

    files = ExperimentFiles(args.exp_dir, args.trials, args.utt2spk, args.published)
    print(report_experiment(files, evaluation_options(args)), end="")
    return 0


if __name__ == "__main__":
    run(main)
