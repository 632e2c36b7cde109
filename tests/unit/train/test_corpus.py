"""A data directory as training sees it."""

from pathlib import Path

import numpy as np
import pytest
from torch import Tensor

from speakernet.config import UserError, load_config
from speakernet.data.feature_crops import FeatureCrops
from speakernet.data.loader import BatchLayout, MicroBatch
from speakernet.data.waveform_crops import WaveformCrops
from speakernet.recipe import Recipe
from speakernet.train.corpus import Corpus, micro_batch_dataset, open_corpus, training_order
from tests.training.corpus import MEL, write_features, write_recipe, write_waveforms


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_features(tmp_path_factory.mktemp("corpus") / "data")


def open_with(folder: Path, data_dir: Path, /, **sections: object) -> tuple[Corpus, Recipe]:
    recipe = load_config(Recipe, write_recipe(folder / "recipe.yaml", **sections))
    return open_corpus(data_dir, recipe), recipe


def test_features_and_waveforms_have_crops_of_their_own(tmp_path: Path, features: Path) -> None:
    corpus, _ = open_with(tmp_path, features)
    assert isinstance(corpus.crops, FeatureCrops) and corpus.crops.input_dim == MEL
    waveforms = write_waveforms(tmp_path / "waveforms")
    tdy = {"name": "tdy_resnet10_sixteenth", "embedding_dim": 16}
    crops = {"cmn_window": None}
    corpus, _ = open_with(tmp_path, waveforms, features="waveform", model=tdy, data=crops)
    assert isinstance(corpus.crops, WaveformCrops) and corpus.crops.input_dim == 0
    augmented: dict[str, object] = {**crops, "online_augment": {}}
    with pytest.raises(UserError, match="needs the options --musan and --rirs"):
        open_with(tmp_path, waveforms, features="waveform", model=tdy, data=augmented)


def test_held_out_speakers_are_no_batch_s(tmp_path: Path, features: Path) -> None:
    sections = {"num_valid_speakers": 2, "num_valid_utterances": 3}
    corpus, recipe = open_with(tmp_path, features, train=sections)
    layout = BatchLayout(batch_size=8)
    order = training_order(corpus, recipe, 1, layout)
    assert order.length == order.epoch_length == 4 * 8
    batches = micro_batch_dataset(corpus, order, layout, recipe.seed)
    seen = {corpus.utterances.ids[row] for n in range(4) for row in batches.utterances(n).tolist()}
    held = {corpus.utterances.ids[row] for row in corpus.split.valid_rows.tolist()}
    assert len(seen) == 32 and len(held) == 6
    assert {name[:3] for name in seen} == set(corpus.split.speakers)
    assert not {name[:3] for name in held} & set(corpus.split.speakers)


def test_batches_have_the_labels_of_their_crops(tmp_path: Path, features: Path) -> None:
    corpus, recipe = open_with(tmp_path, features, seed=3)
    layout = BatchLayout(batch_size=6)
    batches = micro_batch_dataset(
        corpus, training_order(corpus, recipe, 1, layout), layout, recipe.seed
    )
    batch = batches[2]
    assert isinstance(batch, MicroBatch)
    rows = batches.utterances(2)
    np.testing.assert_array_equal(batch.labels.numpy(), corpus.utterances.labels[rows])
    assert isinstance(batch.inputs, Tensor)
    assert batch.inputs.shape == (6, 40, MEL)
