"""Score trial lists: cosine (or the recipe's similarity), and the same normalised by a cohort.

For each TRIALS writes OUTPUT/<name>.<similarity> and, with a cohort and scoring.normalization in
the recipe, OUTPUT/<name>.<normalization>. Several lists share the work on the cohort. With
scoring.plda also OUTPUT/<name>.plda, trained on the cohort's utterances. OUTPUT/utt2norm and (with
a cohort) OUTPUT/utt2cohort_mean are measures of quality for calibration.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from speakernet.arrays import Float64
from speakernet.backend.cohort import Cohort, load_cohort
from speakernet.backend.embeddings import EmbeddingTable, load_embeddings
from speakernet.backend.normalization import CohortStatistics
from speakernet.backend.plda import train_plda
from speakernet.backend.quality import write_quality
from speakernet.backend.scoring import PldaScorer, Scorer
from speakernet.bin.cli import run
from speakernet.config import UserError, load_config
from speakernet.kaldi.scores import write_scores
from speakernet.kaldi.tables import read_table
from speakernet.kaldi.trials import Trials, read_trials
from speakernet.recipe import Recipe

logger = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Score every trial list."""
    args = _parse(argv)
    recipe = load_config(Recipe, args.model_dir / "recipe.yaml", args.set)
    trials = {path.name: read_trials(path) for path in args.trials}
    if len(trials) < len(args.trials):
        names = " ".join(path.name for path in args.trials)
        raise UserError(f"trial lists need different names: {names}")
    weights = _class_weights(args, recipe) if recipe.scoring.needs_class_weights else None
    cohort = load_cohort(recipe.scoring, args.cohort_embeddings, args.cohort_utt2spk, weights)
    args.output.mkdir(parents=True, exist_ok=True)
    table = load_embeddings(args.embeddings)
    _score(args, recipe, table, trials, cohort)
    if recipe.scoring.plda:
        _score_plda(args, recipe, table, trials)
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
    parser.add_argument(
        "--utt2spk", type=Path, help="of the trials: leave an utterance's own speaker out"
    )
    parser.add_argument("--checkpoint", type=Path, help="for the cohort of class weights")
    parser.add_argument("--set", action="append", default=[], metavar="scoring.KEY=VALUE")
    return parser.parse_args(argv)


def _models(args: argparse.Namespace) -> dict[str, list[str]] | None:
    if not args.enroll_spk2utt:
        return None
    return {model: text.split() for model, text in read_table(args.enroll_spk2utt).items()}


def _class_weights(args: argparse.Namespace, recipe: Recipe) -> Float64:
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
    recipe: Recipe,
    table: EmbeddingTable,
    trials: dict[str, Trials],
    cohort: Cohort,
) -> None:
    config = recipe.scoring
    scorer = Scorer(table, config, mean=cohort.mean, models=_models(args))
    pairs = {name: scorer.pairs(t.enroll, t.test, name) for name, t in trials.items()}
    statistics = None
    if cohort.vectors is not None:
        own = cohort.own_rows(table, args.utt2spk) if args.utt2spk else None
        statistics = scorer.statistics(list(pairs.values()), cohort.vectors, own)
    for name, trial in trials.items():
        similarity = scorer.similarity(pairs[name])
        _write(args, name, config.similarity, trial, pairs[name].per_trial(similarity))
        if statistics is not None:
            normalized = scorer.normalized(similarity, pairs[name], statistics)
            _write(args, name, config.normalization, trial, pairs[name].per_trial(normalized))
    _write_qualities(args, table, statistics)


def _score_plda(
    args: argparse.Namespace, recipe: Recipe, table: EmbeddingTable, trials: dict[str, Trials]
) -> None:
    assert recipe.scoring.plda is not None
    if not args.cohort_embeddings or not args.cohort_utt2spk:
        raise UserError("scoring.plda needs --cohort-embeddings and --cohort-utt2spk")
    training = load_embeddings(args.cohort_embeddings)
    utt2spk = read_table(args.cohort_utt2spk, num_fields=2)
    known = [name for name in training.rows if name in utt2spk]
    _, speakers = np.unique([utt2spk[name] for name in known], return_inverse=True)
    rows = [training.rows[name] for name in known]
    plda = train_plda(training.vectors[rows], speakers, recipe.scoring.plda)
    logger.info("PLDA: trained on %d utterances, %d speakers", len(rows), speakers.max() + 1)
    scorer = PldaScorer(table, plda, _models(args))
    for name, trial in trials.items():
        _write(args, name, "plda", trial, scorer.scores(trial.enroll, trial.test, name))


def _write(args: argparse.Namespace, name: str, kind: str, trials: Trials, scores: Float64) -> None:
    path = args.output / f"{name}.{kind}"
    write_scores(path, trials, scores)
    logger.info("%s: %d scores", path, len(scores))


def _write_qualities(
    args: argparse.Namespace, table: EmbeddingTable, statistics: CohortStatistics | None
) -> None:
    if table.vectors.ndim != 2:
        return
    names = list(table.rows)
    write_quality(args.output / "utt2norm", names, np.linalg.norm(table.vectors, axis=1))
    if statistics is not None:
        means = statistics.mean[: len(names)]
        used = np.flatnonzero(np.isfinite(means))
        write_quality(args.output / "utt2cohort_mean", [names[i] for i in used], means[used])


if __name__ == "__main__":
    run(main)
