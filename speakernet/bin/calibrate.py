"""Turn scores into log-likelihood ratios; with scores of several kinds, maybe fuse them.

Maps are trained on TRAIN/trials with TRAIN/trials.<kind>, applied to SCORES/<list>.<kind> of every
list, which become SCORES/<list>.<kind>_calibrated; SCORES/<kind>_calibrated.json is the map.
--quality tables (``utt number``, such as utt2num_frames, utt2norm, utt2cohort_mean) must cover the
utterances of all lists; --train-quality are the same tables, in the same order, of the training.
The training's speakers must be others than those of the test.
"""

import argparse
import json
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from speakernet.arrays import Float64
from speakernet.backend.calibration import Calibration, fit_calibration
from speakernet.backend.quality import read_quality, trial_features
from speakernet.bin.cli import run
from speakernet.config import UserError
from speakernet.kaldi.scores import read_scores, write_scores
from speakernet.kaldi.tables import read_table
from speakernet.kaldi.trials import Trials, read_trials
from speakernet.work.files import open_for_replace

logger = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Train each map, apply it to every list, write the scores and the map."""
    args = _parse(argv)
    if len(args.train_quality) != len(args.quality):
        raise UserError("give as many --quality as --train-quality")
    training = read_trials(args.train / "trials")
    lists = {path.name: read_trials(path) for path in args.trials}
    for trials in lists.values():
        _check_disjoint(args, training, trials)
    suffix = "quality_calibrated" if args.quality else "calibrated"
    groups = {f"fused_{suffix}": args.kinds} if args.fuse else {}
    for name, kinds in (groups or {f"{kind}_{suffix}": [kind] for kind in args.kinds}).items():
        sources = [args.train / f"trials.{kind}" for kind in kinds]
        names, features = _features(sources, args.train_quality, training)
        calibration = fit_calibration(features, training.is_target, names, args.p_target)
        for list_name, trials in lists.items():
            sources = [args.scores / f"{list_name}.{kind}" for kind in kinds]
            _, features = _features(sources, args.quality, trials)
            write_scores(args.scores / f"{list_name}.{name}", trials, calibration.apply(features))
        _write_map(args.scores / f"{name}.json", calibration)
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="calibrate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("train", type=Path, help="folder with trials and their scores")
    parser.add_argument("scores", type=Path, help="folder with the scores of the lists")
    parser.add_argument("--trials", type=Path, nargs="+", required=True, help="the lists")
    parser.add_argument("--kinds", nargs="+", default=["cosine", "asnorm"])
    parser.add_argument("--fuse", action="store_true", help="all kinds in one map")
    parser.add_argument("--train-quality", type=Path, nargs="*", default=[])
    parser.add_argument("--quality", type=Path, nargs="*", default=[])
    parser.add_argument("--train-utt2spk", type=Path, help="to compare speakers, not utterances")
    parser.add_argument("--utt2spk", type=Path)
    parser.add_argument("--p-target", type=float, default=0.05, help="prior to train at")
    return parser.parse_args(argv)


def _features(
    scores: Sequence[Path], qualities: Sequence[Path], trials: Trials
) -> tuple[tuple[str, ...], Float64]:
    tables = {path.name: read_quality(path) for path in qualities}
    systems = {path.name: read_scores(path, trials) for path in scores}
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
            f"{args.train}/trials: '{common[0]}' is also in the test trials ({len(common)} such); "
            "a calibration is trained on other speakers"
        )


def _write_map(path: Path, calibration: Calibration) -> None:
    text = json.dumps(asdict(calibration), indent=1)
    with open_for_replace(path) as file:
        file.write(f"{text}\n".encode())
    weights = zip(calibration.names, calibration.weights, strict=True)
    terms = " + ".join(f"{weight:.4f} {name}" for name, weight in weights)
    logger.info("%s: LLR = %.4f + %s", path, calibration.offset, terms)


if __name__ == "__main__":
    run(main)
