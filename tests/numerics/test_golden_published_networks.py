"""Networks of wespeaker, 3D-Speaker, voxceleb_trainer and SpeechBrain against their own code.

Through the converter, with weights in their naming, as in the tests of TDY-CNN's networks. The
waveform is that of those tests.
"""

from pathlib import Path

import numpy as np
import pytest
import torch

from speakernet.nn.models import build_model
from speakernet.nn.upstream import convert
from tests.published_states import golden_state, specs

GOLDEN = Path(__file__).parents[1] / "golden" / "models"
OUTPUTS = np.load(GOLDEN / "published_outputs.npz")
WAVEFORM = np.load(GOLDEN / "tdy_outputs.npz")["waveform"]


@pytest.mark.parametrize("name", specs())
@torch.no_grad()
def test_converted_weights_give_the_original_outputs(name: str) -> None:
    converted = convert(golden_state(name), name)
    assert converted.config.name == name.removesuffix("_3dspeaker")
    model = build_model(converted.config, input_dim=converted.input_dim).eval()
    assert sum(p.numel() for p in model.parameters()) == specs()[name]["parameters"]
    model.load_state_dict(converted.model)
    features = np.random.RandomState(7).randn(2, 64, 80) * 2
    x = WAVEFORM if model.input_kind == "waveform" else features.astype(np.float32)
    golden = torch.from_numpy(OUTPUTS[name])
    error = float((model(torch.from_numpy(x)) - golden).norm() / golden.norm())
    print(f"{name}: relative error {error:.2g}")
    assert error <= 1e-5
