import re
from pathlib import Path

import numpy as np
import pytest
import torch

from speakernet.config import UserError
from speakernet.data import cmn
from speakernet.data.config import DataConfig, SpecAugmentConfig
from speakernet.data.feature_crops import FeatureCrops
from speakernet.data.index import read_utterance_index
from speakernet.data.sample_keys import sample_keys
from speakernet.kaldi import mapped
from speakernet.kaldi.ark import ArkWriter, read_matrix
from speakernet.signal.cmvn import sliding_cmn

LENGTHS = {"a-0": 0, "a-1": 700, "a-2": 90, "b-1": 300, "b-2": 30}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    with ArkWriter(tmp_path / "f.ark", tmp_path / "feats.scp", compress=True) as writer:
        for utterance, frames in LENGTHS.items():
            matrix = rng.standard_normal((frames, 5)).cumsum(axis=0) + 10
            writer.write(utterance, matrix.astype(np.float32))
    (tmp_path / "utt2spk").write_text("".join(f"{u} {u[0]}\n" for u in LENGTHS))
    return tmp_path


def crops_of(data: Path, **settings: object) -> FeatureCrops:
    config = DataConfig.model_validate({"num_frames": 50, **settings})
    return FeatureCrops(data, read_utterance_index(data), config)


def whole(data: Path, row: int) -> np.ndarray:
    spec = (data / "feats.scp").read_text().splitlines()[row].split(" ", 1)[1]
    return sliding_cmn(read_matrix(spec))


def test_crops_are_stretches_of_the_normalised_utterance(data: Path) -> None:
    crops = crops_of(data)
    rows = np.array([1, 2, 3] * 20)
    batch = crops.batch(rows, sample_keys(0, 0, 60)).numpy()
    assert batch.shape == (60, 50, 5) and batch.dtype == np.float32
    starts = set()
    for row, crop in zip(rows.tolist(), batch, strict=True):
        full = whole(data, row)
        windows = np.lib.stride_tricks.sliding_window_view(full, 50, axis=0).swapaxes(1, 2)
        errors = np.abs(windows - crop).max(axis=(1, 2))
        starts.add((row, int(errors.argmin())))
        assert errors.min() < 2e-5
    assert len(starts) > 40


def test_a_short_utterance_lies_whole_between_zeros(data: Path) -> None:
    batch = crops_of(data).batch(np.full(20, 4), sample_keys(0, 0, 20)).numpy()
    begins = set()
    for crop in batch:
        begin = int(np.flatnonzero(np.abs(crop).sum(axis=1))[0])
        begins.add(begin)
        np.testing.assert_allclose(crop[begin : begin + 30], whole(data, 4), atol=2e-5)
        assert not crop[:begin].any() and not crop[begin + 30 :].any()
    assert len(begins) > 5 and max(begins) <= 20


def test_an_empty_utterance_is_all_zeros(data: Path) -> None:
    assert not crops_of(data).batch(np.array([0]), sample_keys(0, 0, 1)).any()


def test_without_cmn_the_values_stay(data: Path) -> None:
    crop = crops_of(data, cmn_window=None).batch(np.array([3]), sample_keys(0, 0, 1))
    assert 5 < crop.mean() < 40


def test_centre_crops_have_no_randomness(data: Path) -> None:
    crops = crops_of(data, spec_augment=SpecAugmentConfig().model_dump())
    centre = crops.centre(np.array([1, 2]), 100).numpy()
    np.testing.assert_allclose(centre[0], whole(data, 1)[300:400], atol=2e-5)
    np.testing.assert_allclose(centre[1, 5:95], whole(data, 2), atol=2e-5)


def test_spec_augment_masks_bands_and_stretches(data: Path) -> None:
    settings = SpecAugmentConfig(num_time_masks=2, max_time=10, num_mel_masks=1, max_mel=2)
    keys = sample_keys(0, 0, 30)
    rows = np.ones(30, dtype=np.int64)
    plain = crops_of(data).batch(rows, keys)
    masked = crops_of(data, spec_augment=settings.model_dump()).batch(rows, keys)
    changed = masked != plain
    assert (masked[changed] == 0).all()
    assert 0.02 < changed.float().mean() < 0.6


def test_ranges_in_the_table_are_utterances_of_their_own(data: Path) -> None:
    lines = (data / "feats.scp").read_text().splitlines()
    (data / "feats.scp").write_text(
        "\n".join([lines[0], f"{lines[1]}[100:399]", *lines[2:]]) + "\n"
    )
    centre = crops_of(data).centre(np.array([1]), 300)[0].numpy()
    full = read_matrix(lines[1].split(" ", 1)[1])
    np.testing.assert_allclose(centre, sliding_cmn(full[100:400]), atol=2e-5)


@pytest.mark.parametrize("kind", ["text", "command"])
def test_texts_and_commands_give_the_crops_of_archives(data: Path, kind: str) -> None:
    expected = crops_of(data).centre(np.arange(5), 60)
    lines = (data / "feats.scp").read_text().splitlines()
    changed = []
    for line in lines:
        name, spec = line.split(" ", 1)
        rows = "\n".join(" ".join(map(repr, row)) for row in read_matrix(spec).tolist())
        (data / f"{name}.txt").write_text(f" [\n{rows} ]\n" if rows else " [ ]\n")
        changed.append(f"{name} {'cat ' if kind == 'command' else ''}{data}/{name}.txt")
    suffix = " |" if kind == "command" else ""

    table = [f"{line}{suffix}" for line in changed]
    (data / "feats.scp").write_text("\n".join(table) + "\n")
    np.testing.assert_allclose(crops_of(data).centre(np.arange(5), 60), expected, atol=1e-4)


def test_columns_can_be_taken(data: Path) -> None:
    lines = (data / "feats.scp").read_text().splitlines()
    full = read_matrix(lines[1].split(" ", 1)[1])
    table = [lines[0], f"{lines[1]}[:,2:4]", f"{lines[2]}[0:40,2:4]"]
    table += [f"{line}[,2:4]" for line in lines[3:]]
    (data / "feats.scp").write_text("\n".join(table) + "\n")
    crops = crops_of(data)
    assert crops.input_dim == 3
    centre = crops.centre(np.array([1]), len(full))[0].numpy()
    np.testing.assert_allclose(centre, sliding_cmn(full[:, 2:5]), atol=2e-5)


@pytest.mark.parametrize("part", ["[5000:5010]", "[0:5000]", "[0:703]", "[0:9,0:99]"])
def test_a_range_that_does_not_fit_is_an_error(data: Path, part: str) -> None:
    lines = (data / "feats.scp").read_text().splitlines()
    (data / "feats.scp").write_text("\n".join([lines[0], lines[1] + part, *lines[2:]]) + "\n")
    with pytest.raises(UserError, match=re.escape(f"range {part} does not fit")):
        crops_of(data).centre(np.array([1]), 30)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("a-0 f.ark:4\n", "feats.scp:2: the table ends; utt2spk has utterance 'a-1'"),
        ("a-0 f.ark:4\nx f.ark:4\n", "feats.scp:2: utterance 'x'; utt2spk has utterance 'a-1'"),
        ("a-0 | copy-feats x\n", "feats.scp:1: '| copy-feats x': is no place of an array"),
        ("a-0 f.ark:4[9:3]\n", "feats.scp:1: 'f.ark:4[9:3]': range [9:3] ends before it begins"),
        ("a-0 f.ark:99999999999999999999\n", "feats.scp:1: 'f.ark:99999999999999999999': no file"),
    ],
)
def test_a_table_that_does_not_fit_is_an_error(data: Path, broken: str, message: str) -> None:
    (data / "feats.scp").write_text(broken)
    with pytest.raises(UserError) as caught:
        crops_of(data)
    assert message in str(caught.value)


def test_a_cut_ark_is_an_error(data: Path) -> None:
    content = (data / "f.ark").read_bytes()
    (data / "f.ark").write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match=r"f\.ark:"):
        crops_of(data).batch(np.arange(5), sample_keys(0, 0, 5))


def test_numba_and_numpy_give_the_same_bits(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, keys = np.arange(5), sample_keys(0, 0, 5)
    compiled = crops_of(data).batch(rows, keys)
    assert mapped._look_up is not None and cmn._subtract is not None
    monkeypatch.setattr(mapped, "_look_up", None)
    monkeypatch.setattr(cmn, "_subtract", None)
    assert torch.equal(crops_of(data).batch(rows, keys), compiled)


def test_crops_come_as_one_tensor_in_the_ark_s_layout(data: Path) -> None:
    batch = crops_of(data).batch(np.array([1, 2]), sample_keys(0, 0, 2))
    assert batch.transpose(1, 2).is_contiguous() and batch.dtype == torch.float32
