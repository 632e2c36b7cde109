"""Score trial lists: cosine (or the recipe's similarity), and the same normalised by a cohort.

For each TRIALS writes OUTPUT/<name>.<similarity> and, with a cohort and scoring.normalization in
the recipe, OUTPUT/<name>.<normalization>. Several lists share the work on the cohort.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from speakernet.backend.cohort import mean_embedding, speaker_means
from speakernet.backend.cosine import Floats, length_norm
from speakernet.backend.embeddings import load_embeddings, read_embeddings
from speakernet.backend.scoring import Scorer
from speakernet.bin.cli import run
from speakernet.config import UserError, load_config
from speakernet.kaldi.scores import write_scores
from speakernet.kaldi.tables import read_table
from speakernet.kaldi.trials import Trials, read_trials
from speakernet.recipe import Recipe

if TYPE_CHECKING:
    from speakernet.backend.config import ScoringConfig

logger = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Score every trial list."""
    args = _parse(argv)
    recipe = load_config(Recipe, args.model_dir / "recipe.yaml", args.set)
    names = [path.name for path in args.trials]
    if len(set(names)) < len(names):
        raise UserError(f"trial lists need different names: {' '.join(names)}")
    trials = {path.name: read_trials(path) for path in args.trials}
    mean, cohort = _cohort(args, recipe)
    args.output.mkdir(parents=True, exist_ok=True)
    scorer = Scorer(
        load_embeddings(args.embeddings), recipe.scoring, mean=mean, models=_models(args)
    )
    _score(args, recipe.scoring, scorer, trials, cohort)
    return 0


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="score",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model_dir", type=Path, help="has recipe.yaml")
    parser.add_argument("embeddings", type=Path, help="folder, .scp or .ark")
    parser.add_argument("output", type=Path)
    parser.add_argument("--trials", type=Path, nargs="+", required=True)
    parser.add_argument("--enroll-spk2utt", type=Path, help="enrolment utterances of each model")
    parser.add_argument("--cohort-embeddings", type=Path)
    parser.add_argument("--cohort-utt2spk", type=Path)
    parser.add_argument("--checkpoint", type=Path, help="for the cohort of class weights")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="scoring.KEY=VALUE",
        help="override",
    )
    return parser.parse_args(argv)


def _models(args: argparse.Namespace) -> dict[str, list[str]] | None:
    if not args.enroll_spk2utt:
        return None
    return {model: text.split() for model, text in read_table(args.enroll_spk2utt).items()}


def _cohort(args: argparse.Namespace, recipe: Recipe) -> tuple[Floats | None, Floats | None]:
    """Return the mean to subtract and the cohort (speakers, dim), each None if not wanted."""
    config, source = recipe.scoring, args.cohort_embeddings
    if config.subtract_mean and not source:
        raise UserError("scoring.subtract_mean needs --cohort-embeddings")
    mean = mean_embedding(read_embeddings(source)) if config.subtract_mean else None
    if config.normalization == "none":
        return mean, None
    if config.cohort == "class_weights":
        cohort = length_norm(_class_weights(args, recipe))
    elif not source:
        return mean, None
    elif config.cohort == "utterances":
        table = load_embeddings(source).vectors
        cohort = length_norm(table if mean is None else table - mean)
    else:
        if not args.cohort_utt2spk:
            raise UserError("a cohort of speaker means needs --cohort-utt2spk")
        utt2spk = read_table(args.cohort_utt2spk, num_fields=2)
        speakers, cohort = speaker_means(read_embeddings(source), utt2spk, mean)
        logger.info("cohort: %d speakers, %d utterances", len(speakers), len(utt2spk))
    return mean, length_norm(cohort) if config.renormalize_cohort else cohort


def _class_weights(args: argparse.Namespace, recipe: Recipe) -> Floats:
    from speakernet.nn.losses import build_loss
    from speakernet.nn.serialize import load_model

    model, checkpoint = load_model(args.model_dir, args.checkpoint)
    loss = build_loss(
        recipe.loss, embedding_dim=model.embedding_dim, num_classes=checkpoint["num_speakers"]
    )
    loss.load_state_dict(checkpoint["loss"])
    return np.asarray(loss.class_weights().detach().double().numpy())


def _score(
    args: argparse.Namespace,
    config: "ScoringConfig",
    scorer: Scorer,
    trials: dict[str, Trials],
    cohort: Floats | None,
) -> None:
    pairs = {name: scorer.pairs(t.enroll, t.test, str(name)) for name, t in trials.items()}
    statistics = None if cohort is None else scorer.statistics(list(pairs.values()), cohort)
    for name, trial in trials.items():
        similarity = scorer.similarity(pairs[name])
        scores = {config.similarity: pairs[name].per_trial(similarity)}
        if statistics is not None:
            normalized = scorer.normalized(similarity, pairs[name], statistics)
            scores[config.normalization] = pairs[name].per_trial(normalized)
        for kind, values in scores.items():
            path = args.output / f"{name}.{kind}"
            write_scores(path, trial, values)
            logger.info("%s: %d scores", path, len(values))


if __name__ == "__main__":
    run(main)
