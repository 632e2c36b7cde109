"""Compute EER, detection costs and Cllr of score files.

Scores that are missing, given twice or not finite, and pairs that are not in the trial list, are
errors.
"""

import json
from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.evaluation import EVALUATION, evaluation_options
from speakernet.bin.options.program import argument, arguments, program


@program("users")
@argument("trials", Path, "trial list")
@argument("scores", Path, "score files of its trials", nargs="+")
@argument("--format", str, "format of the output", choices=("table", "json"), default="table")
@arguments(*EVALUATION)
def main(args: Namespace) -> int:
    """Print the figures of every score file."""
    from speakernet.report.evaluation import evaluate_files
    from speakernet.report.plain_text import evaluation_table

    options = evaluation_options(args)
    rows = evaluate_files(args.trials, args.scores, options, args.utt2spk)
    is_json = args.format == "json"
    print(json.dumps(rows, indent=1) if is_json else evaluation_table(rows, options))
    return 0


if __name__ == "__main__":
    run(main)
