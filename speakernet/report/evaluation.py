"""All figures of one score file, and confidence intervals for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from speakernet.arrays import Float64
from speakernet.config.errors import UserError, naming
from speakernet.config.files import is_given
from speakernet.kaldi.datadir import read_spk2utt
from speakernet.kaldi.scores import read_scores
from speakernet.kaldi.tables import read_table
from speakernet.kaldi.trials import Trials, read_trials
from speakernet.metrics.cllr import cllr, min_cllr
from speakernet.metrics.dcf import OperatingPoint, act_dcf
from speakernet.metrics.definitions import Definition
from speakernet.report.draws import Draws, draw_figures

MODELS = "enroll_spk2utt"
"""The table beside trials with the utterances of models that are enrolled with several."""

OWN_DEFINITION = "speakernet"


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
            draws = draw(values, trials, options, speakers)
            figures = evaluate(values, trials, options, draws)
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
    draws: Draws | None = None,
) -> dict[str, Any]:
    """Return counts and figures of ``scores`` (trials,); rates are in percent.

    Keys: num_target, num_nontarget, definition, eer, min_dcf and act_dcf by p_target, cllr,
    min_cllr; with ``draws`` eer_interval, min_dcf_interval and act_dcf_interval (95 %). Raises
    UserError for what the metrics refuse.
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
    return result | (draws.intervals() if draws else {})


def draw(
    scores: Float64,
    trials: Trials,
    options: EvaluationOptions,
    utt2spk: Mapping[str, str] | None,
) -> Draws | None:
    """Return the figures under the draws that ``options`` ask for, if any.

    Raises UserError if nobody says who speaks, and for what ``draw_figures`` refuses.
    """
    if not options.bootstrap:
        return None
    if utt2spk is None:
        raise UserError("--bootstrap draws speakers and needs an utt2spk")
    return draw_figures(
        scores, trials, options.points, utt2spk, num_draws=options.bootstrap, seed=options.seed
    )


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
