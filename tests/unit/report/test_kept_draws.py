"""Draws on disk."""

import json
from pathlib import Path

import numpy as np
import pytest

from speakernet.report.draws import Draws
from speakernet.report.kept_draws import KeptDraws, read_draws, write_draws


def _kept(seed: int) -> KeptDraws:
    samples = np.random.default_rng(seed).random((6, 5))
    return KeptDraws(Draws(samples[0], samples[1:], ("0.01", "0.3"), 9, 0.002), f"list{seed}")


def test_draws_come_back(tmp_path: Path) -> None:
    path = tmp_path / "draws.npz"
    write_draws(path, {"b": _kept(1), "a": _kept(2)})
    first = path.read_bytes()
    found = read_draws(path)
    assert set(found) == {"a", "b"}
    draws, drawn_from = found["a"]
    assert drawn_from == "list2" and (draws.p_targets, draws.num_speakers) == (("0.01", "0.3"), 9)
    np.testing.assert_array_equal(draws.samples, _kept(2).draws.samples)
    write_draws(path, {"a": _kept(2), "b": _kept(1)})
    assert path.read_bytes() == first


@pytest.mark.parametrize(
    "case", ["none", "text", "cut", "fields", "shape", "objects", "packed", "folder"]
)
def test_what_is_not_understood_is_not_there(tmp_path: Path, case: str) -> None:
    path = tmp_path / "draws.npz"
    write_draws(path, {"a": _kept(0)})
    about = {"p_targets": ["0.01"], "num_speakers": 9, "least": 0.1, "drawn_from": "x"}
    if case == "text":
        path.write_text("no draws\n")
    elif case == "cut":
        path.write_bytes(path.read_bytes()[:-40])
    elif case in ("fields", "shape", "objects"):
        fields = {**about, **({"num_speakers": "many"} if case == "fields" else {})}
        header = np.frombuffer(json.dumps({"a": fields}).encode(), np.uint8)
        figures = np.array([[print]] if case == "objects" else np.zeros((8, 4)))
        np.savez(path, about=header, a=figures)
    elif case == "packed":
        np.savez_compressed(path, **np.load(path))
    elif case in ("none", "folder"):
        path.unlink()
        if case == "folder":
            path.mkdir()
    assert read_draws(path) == {}
