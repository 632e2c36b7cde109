"""A model with random weights and a data directory: ``python -m tests.tiny_experiment FOLDER``.

Makes exp/{recipe.yaml,checkpoints}, and data/{test,train} with features of speakers that differ.
"""

import sys
from pathlib import Path

import numpy as np
import torch

from speakernet.backend.trial_drawing import draw_trials
from speakernet.config import dump_config
from speakernet.kaldi.ark import ArkWriter
from speakernet.kaldi.tables import write_table
from speakernet.kaldi.trials import write_trials
from speakernet.nn.models import build_model
from speakernet.nn.serialize import save_model
from speakernet.recipe import Recipe

MEL, EACH = 8, 4


def make(folder: Path) -> None:
    """Write everything under ``folder``."""
    recipe = Recipe.model_validate(
        {
            "model": {"name": "tdnn_c8", "embedding_dim": 16},
            "loss": {"name": "cm"},
            "data": {"cmn_window": None},
            "scoring": {"top_n": 8},
        }
    )
    (folder / "exp" / "checkpoints").mkdir(parents=True)
    (folder / "exp" / "recipe.yaml").write_text(dump_config(recipe))
    torch.manual_seed(0)
    model = build_model(recipe.model, input_dim=MEL)
    checkpoint = {"model": model.state_dict(), "recipe": dump_config(recipe), "input_dim": MEL}
    save_model(folder / "exp" / "checkpoints" / "final.pt", checkpoint)
    for seed, (name, speakers) in enumerate({"train": 14, "test": 9}.items()):
        make_data(folder / "data" / name, name, speakers, seed)


def make_data(folder: Path, prefix: str, num_speakers: int, seed: int) -> None:
    """Write feats.scp, utt2spk, utt2num_frames, utt2dur and trials."""
    folder.mkdir(parents=True)
    generator = np.random.default_rng(seed)
    utt2spk, frames = {}, {}
    with ArkWriter(folder / "feats.ark", folder / "feats.scp") as writer:
        for speaker in range(num_speakers):
            mean = 2 * generator.normal(size=MEL)
            for number in range(EACH):
                name = f"{prefix}{speaker:02d}-{number}"
                length = int(generator.integers(40, 80)) if speaker or number else 9
                utt2spk[name], frames[name] = f"{prefix}{speaker:02d}", str(length)
                features = generator.normal(
                    mean + 0.7 * generator.normal(size=MEL), size=(length, MEL)
                )
                writer.write(name, features.astype(np.float32))
    write_table(folder / "utt2spk", utt2spk.items())
    write_table(folder / "utt2num_frames", frames.items())
    seconds = {name: f"{0.01 * int(number) + 0.015:.3f}" for name, number in frames.items()}
    write_table(folder / "utt2dur", seconds.items())
    write_trials(folder / "trials", draw_trials(utt2spk, 20, 300, seed))


if __name__ == "__main__":
    make(Path(sys.argv[1]))
