"""All pairs are those that one would compare by hand, in blocks or not, and sorted."""

from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest

import speakernet
from speakernet.config import UserError
from speakernet.model import pairs
from speakernet.model.results import Embedding


@pytest.mark.parametrize("block", [3, 256])
def test_all_pairs_are_there_and_sorted(
    made: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    model = speakernet.load_model(made / "package")
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((11, model.dim)).astype(np.float32)
    embeddings = [Embedding(f"r{i:02d}", v, 1.0) for i, v in enumerate(vectors)]
    monkeypatch.setattr(pairs, "_BLOCK", block)
    found = pairs.compare_all(model.comparer, embeddings, prior=0.5)
    assert {(p.one, p.other) for p in found} == {
        (a.name, b.name) for a, b in combinations(embeddings, 2)
    }
    assert all((a.llr or 0) >= (b.llr or 0) for a, b in pairwise(found))
    for pair in found[:5]:
        one, other = (embeddings[int(name[1:])] for name in (pair.one, pair.other))
        expected = model.compare(one, other)
        assert (pair.score, pair.llr) == pytest.approx((expected.score, expected.llr))
        assert pair.same == expected.same
    assert pairs.compare_all(model.comparer, embeddings, prior=0.5, top=7) == found[:7]
    with pytest.raises(UserError, match="found 1 recordings"):
        pairs.compare_all(model.comparer, embeddings[:1], prior=0.5)
    monkeypatch.setattr(pairs, "MOST_PAIRS", 50)
    with pytest.raises(UserError, match="55 pairs; expected --top"):
        pairs.compare_all(model.comparer, embeddings, prior=0.5)
