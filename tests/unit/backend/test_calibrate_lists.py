"""speakernet calibrate: score files in, log-likelihood ratios and maps out."""

from pathlib import Path

import numpy as np
import pytest

from speakernet.backend.quality import write_quality
from speakernet.bin.calibrate import main
from speakernet.config import UserError
from speakernet.kaldi.scores import read_scores, write_scores
from speakernet.kaldi.trials import Trials, read_trials, write_trials
from speakernet.metrics.cllr import cllr, min_cllr
from tests.unit.backend.gaussian_scores import gaussians


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    """Return train and test folders with trials and two kinds of scores."""
    for side, seed in (("train", 0), ("test", 1)):
        scores, labels = gaussians(seed, 300)
        names = [f"{side}{i}" for i in range(600)]
        trials = Trials(names, [*names[1:], names[0]], labels)
        (tmp_path / side).mkdir()
        write_trials(tmp_path / side / "trials", trials)
        write_scores(tmp_path / side / "trials.cosine", trials, 5 * scores - 3)
        write_scores(tmp_path / side / "trials.asnorm", trials, scores + 9)
        norms = np.random.default_rng(10 + seed).normal(10, 1, 600)
        write_quality(tmp_path / side / "utt2norm", dict(zip(names, norms.tolist(), strict=True)))
    return [str(tmp_path / "train"), str(tmp_path / "test")]


def test_program(folders: list[str], tmp_path: Path) -> None:
    path = tmp_path / "test" / "trials"
    quality = ["--train-quality-tables", f"{folders[0]}/utt2norm",
               "--quality-tables", f"{folders[1]}/utt2norm"]  # fmt: skip
    arguments = [folders[0], str(path), folders[1]]
    assert main(arguments) == 0
    assert main([*arguments, "--fuse", "true", *quality]) == 0
    trials = read_trials(path)
    for kind in ("cosine_calibrated", "asnorm_calibrated", "fused_qmf"):
        llrs = read_scores(path.with_name(f"trials.{kind}"), trials)
        assert cllr(llrs, trials.is_target) - min_cllr(llrs, trials.is_target) < 0.06
        assert '"offset"' in path.with_name(f"{kind}.json").read_text()


def test_program_refuses_to_train_on_the_test(folders: list[str], tmp_path: Path) -> None:
    path = str(tmp_path / "test" / "trials")
    with pytest.raises(UserError, match="is also in the test trials"):
        main([folders[1], path, folders[1]])
    for side in ("train", "test"):
        table = "".join(f"{side}{i} s{i % 7}\n" for i in range(600))
        (tmp_path / f"{side}_utt2spk").write_text(table)
    tables = ["--train-utt2spk", str(tmp_path / "train_utt2spk"),
              "--utt2spk", str(tmp_path / "test_utt2spk")]  # fmt: skip
    with pytest.raises(UserError, match="'s0' is also in the test trials"):
        main([folders[0], path, folders[1], *tables])
    with pytest.raises(UserError, match="as many --quality-tables"):
        main([folders[0], path, folders[1], "--quality-tables", f"{folders[1]}/utt2norm"])
