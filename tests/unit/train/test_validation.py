from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from speakernet.config import UserError
from speakernet.data.index import UtteranceIndex, read_utterance_index
from speakernet.nn.models import ModelOptions, SpeakerModel
from speakernet.train.validation import split_speakers, validate


class FirstFrame(SpeakerModel):
    """Its embedding is the first frame."""

    embedding_dim = 4

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, time, mel) to (batch, mel)."""
        return x[:, 0]


class Crops:
    """Crops whose frames are what ``frames`` has for the row."""

    def __init__(self, frames: np.ndarray) -> None:
        self.frames = torch.from_numpy(frames.astype(np.float32))

    def centre(self, rows: np.ndarray, num_frames: int) -> Tensor:
        """Return the row's frame, repeated."""
        return self.frames[rows][:, None].expand(-1, num_frames, -1)


@pytest.fixture
def speakers(tmp_path: Path) -> UtteranceIndex:
    names = [f"{s}-{n}" for s in "abcdef" for n in range(5)] + ["g-0"]
    (tmp_path / "utt2spk").write_text("".join(f"{name} {name[0]}\n" for name in names))
    return read_utterance_index(tmp_path)


def test_speakers_are_on_one_side_only(speakers: UtteranceIndex) -> None:
    split = split_speakers(speakers, seed=1, num_speakers=2, num_each=3)
    assert len(split.speakers) == 5 and "g" in split.speakers  # one utterance validates nothing
    assert len(split.valid_rows) == 6 and sorted(np.bincount(split.valid_labels)) == [3, 3]
    held = {speakers.speakers[label] for label in speakers.labels[split.valid_rows]}
    assert held.isdisjoint(split.speakers)
    for row, label in zip(split.rows, split.labels, strict=True):
        assert split.speakers[label] == speakers.speakers[speakers.labels[row]]


def test_copies_at_other_speeds_go_with_their_speaker(tmp_path: Path) -> None:
    speeds = ("", "sp0.9-", "sp1.1-")
    lines = sorted(f"{p}{s}-{n} {p}{s}\n" for p in speeds for s in "abcdef" for n in range(3))
    (tmp_path / "utt2spk").write_text("".join(lines))
    speakers = read_utterance_index(tmp_path)
    split = split_speakers(speakers, seed=1, num_speakers=2, num_each=3)
    held = {speakers.speakers[label] for label in speakers.labels[split.valid_rows]}
    assert len(held) == 2 and held < set("abcdef")
    assert set(split.speakers) == {p + s for p in speeds for s in set("abcdef") - held}
    assert {speakers.speakers[label] for label in speakers.labels[split.rows]} == set(
        split.speakers
    )


def test_the_seed_chooses(speakers: UtteranceIndex) -> None:
    chosen = {split_speakers(speakers, seed, 2, 3).speakers for seed in range(20)}
    assert len(chosen) > 5
    assert split_speakers(speakers, 3, 2, 3).speakers == split_speakers(speakers, 3, 2, 3).speakers


def test_none_held_out_is_everything(speakers: UtteranceIndex) -> None:
    split = split_speakers(speakers, seed=1, num_speakers=0, num_each=3)
    assert len(split.rows) == 31 and not len(split.valid_rows)


@pytest.mark.parametrize("count", [1, 6, 7])
def test_too_many_held_out_is_an_error(speakers: UtteranceIndex, count: int) -> None:
    with pytest.raises(UserError, match=f"num_valid_speakers={count}: the data has 7 speakers"):
        split_speakers(speakers, seed=1, num_speakers=count, num_each=3)


def result_of(speakers: UtteranceIndex, frames: np.ndarray) -> tuple[float, float]:
    split = split_speakers(speakers, seed=1, num_speakers=3, num_each=5)
    model = FirstFrame(ModelOptions(name="first_frame"), input_dim=4).train()
    result = validate(
        model,
        Crops(frames),
        split,
        num_frames=7,
        scale=10.0,
        precision="fp32",
        device=torch.device("cpu"),
    )
    assert model.training
    return result.eer, result.loss


def test_separable_speakers_have_no_errors_and_little_loss(speakers: UtteranceIndex) -> None:
    frames = np.eye(8)[speakers.labels][:, :7] + 0.01
    eer, loss = result_of(speakers, frames)
    assert eer == 0 and loss < 0.01


def test_speakers_that_sound_alike_have_both(speakers: UtteranceIndex) -> None:
    frames = np.random.default_rng(0).standard_normal((len(speakers), 4))
    eer, loss = result_of(speakers, frames)
    assert 30 < eer < 70 and loss > np.log(3)


def test_one_speaker_is_none_to_tell_apart(tmp_path: Path) -> None:
    (tmp_path / "utt2spk").write_text("a-1 a\na-2 a\n")
    with pytest.raises(UserError, match="the data has one speaker, 'a'"):
        split_speakers(read_utterance_index(tmp_path), seed=1, num_speakers=0, num_each=2)
