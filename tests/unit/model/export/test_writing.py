"""Every registered network computes the same when it is written and read again."""

import os
from importlib.util import find_spec
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch

from speakernet.bin.export import FORMATS as CHOICES
from speakernet.config import UserError
from speakernet.model.export import checking, writing
from speakernet.model.export.checking import compare
from speakernet.model.export.graphs import InputName, make_graph
from speakernet.model.export.writing import FORMATS, metadata, need_packages
from speakernet.nn.models import MODELS
from speakernet.signal.options import FbankOptions
from tests.packaged_model import voice
from tests.unit.model.export.test_graphs import exported

SAMPLES = np.concatenate([voice(s, 1, 0.75) for s in range(2)]).astype(np.float32)
SAMPLES /= 32768
# All formats of all networks take minutes: SPEAKERNET_TEST_EXPORT=1 runs them.
IS_WHOLE = bool(os.environ.get("SPEAKERNET_TEST_EXPORT"))
NETWORKS = MODELS.examples()
PAIRS = [(k, n) for k in (FORMATS.names() if IS_WHOLE else ["torchscript"]) for n in NETWORKS]


def check(kind: str, name: str, source: InputName, path: Path) -> None:
    options = FbankOptions(num_mel_bins=20)
    is_waveform = MODELS.get(name).input_kind == "waveform"
    model = exported(name, None if is_waveform else options)
    graph, steps = make_graph(model, source), model.steps(source).steps(150)
    shape = (2, steps, model.input_dim) if source == "features" else (2, steps)
    written = FORMATS.get(kind)
    written.write(graph, torch.randn(shape), path, metadata(model, source))
    found = compare(written.read(path), graph, model, source, SAMPLES)
    # The attention of dynamic layers that were never trained has large logits, and their softmax
    # makes rounding larger.
    assert found.pytorch < (5e-4 if model.network.temperatures() else 1e-4)
    assert found.cosine > 0.99999
    assert (found.extraction is None) == (is_waveform or source == "features")
    assert found.num_lengths == checking.NUM_LENGTHS


@pytest.fixture(autouse=True)
def few_lengths(monkeypatch: pytest.MonkeyPatch) -> None:
    if not IS_WHOLE:
        monkeypatch.setattr(checking, "NUM_LENGTHS", 2)


@pytest.mark.parametrize(("kind", "name"), PAIRS)
def test_what_is_written_computes_the_same(kind: str, name: str, tmp_path: Path) -> None:
    check(kind, name, "waveform", tmp_path / "model")


@pytest.mark.parametrize("kind", ["torch-export", "torchscript"])
def test_the_network_alone_computes_the_same(kind: str, tmp_path: Path) -> None:
    check(kind, "tdnn_c32", "features", tmp_path / "model")


def test_the_program_offers_all_formats() -> None:
    assert sorted(CHOICES) == FORMATS.names()
    assert get_args(InputName) == ("features", "waveform")


def test_what_is_missing_is_said_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(name: str) -> object:
        return None if name == "onnxscript" else find_spec(name)

    monkeypatch.setattr(writing, "find_spec", find)
    with pytest.raises(UserError) as error:
        need_packages(FORMATS.get("onnx").needs)
    assert str(error.value) == (
        "--model-format onnx needs onnxscript, which the environment lacks; run "
        "utils/install/environment.sh --dev or pip install 'speakernet[export]'"
    )
    need_packages(FORMATS.get("torchscript").needs)
