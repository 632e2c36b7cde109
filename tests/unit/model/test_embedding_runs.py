"""Recordings in which there is no speech are refused, flagged, or taken, as one asks."""

from pathlib import Path

import numpy as np
import pytest

import speakernet
from speakernet.audio.wav import write_wav
from speakernet.config import UserError
from speakernet.model.results import Embedding
from tests.packaged_model import voice
from tests.recordings import write_noise

RECORDINGS = {"silent": "silent", "noise": "no speech", "short": "too short", "clipped": "clipped"}


@pytest.fixture
def recordings(tmp_path: Path) -> dict[str, Path]:
    paths = {name: tmp_path / f"{name}.wav" for name in (*RECORDINGS, "good")}
    write_wav(paths["silent"], np.zeros(16000, np.int16), 16000)
    write_noise(paths["noise"], 3, 32000)
    write_wav(paths["short"], voice(1, 1, 0.3), 16000)
    loud = np.clip(8.0 * voice(1, 2, 2.0), -32768, 32767).astype(np.int16)
    write_wav(paths["clipped"], loud, 16000)
    write_wav(paths["good"], voice(1, 3, 2.0), 16000)
    return paths


def test_says_what_is_wrong_with_a_recording(made: Path, recordings: dict[str, Path]) -> None:
    model = speakernet.load_model(made / "package")
    model.verify(recordings["good"], recordings["good"])
    one_sided = np.column_stack([np.zeros(24000, np.int16), voice(1, 3, 1.5)])
    with pytest.raises(UserError, match=r"silent \(.*, with 2 channels, channel 1 taken; "):
        model.embed(one_sided, 16000)
    for name, word in RECORDINGS.items():
        path = recordings[name]
        (noted,) = model.embed_many([path])
        assert isinstance(noted, Embedding) and any(n.startswith(word) for n in noted.notes)
        (taken,) = model.embed_many([path], check="off")
        assert isinstance(taken, Embedding)
        np.testing.assert_array_equal(taken.vector, noted.vector)
        if name == "clipped":
            result = model.verify(recordings["good"], path)
            assert any(word in note for note in result.notes)
            continue
        with pytest.raises(UserError, match=rf"{name}\.wav: {word} \(.*--check warn takes it"):
            model.verify(recordings["good"], path)
