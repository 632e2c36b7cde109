"""Experiments of other kinds become packages: calibrated ones, and crops of waveforms."""

import json
from pathlib import Path

import numpy as np
import torch

import speakernet
from speakernet.bin import package, score
from speakernet.config import dump_config
from speakernet.kaldi.tables import read_table, write_table
from speakernet.kaldi.trials import Trials, write_trials
from speakernet.model.results import Embedding
from speakernet.nn.models import build_model
from speakernet.nn.serialize import save_model
from speakernet.recipe import Recipe
from tests import packaged_model


def test_the_calibration_of_the_recipe_is_taken(made: Path, tmp_path: Path) -> None:
    calibration = {"num_trials": 60, "p_target": 0.2}
    packaged_model.make_experiment(tmp_path, scoring={"top_n": 4, "calibration": calibration})
    utt2spk = read_table(made / "data/utt2spk", num_fields=2)
    known = {name: speaker for name, speaker in utt2spk.items() if speaker < "s5"}
    (tmp_path / "data").mkdir()
    write_table(tmp_path / "data/utt2spk", known.items())
    (tmp_path / "exp/embeddings_cohort").symlink_to(made / "exp/embeddings_cohort")
    trials = Trials(["s5-0", "s5-0"], ["s5-1", "s6-0"], np.array([True, False]))
    write_trials(tmp_path / "trials", trials)
    cohort, exp = str(tmp_path / "exp/embeddings_cohort"), tmp_path / "exp"
    words = [str(exp), str(tmp_path / "trials"), cohort, str(exp / "scores")]
    options = ["--cohort-utt2spk", str(tmp_path / "data/utt2spk")]
    score.main([*words, "--cohort-embeddings", cohort, *options])
    packaged_model.make_package(tmp_path)
    found = json.loads((exp / "scores/asnorm_calibrated.json").read_text())
    packaged = speakernet.load_model(tmp_path / "package").description.calibration
    assert packaged is not None and packaged.p_target == 0.2
    assert ([packaged.weight], packaged.offset) == (found["weights"], found["offset"])


def test_crops_of_waveforms_are_compared(made: Path, tmp_path: Path) -> None:
    recipe = Recipe.model_validate(
        {
            "features": "waveform",
            "model": {"name": "tdy_resnet34_sixteenth", "embedding_dim": 8},
            "loss": {"name": "cm"},
            "data": {"cmn_window": None},
            "extraction": {"mode": "crops", "num_crops": 3, "crop_frames": 40},
            "scoring": {"similarity": "crop_distance", "normalization": "none"},
        }
    )
    exp, data = tmp_path / "exp", made / "data"
    (exp / "checkpoints").mkdir(parents=True)
    (exp / "recipe.yaml").write_text(dump_config(recipe))
    torch.manual_seed(0)
    state = build_model(recipe.model, input_dim=0).state_dict()
    save_model(exp / "checkpoints/final.pt", {"model": state, "recipe": dump_config(recipe)})
    package.main([str(exp), str(tmp_path / "package")])
    model = speakernet.load_model(tmp_path / "package")
    found = list(model.embed_many([data / "s0-1.wav", data / "s1-1.wav"]))
    one, two = (each for each in found if isinstance(each, Embedding))
    assert one.vector.shape == (3, 8)
    same, other = model.compare(one, one), model.compare(one, two)
    assert (same.normalized, same.llr, same.same) == (None, None, None)
    assert 0 > same.score > other.score
