"""Evaluate every score file of an experiment: results.json, RESULTS.md and det.png.

Looks for <exp>/scores (model "base"), <exp>/lm/scores ("lm") and <exp>/untrained/scores, whose rows
go to <exp>/untrained/results.json; the table shows all. What has not changed is not computed again.
"""

import argparse
import subprocess
from collections.abc import Sequence
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.evaluate import add_evaluation_arguments, evaluation_options
from speakernet.report.evaluation import EvaluationOptions
from speakernet.report.experiment import evaluate_experiment, find_score_files
from speakernet.report.published import read_published
from speakernet.report.tables import experiment_report
from speakernet.work.files import open_for_replace


def main(argv: Sequence[str] | None = None) -> int:
    """Write the results of an experiment and print the table."""
    args = _parse(argv)
    options = evaluation_options(args)
    name = "/".join(args.exp_dir.resolve().parts[-2:])
    facts = {"recipe": name, "commit": _commit(), **_recipe_facts(args.exp_dir)}
    rows, changed = evaluate_experiment(args.exp_dir, args.trials, options, args.utt2spk, facts)
    published = read_published(args.published) if args.published else []
    report = experiment_report(name, rows, _notes(options), published)
    with open_for_replace(args.exp_dir / "RESULTS.md") as file:
        file.write(report.encode())
    if changed or not (args.exp_dir / "det.png").is_file():
        _plot(args, options)
    print(report, end="")
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="results",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("exp_dir", type=Path, help="exp/<corpus>/<recipe>")
    parser.add_argument("trials", type=Path, nargs="+")
    parser.add_argument("--published", type=Path, help="egs/<corpus>/published.tsv")
    add_evaluation_arguments(parser)
    return parser.parse_args(argv)


def _plot(args: argparse.Namespace, options: EvaluationOptions) -> None:
    from speakernet.report.plots import System, plot_det

    panels: dict[str, list[System]] = {path.name: [] for path in args.trials}
    for file in find_score_files(args.exp_dir, args.trials):
        trials, scores = file.read()
        system = System(f"{file.model}, {file.kind}", scores, trials.is_target)
        panels[file.trials.name].append(system)
    plot_det(panels, options.p_targets, args.exp_dir / "det.png")


def _recipe_facts(exp_dir: Path) -> dict[str, str]:
    """Return the training set, and the mel bins of ``features: fbank80`` (others have none)."""
    import yaml

    path = exp_dir / "recipe.yaml"
    recipe = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    facts = {"train_set": recipe["train_set"]} if "train_set" in recipe else {}
    digits = str(recipe.get("features", "")).removeprefix("fbank")
    return facts | ({"mel_bins": digits} if digits.isdecimal() else {})


def _commit() -> str:
    """Return the short commit of this program's source, with ``+`` if it was changed, or ``""``."""
    git = ["git", "-C", str(Path(__file__).parent)]
    try:
        head = subprocess.run([*git, "rev-parse", "--short=10", "HEAD"], capture_output=True)
        diff = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", ".."], capture_output=True)
    except OSError:
        return ""
    if head.returncode:
        return ""
    return head.stdout.decode().strip() + ("+" if diff.returncode else "")


def _notes(options: EvaluationOptions) -> list[str]:
    """Return what a reader of a table must know about its figures."""
    lines = [f"Definition `{options.definition.name}`: {options.definition.text}."]
    lines.append(f"C_miss = {options.c_miss:g}, C_fa = {options.c_fa:g}.")
    if options.bootstrap:
        lines.append(
            f"Intervals: 95 %, percentiles of {options.bootstrap} bootstrap draws of speakers."
        )
    return lines


if __name__ == "__main__":
    run(main)
