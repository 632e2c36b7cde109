"""Evaluate every score file of an experiment: results.json, RESULTS.md and det.png.

Looks for <exp>/scores (model "base"), <exp>/lm/scores ("lm") and <exp>/untrained/scores, whose rows
go to <exp>/untrained/results.json; the table shows all.
"""

import argparse
import json
import logging
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from speakernet.backend.evaluation import EvaluationOptions, evaluate, find_utt2spk
from speakernet.backend.published import read_published
from speakernet.backend.report import experiment_report, sort_key
from speakernet.bin.cli import run
from speakernet.bin.evaluate import add_evaluation_arguments, evaluation_options
from speakernet.config import UserError
from speakernet.kaldi.files import open_for_replace
from speakernet.kaldi.scores import read_scores
from speakernet.kaldi.trials import read_trials

logger = logging.getLogger(__name__)

MODELS = {"untrained": "untrained", "base": ".", "lm": "lm"}


def main(argv: Sequence[str] | None = None) -> int:
    """Write the results of an experiment and print the table."""
    args = _parse(argv)
    options = evaluation_options(args)
    rows, panels = [], {}
    for path in args.trials:
        found, panels[path.name] = _evaluate_list(args, path, options)
        rows += found
    rows.sort(key=sort_key)
    if not any(row["model"] == "base" for row in rows):
        raise UserError(f"{args.exp_dir}/scores: no scores of {args.trials[0].name}")
    untrained = [row for row in rows if row["model"] == "untrained"]
    if untrained:
        _write_json(args.exp_dir / "untrained" / "results.json", untrained)
    _write_json(args.exp_dir / "results.json", [r for r in rows if r["model"] != "untrained"])
    published = read_published(args.published) if args.published else []
    report = experiment_report(_name(args), rows, _notes(options), published)
    with open_for_replace(args.exp_dir / "RESULTS.md") as file:
        file.write(report.encode())
    from speakernet.backend.plots import plot_det

    plot_det(panels, options.p_targets, args.exp_dir / "det.png")
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


def _name(args: argparse.Namespace) -> str:
    return "/".join(args.exp_dir.resolve().parts[-2:])


def score_files(scores_dir: Path, trials: str) -> dict[str, Path]:
    """Return the score files of one trial list by kind of scoring (their suffix)."""
    found = sorted(scores_dir.glob(f"{trials}.*"))
    kinds = {path.name.removeprefix(f"{trials}."): path for path in found if path.is_file()}
    return {kind: path for kind, path in kinds.items() if not kind.endswith("tmp")}


def _evaluate_list(
    args: argparse.Namespace, path: Path, options: EvaluationOptions
) -> tuple[list[dict[str, Any]], list[Any]]:
    from speakernet.backend.plots import System

    trials = read_trials(path)
    utt2spk = find_utt2spk(path, args.utt2spk) if options.bootstrap else None
    rows, systems = [], []
    facts = {"recipe": _name(args), "commit": _commit(), **_recipe_facts(args.exp_dir)}
    for model, kind, file in _systems(args.exp_dir, path.name):
        logger.info("%s", file)
        scores = read_scores(file, trials)
        figures = evaluate(scores, trials, options, utt2spk)
        rows.append({"model": model, "trials": path.name, "scoring": kind, **figures, **facts})
        systems.append(System(f"{model}, {kind}", scores, trials.is_target))
    return rows, systems


def _systems(exp_dir: Path, trials: str) -> Iterator[tuple[str, str, Path]]:
    for model, folder in MODELS.items():
        for kind, file in score_files(exp_dir / folder / "scores", trials).items():
            yield model, kind, file


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
    notes = [f"Definition `{options.definition.name}`: {options.definition.text}."]
    notes.append(f"C_miss = {options.c_miss:g}, C_fa = {options.c_fa:g}.")
    if options.bootstrap:
        notes.append(
            f"Intervals: 95 %, percentiles of {options.bootstrap} bootstrap draws of speakers."
        )
    return notes


def _write_json(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    with open_for_replace(path) as file:
        file.write((json.dumps(rows, indent=1) + "\n").encode())


if __name__ == "__main__":
    run(main)
