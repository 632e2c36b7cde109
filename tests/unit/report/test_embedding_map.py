"""The map of embeddings: near stay near, and few are drawn of many."""

from pathlib import Path

import numpy as np
import pytest

from speakernet.kaldi.ark import ArkWriter
from speakernet.report import embedding_map as module
from speakernet.report.embedding_map import embedding_map


def _write(folder: Path, speakers: int, each: int) -> dict[str, str]:
    generator = np.random.default_rng(2)
    utt2spk = {f"s{s:02d}-{u}": f"s{s:02d}" for s in range(speakers) for u in range(each)}
    centres = 3 * generator.normal(size=(speakers, 6))
    folder.mkdir()
    with ArkWriter(folder / "embedding.ark", folder / "embedding.scp") as ark:
        for name, speaker in utt2spk.items():
            vector = centres[int(speaker[1:])] + 0.3 * generator.normal(size=6)
            ark.write(name, vector.astype(np.float32))
    return utt2spk


def test_speakers_stay_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    utt2spk = _write(tmp_path / "embeddings", speakers=5, each=7)
    monkeypatch.setattr(module, "MAX_SPEAKERS", 4)
    found = embedding_map(tmp_path / "embeddings", {**utt2spk, "not-embedded": "s00"})
    assert found is not None
    assert (found.num_speakers, len(found.speakers)) == (5, 4)
    assert found.speakers == ["s00", "s01", "s03", "s04"] and len(found.utterances) == 28
    assert found.places.min() >= 0 and found.places.max() <= 1
    distances = np.linalg.norm(found.places[:, None] - found.places[None], axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (found.speaker_of[distances.argmin(axis=1)] == found.speaker_of).mean() > 0.9


def test_too_few_have_no_map(tmp_path: Path) -> None:
    assert embedding_map(tmp_path / "e", _write(tmp_path / "e", speakers=2, each=3)) is None
