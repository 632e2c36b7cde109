"""speakernet plot: every kind of picture, in every format."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from speakernet.bin import plot
from speakernet.config import UserError


@pytest.fixture
def arguments(exp_dir: Path, trials_path: Path) -> list[str]:
    scores = [exp_dir / model / "scores" / "trials.cosine" for model in (".", "untrained")]
    return list(map(str, (trials_path, *scores)))


@pytest.mark.parametrize("kind", ["det", "histogram", "bayes", "calibration"])
def test_plots(arguments: list[str], tmp_path: Path, kind: str) -> None:
    for name in ("p.png", "p.svg"):
        assert plot.main([kind, *arguments, str(tmp_path / name)]) == 0
        assert (tmp_path / name).stat().st_size > 5000


def test_a_home_that_cannot_be_written_is_no_news(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    environment = {**os.environ, "MPLCONFIGDIR": str(tmp_path / "home"), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "speakernet.bin.plot", "bayes", *arguments]
    result = subprocess.run(
        [*command, tmp_path / "p.svg"], env=environment, capture_output=True, text=True
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_names_and_marks(arguments: list[str], tmp_path: Path) -> None:
    options = ["--p-targets", "0.2,0.3", "--names", "trained one", "fresh one"]
    assert plot.main(["det", *arguments, str(tmp_path / "p.svg"), *options]) == 0
    assert plot.main(["det", *arguments, str(tmp_path / "q.svg")]) == 0
    texts = [(tmp_path / name).read_text() for name in ("p.svg", "q.svg")]
    assert ["trained one" in text for text in texts] == [True, False]
    assert ["minDCF(0.3)" in text for text in texts] == [True, False]


@pytest.mark.parametrize(
    ("options", "output", "message"),
    [
        (["--names", "one"], "p.png", "--names: found 1 for 2 score files"),
        ([], "p.bmp", "expected a name that ends in .png, .svg or .pdf"),
        (["--p-targets", "0"], "p.png", "argument --p-targets: found '0'"),
    ],
)
def test_mistakes(
    arguments: list[str], tmp_path: Path, options: list[str], output: str, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        plot.main(["det", *arguments, str(tmp_path / output), *options])
    assert not (tmp_path / output).exists()
