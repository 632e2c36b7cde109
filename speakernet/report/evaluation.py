"""All figures of one score file, and confidence intervals for them."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from speakernet.arrays import Float64
from speakernet.config.errors import UserError, naming
from speakernet.config.files import is_given
from speakernet.kaldi.characters import near_miss
from speakernet.kaldi.datadir import read_spk2utt
from speakernet.kaldi.scores import read_scores
from speakernet.kaldi.tables import read_table
from speakernet.kaldi.trials import Trials, read_trials
from speakernet.metrics.bootstrap import percentile_interval, replicates
from speakernet.metrics.cllr import cllr, min_cllr
from speakernet.metrics.dcf import OperatingPoint, act_dcf, min_dcf
from speakernet.metrics.definitions import Definition
from speakernet.metrics.det import DetCurve, eer
from speakernet.work.progress import progress

logger = logging.getLogger(__name__)

MODELS = "enroll_spk2utt"
"""The table beside trials with the utterances of models that are enrolled with several."""

OWN_DEFINITION = "speakernet"
_FEW_SPEAKERS = 10


@dataclass(frozen=True)
class EvaluationOptions:
    """What to compute. bootstrap: replicates (0: no intervals); they are seeded by ``seed``.

    Raises UserError for replicates of another definition than ours.
    """

    definition: Definition
    p_targets: tuple[float, ...]
    c_miss: float = 1.0
    c_fa: float = 1.0
    bootstrap: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.bootstrap and self.definition.name != OWN_DEFINITION:
            raise UserError(f"--bootstrap goes with the definition '{OWN_DEFINITION}' only")

    @property
    def points(self) -> dict[str, OperatingPoint]:
        """The operating points by the text of their p_target."""
        return {f"{p:g}": OperatingPoint(p, self.c_miss, self.c_fa) for p in self.p_targets}


def evaluate_files(
    trials_path: Path, scores: Sequence[Path], options: EvaluationOptions, utt2spk: Path | None
) -> list[dict[str, Any]]:
    """Return the figures of score files of one list, with ``trials`` and ``scores`` as names.

    ``utt2spk``: for the bootstrap; if None, the one beside the trials.
    """
    trials = read_trials(trials_path)
    check_kinds(trials_path, trials)
    speakers = find_utt2spk(trials_path, utt2spk) if options.bootstrap or utt2spk else None
    results = []
    for path in scores:
        values = read_scores(path, trials)
        with naming(trials_path):
            figures = evaluate(values, trials, options, speakers)
        results.append({"trials": trials_path.name, "scores": str(path), **figures})
    return results


def check_kinds(path: Path, trials: Trials) -> None:
    """Raise UserError for a list without targets or without nontargets."""
    num_targets = int(trials.is_target.sum())
    if num_targets in (0, len(trials)):
        missing = "nontarget" if num_targets else "target"
        raise UserError(
            f"{path}: {len(trials)} trials without any {missing}; error rates need both kinds"
        )


def evaluate(
    scores: Float64,
    trials: Trials,
    options: EvaluationOptions,
    utt2spk: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return counts and figures of ``scores`` (trials,); rates are in percent.

    Keys: num_target, num_nontarget, definition, eer, min_dcf and act_dcf by p_target, cllr,
    min_cllr; with ``options.bootstrap`` eer_interval and min_dcf_interval (95 %), which need
    ``utt2spk``. Raises UserError for what the metrics refuse.
    """
    labels, definition = trials.is_target, options.definition
    result: dict[str, Any] = {
        "num_target": int(labels.sum()),
        "num_nontarget": int((~labels).sum()),
        "definition": definition.name,
        "eer": 100 * definition.eer(scores, labels),
        "min_dcf": {k: definition.min_dcf(scores, labels, p) for k, p in options.points.items()},
        "act_dcf": {k: act_dcf(scores, labels, p) for k, p in options.points.items()},
        "cllr": cllr(scores, labels),
        "min_cllr": min_cllr(scores, labels),
    }
    if options.bootstrap:
        if utt2spk is None:
            raise UserError("--bootstrap draws speakers and needs an utt2spk")
        result |= _intervals(scores, trials, options, utt2spk)
    return result


def _intervals(
    scores: Float64, trials: Trials, options: EvaluationOptions, utt2spk: Mapping[str, str]
) -> dict[str, Any]:
    points = options.points

    def figures(curve: DetCurve) -> Sequence[float]:
        return [100 * eer(curve), *(min_dcf(curve, point) for point in points.values())]

    enroll, test = speaker_numbers(trials, utt2spk)
    num_speakers = len(np.union1d(enroll, test))
    if num_speakers < _FEW_SPEAKERS:
        logger.warning(
            "the trials have %d speakers: an interval says little with fewer than %d",
            num_speakers, _FEW_SPEAKERS,
        )  # fmt: skip
    samples = replicates(
        scores, trials.is_target, enroll, test, figures,
        num_replicates=options.bootstrap, seed=options.seed,
    )  # fmt: skip
    drawn = list(progress(samples, options.bootstrap, "bootstrap replicates"))
    low, high = percentile_interval(drawn)
    bounds = [[float(a), float(b)] for a, b in zip(low, high, strict=True)]
    return {
        "eer_interval": bounds[0],
        "min_dcf_interval": dict(zip(points, bounds[1:], strict=True)),
        "bootstrap": options.bootstrap,
    }


def speaker_numbers(
    trials: Trials, utt2spk: Mapping[str, str]
) -> tuple[np.ndarray[Any, np.dtype[np.intp]], np.ndarray[Any, np.dtype[np.intp]]]:
    """Return the speakers of both sides as numbers (trials,). UserError for unknown utterances."""
    numbers = {speaker: n for n, speaker in enumerate(sorted(set(utt2spk.values())))}
    by_utterance = {utterance: numbers[speaker] for utterance, speaker in utt2spk.items()}
    try:
        sides = [
            np.fromiter(map(by_utterance.__getitem__, side), np.intp, len(trials))
            for side in (trials.enroll, trials.test)
        ]
    except KeyError as error:
        name = str(error.args[0])
        raise UserError(
            f"trials: '{name}' is not in utt2spk{near_miss(name, by_utterance)}"
        ) from None
    return sides[0], sides[1]


def find_utt2spk(trials_path: Path, given: Path | None) -> dict[str, str] | None:
    """Read the utt2spk that is ``given``, or else the one beside the trials, if there is one.

    The models of an ``enroll_spk2utt`` beside it have the speakers of their utterances.
    """
    path, models = given or trials_path.parent / "utt2spk", trials_path.parent / MODELS
    if not given and not is_given(path):
        return None
    speakers = read_table(path, num_fields=2)
    if given or not is_given(models):
        return speakers
    firsts = {model: utterances[0] for model, utterances in read_spk2utt(models).items()}
    return {m: speakers[utt] for m, utt in firsts.items() if utt in speakers} | speakers
