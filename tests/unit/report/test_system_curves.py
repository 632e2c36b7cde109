"""The numbers behind pictures: few, whatever the number of trials."""

import numpy as np

from speakernet.kaldi.trials import Trials
from speakernet.metrics.dcf import OperatingPoint, act_dcf, min_dcf
from speakernet.metrics.det import det_curve, eer
from speakernet.report.scored_list import ScoredList
from speakernet.report.system_curves import MAX_POINTS, system_curves

POINTS = {"0.05": OperatingPoint(0.05)}


def _scored(count: int) -> ScoredList:
    generator = np.random.default_rng(5)
    labels = generator.random(count) < 0.2
    names = [f"u{n}" for n in range(count)]
    others = [f"v{n}" for n in range(count)]
    speakers = {n: n for n in names} | {
        f"v{n}": f"u{n}" if same else f"w{n}" for n, same in enumerate(labels.tolist())
    }
    scores = generator.normal(2.0 * labels - 1, 1.0)
    return ScoredList.of(Trials(names, others, labels), scores, speakers)


def test_curves_agree_with_the_metrics() -> None:
    scored = _scored(5000)
    found = system_curves("lm, asnorm_qmf", "asnorm_qmf", scored, POINTS)
    curve = det_curve(scored.scores, scored.is_target)
    assert found.eer == eer(curve) and len(found.p_fa) <= MAX_POINTS
    p_fa, p_miss = found.marks["minDCF(0.05)"]
    cost = (0.05 * p_miss + 0.95 * p_fa) / 0.05
    assert abs(cost - min_dcf(curve, POINTS["0.05"])) < 1e-12
    assert np.isclose(found.histogram.target.sum(), 1) and found.bayes.actual is not None
    middle = len(found.bayes.log_odds) // 2
    prior = 1 / (1 + np.exp(-found.bayes.log_odds[middle]))
    expected = act_dcf(scored.scores, scored.is_target, OperatingPoint(float(prior)))
    assert abs(found.bayes.actual[middle] - expected) < 1e-12
    assert (found.bayes.actual >= found.bayes.lowest - 1e-12).all()
    assert set(found.histogram.thresholds) == {"EER", "minDCF(0.05)"}


def test_scores_that_are_no_ratios_have_no_actual_cost() -> None:
    assert system_curves("base, cosine", "cosine", _scored(200), POINTS).bayes.actual is None
