"""What does not fit is refused with its key, the nearest spelling, and what there is."""

from typing import Any

import pytest

from speakernet.config import UserError, configure
from speakernet.config.build import build
from speakernet.config.tree import merge, to_tree
from tests.unit.config.sections import (
    NETWORKS,
    SCHEDULES,
    Constant,
    DeepOptions,
    Recipe,
    Staircase,
)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {"schedule": {"type": "constant", "valeu": 1}},
            "r:1: unknown key 'schedule.valeu' of schedule 'constant' (did you mean 'value'?); "
            "it has value",
        ),
        (
            {"schedule": {"type": "constant", "num_steps": 1}},
            "r:1: unknown key 'schedule.num_steps' of schedule 'constant'; it has value",
        ),
        (
            {"network": {"name": "flat", "widths": [1]}},
            "r:1: unknown key 'network.widths' of network 'flat'; it has no options",
        ),
        (
            {"network": {"name": "deep3", "dropout": {"type": "staircase", "value": 1}}},
            "r:1: unknown key 'network.dropout.value' of schedule 'staircase'; it has num_steps",
        ),
        (
            {"network": {"name": "deep3", "widths": [1, "2"]}},
            "r:1: 'network.widths.1': expected a valid integer (found '2')",
        ),
        ({"schedule": "constnt"}, "unknown schedule 'constnt' (did you mean 'constant'?); known: "),
        ({"network": "dep34"}, "'network': unknown network 'dep34' (did you mean 'deep34_wide'?)"),
        (
            {"network": {"name": "deep3", "dropout": {"value": 1}}},
            "r:1: 'network.dropout.type' is missing",
        ),
        (
            {"schedule": {"num_steps": 3}},
            "r:1: unknown key 'schedule.num_steps' of schedule 'constant'; it has value",
        ),
        ({"schedule": 3}, "r:1: 'schedule': expected the schedule's name, or {type: …}"),
        ({"network": {"name": 3}}, "r:1: 'network.name' is not a name"),
        (
            {"schedule": "staircase"},
            "r:1: 'schedule.type': a flat network learns at once; expected constant",
        ),
        (
            {"schedule": {"type": "constant", "value": -1}},
            "r:1: 'schedule.value': expected greater than or equal to 0 (found -1)",
        ),
    ],
)
def test_mistakes(values: dict[str, Any], expected: str) -> None:
    tree = merge({}, to_tree(values, "r:1"), Recipe)
    with pytest.raises(UserError) as caught:
        build(Recipe, tree, "r")
    assert expected in str(caught.value)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(UserError, match="'epoch' .*; r: unknown key 'set' "):
        build(Recipe, to_tree({"epoch": 1, "set": []}, "r"), "r")


def test_options_can_be_configured_without_a_recipe() -> None:
    assert configure(SCHEDULES, "staircase", num_steps=4) == Staircase(num_steps=4)
    assert configure(NETWORKS, "deep7", dropout="constant", widths=(1,)) == DeepOptions(
        name="deep7", dropout=Constant(), widths=(1,)
    )


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("deap", {}, "unknown network 'deap'.*known, also in other sizes: deep18, deep34_wide"),
        ("flat", {"width": 1}, "network 'flat': unknown key 'width' of network 'flat'; it has no"),
        ("deep2", {"width": 1}, r"network 'deep2': unknown key 'width'.*\(did you mean 'widths'"),
        ("deep2", {"dropout": {"type": "x"}}, "network 'deep2': 'dropout': unknown schedule 'x'"),
    ],
)
def test_configuring_is_as_strict(name: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        configure(NETWORKS, name, **values)
