"""EER, detection costs and Cllr of score files against a trial list.

Prints a table, or with --json a list of objects. Scores that are missing, given twice, not finite,
or of a pair that is no trial are errors.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.kaldi.scores import read_scores
from speakernet.kaldi.trials import read_trials
from speakernet.metrics.definitions import definitions
from speakernet.report.evaluation import EvaluationOptions, evaluate, find_utt2spk


def main(argv: Sequence[str] | None = None) -> int:
    """Print the figures of every score file."""
    args = _parse(argv)
    options = evaluation_options(args)
    trials = read_trials(args.trials)
    utt2spk = find_utt2spk(args.trials, args.utt2spk) if args.bootstrap else None
    results: list[dict[str, Any]] = []
    for path in args.scores:
        figures = evaluate(read_scores(path, trials), trials, options, utt2spk)
        results.append({"trials": args.trials.name, "scores": str(path), **figures})
    if args.json:
        print(json.dumps(results, indent=1))
    else:
        print("\n".join(_table(results, options)))
    return 0


def add_evaluation_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what is computed."""
    parser.add_argument("--definition", default="speakernet", help=", ".join(definitions.names()))
    parser.add_argument("--p-target", help="comma-separated (default: the definition's)")
    parser.add_argument("--c-miss", type=float, default=1.0)
    parser.add_argument("--c-fa", type=float, default=1.0)
    parser.add_argument("--bootstrap", type=int, default=0, metavar="REPLICATES")
    parser.add_argument("--seed", type=int, default=0, help="of the bootstrap")
    parser.add_argument("--utt2spk", type=Path, help="default: the one beside the trials")


def evaluation_options(args: argparse.Namespace) -> EvaluationOptions:
    """Return what the options of ``add_evaluation_arguments`` ask for."""
    definition = definitions.get(args.definition)
    if args.bootstrap < 0:
        raise UserError(f"--bootstrap {args.bootstrap}: expected a number of replicates")
    options = EvaluationOptions(
        definition=definition,
        p_targets=_p_targets(args.p_target) if args.p_target else definition.p_targets,
        c_miss=args.c_miss,
        c_fa=args.c_fa,
        bootstrap=args.bootstrap,
        seed=args.seed,
    )
    _ = options.points  # raises for a p_target or a cost that is out of range
    return options


def _p_targets(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError:
        raise UserError(f"--p-target '{text}': expected numbers like 0.01,0.05") from None


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--trials", type=Path, required=True)
    parser.add_argument("--scores", type=Path, nargs="+", required=True)
    parser.add_argument("--json", action="store_true")
    add_evaluation_arguments(parser)
    return parser.parse_args(argv)


def _table(results: Sequence[dict[str, Any]], options: EvaluationOptions) -> list[str]:
    first = results[0]
    lines = [
        f"{first['trials']}: {first['num_target']} target and {first['num_nontarget']} "
        f"non-target trials; definition '{options.definition.name}':",
        f"{options.definition.text}.",
        "",
    ]
    costs = [f"{kind}({p})" for p in options.points for kind in ("minDCF", "actDCF")]
    header = ["EER %", *costs, "Cllr", "minCllr"]
    lines.append("  ".join(f"{name:>13}" for name in header) + "  scores")
    for result in results:
        lines += _rows(result, options)
    return lines


def _rows(result: dict[str, Any], options: EvaluationOptions) -> list[str]:
    values = [f"{result['eer']:.3f}"]
    bounds = [_bounds(result.get("eer_interval"), 2)]
    for p in options.points:
        values += [f"{result['min_dcf'][p]:.4f}", f"{result['act_dcf'][p]:.4f}"]
        bounds += [_bounds(result.get("min_dcf_interval", {}).get(p), 3), ""]
    values += [f"{result['cllr']:.4f}", f"{result['min_cllr']:.4f}"]
    rows = ["  ".join(f"{value:>13}" for value in values) + f"  {result['scores']}"]
    if options.bootstrap:
        rows.append(
            "  ".join(f"{value:>13}" for value in [*bounds, "", ""])
            + f"  95 % of {options.bootstrap} draws of speakers"
        )
    return rows


def _bounds(interval: Sequence[float] | None, digits: int) -> str:
    return "" if interval is None else f"{interval[0]:.{digits}f}-{interval[1]:.{digits}f}"


if __name__ == "__main__":
    run(main)
