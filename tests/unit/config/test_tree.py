"""Merging knows which settings belong to what was named."""

from typing import Any

import pytest

from speakernet.config.tree import merge, place_of, to_tree, to_values
from tests.unit.config.sections import Recipe

CONSTANT = {"type": "constant"}
STAIRS = {"type": "staircase", "num_steps": 7}
DEEP = {"name": "deep34", "widths": [1, 2], "dropout": {"type": "constant", "value": 0.5}}


def merged(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    return to_values(merge(merge({}, to_tree(base, "b:1"), Recipe), to_tree(change, "c:1"), Recipe))


@pytest.mark.parametrize(
    ("base", "change", "expected"),
    [
        ({"epochs": 1, "sets": ["a"]}, {"epochs": 2}, {"epochs": 2, "sets": ["a"]}),
        ({"sets": ["a", "b"]}, {"sets": ["c"]}, {"sets": ["c"]}),
        # Options of the same thing are merged, with its name repeated or not.
        (
            {"schedule": STAIRS},
            {"schedule": {"num_steps": 8}},
            {"schedule": {"type": "staircase", "num_steps": 8}},
        ),
        ({"schedule": STAIRS}, {"schedule": {"type": "staircase"}}, {"schedule": STAIRS}),
        ({"schedule": STAIRS}, {"schedule": "staircase"}, {"schedule": STAIRS}),
        # Another thing starts anew: nothing of the old one leaks, not even what both have.
        ({"schedule": STAIRS}, {"schedule": CONSTANT}, {"schedule": CONSTANT}),
        ({"schedule": STAIRS}, {"schedule": "constant"}, {"schedule": CONSTANT}),
        ({"network": DEEP}, {"network": {"name": "deep18"}}, {"network": {"name": "deep18"}}),
        # The same within a thing.
        (
            {"network": DEEP},
            {"network": {"dropout": "staircase"}},
            {"network": DEEP | {"dropout": {"type": "staircase"}}},
        ),
        (
            {"network": DEEP},
            {"network": {"dropout": {"value": 0.1}}},
            {"network": DEEP | {"dropout": {"type": "constant", "value": 0.1}}},
        ),
        ({"network": DEEP}, {"network": {"dropout": None}}, {"network": DEEP | {"dropout": None}}),
        # A bare name is spelled out wherever it stands first.
        (
            {},
            {"network": {"name": "deep2", "dropout": "constant"}},
            {"network": {"name": "deep2", "dropout": {"type": "constant"}}},
        ),
        ({"network": "flat"}, {"network": {"name": "deep2"}}, {"network": {"name": "deep2"}}),
        # Options without a name are those of the default, if there is one.
        ({}, {"schedule": {"value": 2}}, {"schedule": {"type": "constant", "value": 2}}),
        (
            {"schedule": {"value": 2}},
            {"schedule": "constant"},
            {"schedule": {"type": "constant", "value": 2}},
        ),
        ({"schedule": {"value": 2}}, {"schedule": STAIRS}, {"schedule": STAIRS}),
        (
            {"network": {"name": "deep2"}},
            {"network": {"dropout": {"value": 2}}},
            {"network": {"name": "deep2", "dropout": {"value": 2}}},
        ),
        # Unknown things are left for the check to refuse.
        ({"x": {"y": 1}}, {"x": {"z": 2}}, {"x": {"y": 1, "z": 2}}),
        (
            {"schedule": {"type": "none", "a": 1}},
            {"schedule": {"b": 2}},
            {"schedule": {"type": "none", "a": 1, "b": 2}},
        ),
    ],
)
def test_merge(base: dict[str, Any], change: dict[str, Any], expected: dict[str, Any]) -> None:
    assert merged(base, change) == expected


def test_places_are_those_of_the_value_or_of_its_section() -> None:
    tree = merge(
        to_tree({"schedule": STAIRS}, "a:1"), to_tree({"network": {"name": "flat"}}, "b:2"), Recipe
    )
    assert place_of(tree, ["schedule", "num_steps"]) == "a:1"
    assert place_of(tree, ["network", "widths"]) == "b:2"
    assert place_of(tree, ["network"]) == "b:2"
    assert place_of(tree, ["epochs"]) is None
