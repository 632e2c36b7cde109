"""Tables for a terminal."""

from speakernet.metrics.definitions import definitions
from speakernet.report.evaluation import EvaluationOptions
from speakernet.report.plain_text import aligned, evaluation_table

ROW = {
    "trials": "list",
    "scores": "exp/scores/list.cosine",
    "num_target": 3,
    "num_nontarget": 40,
    "eer": 12.3456,
    "min_dcf": {"0.05": 0.51239},
    "act_dcf": {"0.05": 1.5},
    "cllr": 0.75,
    "min_cllr": 0.5,
    "eer_interval": [10.0, 14.567],
    "min_dcf_interval": {"0.05": [0.4, 0.6]},
    "act_dcf_interval": {"0.05": [1.25, 1.75]},
}


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert aligned([("a", "bcd", ""), ("efg", "h", "i")]) == "a    bcd\nefg  h    i"


def test_figures_and_intervals_stand_below_each_other() -> None:
    options = EvaluationOptions(definitions.get("speakernet"), (0.05,), bootstrap=30)
    lines = evaluation_table([ROW, {**ROW, "scores": "other"}], options).splitlines()
    assert lines[0] == "list: 3 target and 40 non-target trials; definition 'speakernet':"
    header, figures, intervals = (line.split() for line in lines[3:6])
    assert header == ["EER", "%", "minDCF(0.05)", "actDCF(0.05)", "Cllr", "minCllr", "scores"]
    assert figures == ["12.346", "0.5124", "1.5000", "0.7500", "0.5000", "exp/scores/list.cosine"]
    assert intervals[:3] == ["10.00-14.57", "0.400-0.600", "1.250-1.750"]
    assert lines[5].endswith("95 % of 30 draws of speakers")
    assert lines[4].index("12.346") + 6 == lines[5].index("14.57") + 5 == 13
    assert lines[6].endswith("  other")


def test_without_draws_there_are_no_intervals() -> None:
    options = EvaluationOptions(definitions.get("nist"), (0.05,))
    row = {key: value for key, value in ROW.items() if not key.endswith("_interval")}
    assert len(evaluation_table([row], options).splitlines()) == 5
