"""An experiment of a network on waveforms, with random weights."""

from pathlib import Path

import torch

from speakernet.config import dump_config
from speakernet.nn.models import build_model
from speakernet.nn.serialize import save_model
from speakernet.recipe import Recipe


def make_experiment(folder: Path, name: str) -> None:
    """Write a waveform network with random weights."""
    values = {
        "features": "waveform", "model": {"name": name, "embedding_dim": 16},
        "loss": {"name": "cm"}, "data": {"cmn_window": None},
    }  # fmt: skip
    if name.startswith("tdy"):
        values["schedule"] = {"temperature": {"type": "linear_per_epoch"}}
    recipe = Recipe.model_validate(values)
    torch.manual_seed(1)
    model = build_model(recipe.model, input_dim=0)
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "recipe.yaml").write_text(dump_config(recipe))
    state = {"model": model.state_dict(), "recipe": dump_config(recipe), "input_dim": 0}
    save_model(folder / "checkpoints" / "final.pt", state)
