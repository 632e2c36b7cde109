"""How names become networks, and the temperature of those that have one."""

import pytest

from speakernet.config import UserError, configure
from speakernet.nn.models import MODELS, at_temperature, build_model


def test_softmax_temperature_is_saved_and_lent() -> None:
    model = build_model(configure(MODELS, "tdy_resnet10_eighth"), input_dim=40)
    assert {float(t) for t in model.temperatures()} == {31.0}
    with at_temperature(model, 1.0):
        assert {float(t) for t in model.temperatures()} == {1.0}
    assert {float(t) for t in model.temperatures()} == {31.0}
    model.set_temperature(4.0)
    saved = [v for n, v in model.state_dict().items() if n.endswith("temperature")]
    assert len(saved) == len(model.temperatures())
    assert {float(t) for t in saved} == {4.0}


@pytest.mark.parametrize("name", ["res2net51_w8_s4_c16", "tdnn_c0", "resnet34_c0", "tdnnn"])
def test_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(UserError, match=f"unknown model '{name}' .did you mean"):
        configure(MODELS, name)
