"""A small packaged model, and recordings of speakers that it tells apart.

``python -m tests.packaged_model FOLDER`` makes data/, conf/, exp/ and package/.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import lfilter

from speakernet.audio.wav import write_wav
from speakernet.bin import extract_embeddings, package
from speakernet.config import dump_config
from speakernet.kaldi.tables import write_table
from speakernet.nn.models import build_model
from speakernet.nn.serialize import save_model
from speakernet.recipe import Recipe

MEL, SPEAKERS, EACH = 20, 7, 4


def voice(speaker: int, number: int, seconds: float = 1.0) -> NDArray[np.int16]:
    """Return samples at 16 kHz of a speaker's pitch and two resonances, which vary a little."""
    own, rng = np.random.default_rng(speaker), np.random.default_rng([speaker, number])
    pitch, *formants = own.uniform([80, 300, 1000], [250, 900, 3000]) * rng.uniform(0.97, 1.03, 3)
    count = int(16000 * seconds)
    signal = 0.02 * rng.standard_normal(count)
    signal[:: round(16000 / pitch)] += 1
    for formant in formants:
        signal = lfilter([1], [1, -1.9 * np.cos(2 * np.pi * formant / 16000), 0.9025], signal)
    loudness = 1.2 + np.sin(np.arange(count) * 0.0008 + number)
    signal *= loudness / np.abs(signal * loudness).max()
    return (8000 * signal).astype(np.int16)


def make(folder: Path, **settings: object) -> Path:
    """Write everything under ``folder``; ``settings`` are of the recipe. Returns the package."""
    make_data(folder / "data")
    make_experiment(folder, **settings)
    exp, cohort = folder / "exp", folder / "exp" / "embeddings_cohort"
    config = str(folder / "conf" / f"fbank{MEL}.conf")
    words = [str(exp), str(folder / "data"), str(cohort)]
    extract_embeddings.main([*words, "--job", "1", "--features-config", config])
    extract_embeddings.main(words)
    make_package(folder)
    return folder / "package"


def make_data(folder: Path) -> None:
    """Write recordings with wav.scp and utt2spk."""
    folder.mkdir(parents=True)
    names = {f"s{s}-{n}": (s, n) for s in range(SPEAKERS) for n in range(EACH)}
    for name, (speaker, number) in names.items():
        write_wav(folder / f"{name}.wav", voice(speaker, number, 0.5 + 0.2 * number), 16000)
    write_table(folder / "wav.scp", ((name, str(folder / f"{name}.wav")) for name in names))
    write_table(folder / "utt2spk", ((name, name.split("-")[0]) for name in names))


def make_experiment(folder: Path, **settings: object) -> None:
    """Write a recipe and random weights, with the configuration of the features."""
    values = {
        "features": f"fbank{MEL}",
        "model": {"name": "tdnn_c8", "embedding_dim": 12},
        "loss": {"name": "cm"},
        "extraction": {"chunk_frames": 60},
        "scoring": {"top_n": 4},
    }
    recipe = Recipe.model_validate(values | settings)
    (folder / "exp" / "checkpoints").mkdir(parents=True)
    (folder / "exp" / "recipe.yaml").write_text(dump_config(recipe))
    (folder / "conf").mkdir()
    (folder / "conf" / f"fbank{MEL}.conf").write_text(f"--num-mel-bins={MEL}\n--low-freq=40\n")
    torch.manual_seed(0)
    model = build_model(recipe.model, input_dim=MEL)
    state = {"model": model.state_dict(), "recipe": dump_config(recipe), "input_dim": MEL}
    save_model(folder / "exp" / "checkpoints" / "final.pt", state)


def make_package(folder: Path, *options: str) -> None:
    """Package the experiment with its cohort."""
    cohort = ["--cohort-embeddings", str(folder / "exp" / "embeddings_cohort")]
    utt2spk = ["--cohort-utt2spk", str(folder / "data" / "utt2spk")]
    config = ["--features-config", str(folder / "conf" / f"fbank{MEL}.conf")]
    words = [str(folder / "exp"), str(folder / "package")]
    package.main([*words, *cohort, *utt2spk, *config, *options])


if __name__ == "__main__":
    make(Path(sys.argv[1]))
