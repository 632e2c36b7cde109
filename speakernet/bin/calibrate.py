"""Turn scores into log-likelihood ratios; with scores of several systems, fuse them.

The map is trained on --train-trials with --train-scores, whose speakers must be others than those
of the test (--utt2spk files of both sides, where given, are checked for that). --quality tables
(``utt number``, such as utt2num_frames, utt2norm, utt2cohort_mean) must cover the utterances of
both lists; name --train-quality and --quality in the same order.
"""

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from speakernet.backend.calibration import fit_calibration
from speakernet.backend.cosine import Floats
from speakernet.backend.quality import read_quality, trial_features
from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.kaldi.files import open_for_replace
from speakernet.kaldi.scores import read_scores, write_scores
from speakernet.kaldi.tables import read_table
from speakernet.kaldi.trials import Trials, read_trials

logger = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Train on one list, apply to another, write the scores and the map."""
    args = _parse(argv)
    if len(args.train_scores) != len(args.scores) or len(args.train_quality) != len(args.quality):
        raise UserError("give as many --scores and --quality as --train-scores and --train-quality")
    training, test = read_trials(args.train_trials), read_trials(args.trials)
    _check_disjoint(args, training, test)
    names, features = _features(args.train_scores, args.train_quality, training)
    calibration = fit_calibration(features, training.is_target, names, args.p_target)
    logger.info("%s", json.dumps(asdict(calibration)))
    _, features = _features(args.scores, args.quality, test)
    write_scores(args.output, test, calibration.apply(features))
    with open_for_replace(args.output.with_name(args.output.name + ".json")) as file:
        file.write((json.dumps(asdict(calibration), indent=1) + "\n").encode())
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="calibrate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("output", type=Path, help="scores; OUTPUT.json is the map")
    parser.add_argument("--train-trials", type=Path, required=True)
    parser.add_argument("--train-scores", type=Path, nargs="+", required=True)
    parser.add_argument("--train-quality", type=Path, nargs="*", default=[])
    parser.add_argument("--train-utt2spk", type=Path)
    parser.add_argument("--trials", type=Path, required=True)
    parser.add_argument("--scores", type=Path, nargs="+", required=True)
    parser.add_argument("--quality", type=Path, nargs="*", default=[])
    parser.add_argument("--utt2spk", type=Path)
    parser.add_argument("--p-target", type=float, default=0.05, help="prior to train at")
    return parser.parse_args(argv)


def _features(
    scores: Sequence[Path], qualities: Sequence[Path], trials: Trials
) -> tuple[tuple[str, ...], Floats]:
    tables = {str(path): read_quality(path) for path in qualities}
    systems = {str(path): read_scores(path, trials) for path in scores}
    return trial_features(systems, tables, trials)


def _check_disjoint(args: argparse.Namespace, training: Trials, test: Trials) -> None:
    """Refuse to train on anything of the test: the same utterance, or the same speaker."""
    sides = [{*training.enroll, *training.test}, {*test.enroll, *test.test}]
    tables = [args.train_utt2spk, args.utt2spk]
    if all(tables):
        maps = [read_table(path, num_fields=2) for path in tables]
        sides = [{m.get(n, n) for n in side} for m, side in zip(maps, sides, strict=True)]
    common = sorted(sides[0] & sides[1])
    if common:
        raise UserError(
            f"{args.train_trials}: '{common[0]}' is also in the test trials ({len(common)} such); "
            "a calibration is trained on other speakers"
        )


if __name__ == "__main__":
    run(main)
