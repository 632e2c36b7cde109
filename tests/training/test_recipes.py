"""Every shipped recipe trains and gives embeddings."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from speakernet.bin import extract_embeddings, train
from speakernet.config import load_config
from speakernet.kaldi.ark import read_ark
from speakernet.nn.models import MODELS
from speakernet.prepare.stage_values import WAVEFORM
from speakernet.recipe import Recipe
from speakernet.signal.extractors import num_values, read_feature_options
from tests.training.corpus import write_features, write_noises, write_waveforms

ROOT = Path(__file__).resolve().parents[2]
RECIPES = sorted(
    str(path.relative_to(ROOT))
    for name in ("recipe.yaml", "lm.yaml")
    for path in ROOT.glob(f"egs/*/*/{name}")
)


@pytest.fixture(scope="module")
def corpora(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Make a data directory for a kind of features; only its dimension is the real one's."""
    folder = tmp_path_factory.mktemp("corpora")

    @cache
    def make(features: str) -> Path:
        if features == WAVEFORM:
            return write_waveforms(folder / features)
        options = read_feature_options(ROOT / f"conf/{features}.conf")
        return write_features(folder / features, mel=num_values(options))

    return make


def smallest(name: str) -> str:
    """Return an example that the same pattern matches, if there is one; dynamic as ``name`` is."""
    kind = (MODELS.key_of(name), name.startswith("tdy_"))
    examples = {
        (MODELS.key_of(small), small.startswith("tdy_")): small for small in MODELS.examples()
    }
    return examples.get(kind, name)


def shortened(path: Path, folder: Path, num_frames: int) -> Path:
    """Write the recipe ``path`` with short crops, a small network of its kind and one small update.

    tests/unit/nn/models builds the networks in their own sizes.
    """
    recipe = load_config(Recipe, path)
    model = {**recipe.model.model_dump(), "name": smallest(recipe.model.name)}
    is_grouped = recipe.data.order.is_grouped
    grouped, batch = ("order: {max_seg_per_spk: 4}", 4) if is_grouped else ("", 2)
    crops = f"crop_frames: {num_frames}" if recipe.extraction.mode == "crops" else ""
    text = f"""
base: ["{path}"]
model: {json.dumps(model)}
data: {{num_frames: {num_frames}, num_workers: 0, {grouped}}}
train: {{epochs: 1, batch_size: {batch}, accumulate: 1, utterances_per_epoch: {batch},
        num_threads: 1, compile: false, precision: fp32, tensorboard: false, num_valid_speakers: 0}}
extraction: {{{crops}}}
"""
    short = folder / "recipe.yaml"
    short.write_text(text)
    return short


@pytest.mark.parametrize("name", RECIPES)
def test_recipe_trains_and_extracts(
    name: str, corpora: Callable[[str], Path], tmp_path: Path
) -> None:
    whole = load_config(Recipe, ROOT / name)
    features, options = whole.features, []
    data = corpora(WAVEFORM if whole.data.online_features else features)
    if whole.data.online_features:
        options = ["--features-config", str(ROOT / f"conf/{features}.conf")]
        options += write_noises(tmp_path / "noises", data)
    # VGG-M's poolings leave nothing of a shorter crop.
    num_frames = 100 if features == "waveform" else 32
    recipe = shortened(ROOT / name, tmp_path, num_frames)
    assert train.main([*options, str(recipe), str(data), str(tmp_path)]) == 0
    assert (tmp_path / "checkpoints/final.pt").exists()
    out = tmp_path / "embeddings"
    extract = [str(tmp_path), str(data), str(out), "--device", "cpu"]
    assert extract_embeddings.main([*extract, "--job", "1", "--nj", "24"]) == 0
    embeddings = [e for path in out.rglob("*.ark") for _, e in read_ark(path)]
    assert len(embeddings) == len((data / "utt2spk").read_text().splitlines()) // 24
    assert all(np.isfinite(embedding).all() for embedding in embeddings)


@pytest.mark.parametrize("name", RECIPES)
def test_no_recipe_has_what_no_gpu_has_run(name: str) -> None:
    train = load_config(Recipe, ROOT / name).train
    assert not train.compile and not train.cuda_graph


@pytest.mark.parametrize("name", ["egs/voxceleb/dpn68/recipe.yaml", "egs/voxceleb/dpn68/lm.yaml"])
def test_one_line_turns_on_what_makes_gpus_faster(name: str, tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(f"base: [{ROOT / name}, {ROOT / 'conf/gpu_speed.yaml'}]\n")
    plain = load_config(Recipe, ROOT / name)
    fast = plain.train.model_copy(update={"compile": True, "cuda_graph": True})
    assert load_config(Recipe, path) == plain.model_copy(update={"train": fast})


@pytest.mark.parametrize("name", [n for n in RECIPES if n.endswith("recipe.yaml")])
def test_folder_is_named_after_its_network(name: str) -> None:
    words = Path(name).parent.name.split("_")
    beginnings = ["_".join(words[:count]) for count in range(len(words), 0, -1)]
    longest = next(beginning for beginning in beginnings if MODELS.key_of(beginning))
    assert load_config(Recipe, ROOT / name).model.name == longest
