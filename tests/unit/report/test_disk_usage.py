"""What data and experiments take on the disk, of a small tree with every kind of product."""

import json
import os
from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.report.disk_usage import disk_usage, usage_json, usage_report

BLOCK = 4096
FILES = {  # blocks by path, and what they belong to
    "data/c/wav/a.wav": (9, (1, "c", "wav")),
    "data/c/train/wav.scp": (1, (1, "c", "train")),
    "data/c/train_sp_noise_seed4/wav.scp": (2, (2, "c", "train_sp_noise_seed4")),
    "data/c/train_aug_reverb/wav.scp": (3, (2, "c", "train_aug_reverb")),
    "data/c/musan_speech/wav.scp": (1, (2, "c", "musan_speech")),
    "data/c/audio_checks/test/num_utts": (1, (3, "c", "audio_checks/test")),
    "data/c/fbank80/test/feats.scp": (2, (3, "c", "fbank80/test")),
    "data/c/fbank80/ark/test.other/x.ark": (20, (3, "c", "fbank80/test")),
    "data/c/flac/ark/test/audio.1.1.ark": (7, (1, "c/flac", "test")),
    "data/c/flac/test/wav.scp": (1, (1, "c/flac", "test")),
    "data/c/flac/fbank80/ark/test/x.ark": (6, (3, "c/flac", "fbank80/test")),
    "exp/c/r/checkpoints/final.pt": (5, (4, "c/r", "checkpoints")),
    "exp/c/r/lm/checkpoints/final.pt": (4, (5, "c/r", "lm/checkpoints")),
    "exp/c/r/untrained/embeddings_test/embedding.ark": (3, (6, "c/r", "untrained/embeddings_test")),
    "exp/c/r/scores/trials.cosine": (2, (7, "c/r", "scores")),
    "exp/c/r/log/train.log": (1, (8, "c/r", "results and logs")),
    "exp/c/r/recipe.yaml": (1, (8, "c/r", "results and logs")),
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name, (blocks, _) in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * blocks * BLOCK)
    return tmp_path


def test_each_file_counts_for_its_product(tree: Path) -> None:
    expected: dict[tuple[int, str, str], int] = {}
    for blocks, key in FILES.values():
        expected[key] = expected.get(key, 0) + blocks * BLOCK
    found = disk_usage(tree / "data", tree / "exp")
    assert {usage[:3]: usage.num_bytes for usage in found} == expected
    sizes = [usage.num_bytes for usage in found]
    assert sizes == sorted(sizes, reverse=True)
    assert [row["num_bytes"] for row in json.loads(usage_json(found))] == sizes
    report = usage_report(found)
    largest = [cell.strip() for cell in report.splitlines()[2].split("|")[1:5]]
    assert largest == ["3", "c", "fbank80/test", "90.1 kB"]
    assert report.endswith(f"\n{sum(sizes) / 1000:.1f} kB in all\n")


def test_a_file_with_two_names_counts_once_and_links_are_not_followed(tree: Path) -> None:
    before = sum(usage.num_bytes for usage in disk_usage(tree / "data", tree / "exp"))
    os.link(tree / "data/c/wav/a.wav", tree / "exp/c/r/again.wav")
    (tree / "data/c/loop").symlink_to("..")
    (tree / "data/c/wav/gone.wav").symlink_to("nothing")
    after = sum(usage.num_bytes for usage in disk_usage(tree / "data", tree / "exp"))
    assert before == after


def test_neither_data_nor_experiments(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="expected what run.sh has made"):
        disk_usage(tmp_path / "data", tmp_path / "exp")
