"""VoxCeleb in miniature: from its archives to RESULTS.md by one command, with a tiny network."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.miniature.shared import shared_archives

RECIPE = "egs/voxceleb/tdnn_voxsrc2020"
SETTINGS = ("train_set=voxceleb2_dev", "copies=[reverb, music]", "model.name=tdnn_c8",
            "train.batch_size=4", "train.accumulate=1")  # fmt: skip

pytestmark = pytest.mark.timeout(600)


def test_from_archives_to_results(
    repository: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = shutil.copytree(shared_archives(tmp_path_factory), tmp_path / "my corpora")
    words = ["bash", str(repository / "run.sh"), "--recipe", RECIPE, "--data-root", str(root)]
    words += ["--partial", "true", "--delete-archives", "true", "--trial-lists", "trials_e_clean"]
    for setting in SETTINGS:
        words += ["--set", setting]
    words += [
        "--data",
        str(tmp_path / "data"),
        "--exp",
        str(tmp_path / "exp"),
        "--epochs",
        "1",
        "--nj",
        "1",
    ]
    words += ["--exp-name", "small"]
    result = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-4000:]
    # What was asked for is unpacked, and only its archives are gone.
    assert [path.name for path in root.glob("*.zip")] == ["vox2_test_aac.zip"]
    assert not [*root.glob("*part*"), *root.glob("*.tar.gz")]
    exp = tmp_path / "exp/voxceleb/small"
    (row,) = json.loads((exp / "results.json").read_text())
    assert (row["trials"], row["scoring"], row["train_set"], row["num_target"]) == (
        "trials_e_clean", "cosine", "voxceleb2_dev", 4)  # fmt: skip
    report = (exp / "RESULTS.md").read_text()
    assert result.stdout == report
    assert (
        "voxceleb2_dev was not whole: 6 of 1,092,009 utterances (0.0005494 %) of 3 of 5,994"
        in report
    )
    assert "Test set voxceleb1 was not whole: 8 of 153,516 utterances" in report
    entries = (tmp_path / "data/voxceleb/voxceleb2_dev/wav.scp").read_text().splitlines()
    assert len(entries) == 6 and all(".m4a" in entry for entry in entries)
