"""From an experiment to a packaged model: which files of it become what."""

import platform
from collections.abc import Collection
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import torch

import speakernet
from speakernet.arrays import Float64
from speakernet.backend.class_weights import load_class_weights
from speakernet.backend.cohort import Cohort, load_cohort
from speakernet.backend.config import ScoringConfig
from speakernet.config import UserError, dump_config, load_config
from speakernet.config.build import build
from speakernet.config.tree import to_tree
from speakernet.model.calibrating import fit_on_cohort, known_calibration
from speakernet.model.card import CardNotes, model_card
from speakernet.model.description import (
    CARD,
    FORMAT,
    RECIPE,
    WEIGHTS,
    Description,
    FileConfig,
    FrontEndConfig,
    ScoreCalibration,
    thresholds_of,
)
from speakernet.model.package import Package
from speakernet.nn.serialize import load_model
from speakernet.recipe import Recipe
from speakernet.signal.extractors import find_features_config, read_feature_options
from speakernet.signal.options import FbankOptions, MfccOptions
from speakernet.work.products import read_product

_NO_FILES = {WEIGHTS: FileConfig(size=0, sha256="0" * 64)}  # until they are written


@dataclass(frozen=True)
class PackageSources:
    """What a package is made from.

    exp_dir: has recipe.yaml and checkpoints/. checkpoint: other weights than its newest.
    cohort_embeddings and cohort_utt2spk: of score normalisation and calibration (default: those
    that its scores were made with). features_config: Kaldi's configuration of the features
    (default: conf/<features>.conf).
    """

    exp_dir: Path
    checkpoint: Path | None = None
    cohort_embeddings: Path | None = None
    cohort_utt2spk: Path | None = None
    features_config: Path | None = None


def make_package(sources: PackageSources, name: str, notes: CardNotes) -> Package:
    """Return the package of an experiment; ``name`` and ``notes`` are for its card.

    Raises UserError for an experiment that lacks what its recipe needs to score.
    """
    recipe = load_config(Recipe, sources.exp_dir / "recipe.yaml")
    sources = _with_cohort(sources, recipe.scoring)
    network, state = load_model(sources.exp_dir, sources.checkpoint)
    cohort = _cohort(sources, recipe)
    scoring = recipe.scoring.model_copy(update={"plda": None, "calibration": None})
    if cohort.vectors is None:
        scoring = scoring.model_copy(update={"normalization": "none"})
    heard = state.get("speakers", ())
    calibration = _calibration(sources, recipe.scoring, scoring, cohort, heard)
    values = Description.model_construct(
        format=FORMAT,
        name=name,
        network=network.config,
        input_dim=state.get("input_dim", 0),
        embedding_dim=network.embedding_dim,
        front_end=_front_end(recipe, sources.features_config),
        extraction=recipe.extraction,
        scoring=scoring,
        cohort_size=0 if cohort.vectors is None else len(cohort.vectors),
        calibration=calibration,
        thresholds=thresholds_of(calibration),
        made_with=_versions(notes.commit),
        files=_NO_FILES,
    ).model_dump(mode="json")
    # Read as from a file: what could not be loaded is not written.
    place = str(sources.exp_dir)
    description = build(Description, to_tree(values, place), place)
    texts = {RECIPE: dump_config(recipe), CARD: model_card(description, recipe, state, notes)}
    return Package(description, network, cohort.vectors, cohort.mean, texts)


def _with_cohort(sources: PackageSources, config: ScoringConfig) -> PackageSources:
    """Fill in the cohort that the scores were made with. Raises UserError where it is missing."""
    if "cohort" not in config.needed_sets or sources.cohort_embeddings:
        return sources
    record = read_product(sources.exp_dir / "scores")
    words = record.made_from.get("command", []) if record else []
    options = dict(pairwise(words))
    embeddings = sources.exp_dir / options.get("--cohort-embeddings", "<>").strip("<>")
    utt2spk = sources.cohort_utt2spk or Path(options.get("--cohort-utt2spk", ""))
    if not (embeddings / "embedding.scp").is_file() or not utt2spk.is_file():
        raise UserError(
            f"{sources.exp_dir}/scores: do not say where the cohort is that scores are normalised "
            "with; expected --cohort-embeddings DIR and --cohort-utt2spk FILE"
        )
    return replace(sources, cohort_embeddings=embeddings, cohort_utt2spk=utt2spk)


def _cohort(sources: PackageSources, recipe: Recipe) -> Cohort:
    weights: Float64 | None = None
    if recipe.scoring.needs_class_weights:
        weights = load_class_weights(sources.exp_dir, recipe.loss, sources.checkpoint)
    embeddings, utt2spk = sources.cohort_embeddings, sources.cohort_utt2spk
    return load_cohort(recipe.scoring, embeddings, utt2spk, weights)


def _calibration(
    sources: PackageSources,
    asked: ScoringConfig,
    config: ScoringConfig,
    cohort: Cohort,
    heard: Collection[str],
) -> ScoreCalibration | None:
    kind = config.similarity if config.normalization == "none" else config.normalization
    if asked.calibration and (found := known_calibration(sources.exp_dir / "scores", kind)):
        return found
    if not sources.cohort_embeddings or not sources.cohort_utt2spk:
        return None
    return fit_on_cohort(
        config, cohort, sources.cohort_embeddings, sources.cohort_utt2spk, kind, heard
    )


def _front_end(recipe: Recipe, config: Path | None) -> FrontEndConfig:
    if recipe.uses_waveform:
        return FrontEndConfig(dither_seed=recipe.stored_seed)
    options = read_feature_options(config or find_features_config(recipe.features))
    return FrontEndConfig(
        fbank=options if isinstance(options, FbankOptions) else None,
        mfcc=options if isinstance(options, MfccOptions) else None,
        cmn_window=recipe.data.cmn_window,
        dither_seed=recipe.stored_seed,
    )


def _versions(commit: str) -> dict[str, str]:
    versions = {"speakernet": speakernet.__version__, "commit": commit}
    return versions | {"torch": str(torch.__version__), "python": platform.python_version()}
