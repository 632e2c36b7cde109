"""speakernet verify: a decision in words, in JSON, and as a status that no error shares."""

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

from speakernet.bin import verify
from speakernet.config import UserError


def test_the_status_is_the_decision(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    package, data = str(made / "package"), made / "data"
    one, same, other = (str(data / f"{name}.wav") for name in ("s0-1", "s0-3", "s1-3"))
    assert verify.main([package, one, same, "--json", "true"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["same"] and result["score_kind"] == "cosine" and result["llr"] > 0
    assert verify.main([package, one, other]) == 1
    text = capsys.readouterr().out
    assert text.startswith("different speakers\nlog-likelihood ratio ") and "asnorm" in text
    assert verify.main([package, one, same, "--prior", "0.0001"]) == 1
    assert verify.main([package, one, other, "--threshold", "-1000"]) == 0


def test_without_a_calibration_a_threshold_decides(made: Path, tmp_path: Path) -> None:
    package = Path(copytree(made / "package", tmp_path / "package"))
    path = package / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"calibration": None}))
    words = [str(package), *(str(made / "data" / f"{name}.wav") for name in ("s4-1", "s4-3"))]
    with pytest.raises(UserError, match="no calibration; expected --threshold X, the least asnorm"):
        verify.main(words)
    assert verify.main([*words, "--threshold", "1e3"]) == 1


def test_an_error_is_neither_same_nor_different(made: Path) -> None:
    words = [str(made / "package"), "nowhere.wav", "nowhere.wav"]
    result = subprocess.run(
        [sys.executable, "-m", "speakernet.bin.cli", "verify", *words],
        env=os.environ | {"PYTHONPATH": os.getcwd()},
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "speakernet verify: error: nowhere.wav: no such file\n"
