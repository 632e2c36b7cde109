"""Slow, obvious versions of every metric: loops over thresholds and trials, no sorting tricks."""

import itertools
import math
from collections.abc import Sequence

from speakernet.metrics.dcf import OperatingPoint

Scores = Sequence[float]
Labels = Sequence[bool]


def rates(scores: Scores, labels: Labels, threshold: float) -> tuple[float, float]:
    """Return the miss and false-alarm rate of accepting scores >= threshold."""
    targets = [s for s, t in zip(scores, labels, strict=True) if t]
    others = [s for s, t in zip(scores, labels, strict=True) if not t]
    misses = sum(s < threshold for s in targets) / len(targets)
    alarms = sum(s >= threshold for s in others) / len(others)
    return misses, alarms


def points(scores: Scores, labels: Labels) -> list[tuple[float, float]]:
    """Return the rates at every distinct score, and above all."""
    return [rates(scores, labels, t) for t in [*sorted(set(scores)), math.inf]]


def eer(scores: Scores, labels: Labels) -> float:
    """Cross p_miss = p_fa on the line between each pair of neighbours."""
    curve = points(scores, labels)
    for (m0, f0), (m1, f1) in itertools.pairwise(curve):
        if m0 <= f0 and m1 >= f1:
            share = 0.0 if m0 == f0 else (f0 - m0) / (f0 - m0 + m1 - f1)
            return m0 + share * (m1 - m0)
    raise AssertionError("the rates always cross")


def cost(misses: float, alarms: float, point: OperatingPoint) -> float:
    """Return the unnormalised detection cost."""
    return point.c_miss * point.p_target * misses + point.c_fa * (1 - point.p_target) * alarms


def default_cost(point: OperatingPoint) -> float:
    """Return the cost of always accepting or always rejecting, whichever is cheaper."""
    return min(cost(1, 0, point), cost(0, 1, point))


def min_dcf(scores: Scores, labels: Labels, point: OperatingPoint) -> float:
    """Return the lowest normalised cost of all thresholds."""
    return min(cost(m, f, point) for m, f in points(scores, labels)) / default_cost(point)


def act_dcf(scores: Scores, labels: Labels, point: OperatingPoint) -> float:
    """Accept where the posterior odds, weighted by costs, favour it."""
    p = point.p_target
    threshold = math.log((point.c_fa * (1 - p)) / (point.c_miss * p))
    return cost(*rates(scores, labels, threshold), point) / default_cost(point)


def cllr(scores: Scores, labels: Labels) -> float:
    """Return the mean cost in bits of both kinds of trials."""
    targets = [math.log2(1 + math.exp(-s)) for s, t in zip(scores, labels, strict=True) if t]
    others = [math.log2(1 + math.exp(s)) for s, t in zip(scores, labels, strict=True) if not t]
    return (sum(targets) / len(targets) + sum(others) / len(others)) / 2


def min_cllr(scores: Scores, labels: Labels) -> float:
    """Pool adjacent violators by repeated merging, then take Cllr of the pools' log odds."""
    pools = []
    for score in sorted(set(scores)):
        kinds = [t for s, t in zip(scores, labels, strict=True) if s == score]
        pools.append([sum(kinds), len(kinds)])
    merged = True
    while merged:
        merged = False
        for i in range(len(pools) - 1):
            if pools[i][0] * pools[i + 1][1] >= pools[i + 1][0] * pools[i][1]:
                pools[i : i + 2] = [[pools[i][0] + pools[i + 1][0], pools[i][1] + pools[i + 1][1]]]
                merged = True
                break
    total = [sum(labels), len(labels) - sum(labels)]
    bits = 0.0
    for targets, size in pools:
        others = size - targets
        if targets and others:
            ratio = (targets / others) / (total[0] / total[1])
            bits += targets / total[0] * math.log2(1 + 1 / ratio)
            bits += others / total[1] * math.log2(1 + ratio)
    return bits / 2


def repeated_trials(
    scores: Scores, left: Sequence[int], right: Sequence[int], counts: Sequence[int]
) -> tuple[list[float], list[bool]]:
    """Write out the trials of a bootstrap draw one by one."""
    out: tuple[list[float], list[bool]] = ([], [])
    for score, one, two in zip(scores, left, right, strict=True):
        times = counts[one] if one == two else counts[one] * counts[two]
        out[0].extend([score] * times)
        out[1].extend([one == two] * times)
    return out
