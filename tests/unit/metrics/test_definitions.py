"""How several toolkits read figures off the same scores."""

import numpy as np
import pytest

from speakernet.config import UserError
from speakernet.metrics.dcf import OperatingPoint
from speakernet.metrics.definitions import definitions


@pytest.mark.parametrize("name", definitions.names())
def test_every_definition_has_the_corner_cases(name: str) -> None:
    definition = definitions.get(name)
    scores, labels = np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, False, True, True])
    assert definition.eer(scores, labels) == 0
    assert definition.min_dcf(scores, labels, OperatingPoint(0.05)) == 0
    assert definition.text and definition.p_targets
    with pytest.raises(UserError):
        definition.eer(np.array([0.0, np.nan]), np.array([True, False]))


def test_definitions_differ_on_ties() -> None:
    # 2 targets, 3 non-targets; the middle score is shared. Worked out by hand.
    scores = np.array([1.0, 2.0, 2.0, 2.0, 3.0])
    labels = np.array([False, False, True, False, True])
    # Points (miss, false alarm): (0, 1) (0, 2/3) (1/2, 0) (1, 0).
    assert definitions.get("speakernet").eer(scores, labels) == pytest.approx(2 / 7)
    assert definitions.get("voxsrc2020").eer(scores, labels) == 0
    assert definitions.get("tdy").eer(scores, labels) == 0.5
    # One by one: (0, 2/3) (0, 1/3) (1/2, 1/3) (1/2, 0): crossing from (0, 1/3) to (1/2, 1/3).
    assert definitions.get("nist").eer(scores, labels) == pytest.approx(1 / 3)


def test_unknown_definition_names_the_nearest() -> None:
    with pytest.raises(UserError, match="voxsrc"):
        definitions.get("voxsrk")
