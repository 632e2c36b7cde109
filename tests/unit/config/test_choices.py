import pytest

from speakernet.config import UserError
from tests.unit.config.sections import NETWORKS, SCHEDULES, Constant, DeepOptions, NetworkOptions


def test_names_lead_to_implementations_and_options() -> None:
    assert SCHEDULES.names() == ["constant", "staircase"]
    assert SCHEDULES.get("constant") is SCHEDULES.options("constant") is Constant
    assert NETWORKS.get("deep101_wide") == "a deep one"
    assert NETWORKS.options("deep101_wide") is DeepOptions
    assert NETWORKS.options("flat") is NetworkOptions


def test_patterns_list_what_is_published_and_decode_sizes() -> None:
    assert NETWORKS.names() == ["deep18", "deep34_wide", "flat"]
    assert NETWORKS.examples() == ["deep2", "flat"]
    assert NETWORKS.sizes("deep101") == {"depth": "101", "wide": ""}
    assert NETWORKS.sizes("flat") == {}


@pytest.mark.parametrize("name", ["deep", "deep3_wid", "shallow"])
def test_unknown_names_are_refused(name: str) -> None:
    for look_up in (NETWORKS.get, NETWORKS.options):
        with pytest.raises(UserError, match=f"unknown network '{name}'"):
            look_up(name)


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="'constant' is registered twice"):
        SCHEDULES.add("constant")(Constant)
