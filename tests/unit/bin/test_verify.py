"""speakernet verify: a decision in words, in JSON, and as a status that no error shares."""

import json
from pathlib import Path
from shutil import copytree

import pytest

from speakernet.bin import verify
from speakernet.bin.options.program import status_of
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
    capsys.readouterr()
    assert verify.main([package, one, other, "--threshold", "-1000"]) == 0
    text = capsys.readouterr().out
    assert text.count("(same speaker from -1000 on)\ncosine") == 1 and "prior" not in text
    words = [package, one, other, "--threshold", "-1000", "--json", "true"]
    assert verify.main(words) == 0
    result = json.loads(capsys.readouterr().out)
    assert (result["prior"], result["threshold"]) == (None, -1000)


def test_without_a_calibration_a_threshold_decides(made: Path, tmp_path: Path) -> None:
    package = Path(copytree(made / "package", tmp_path / "package"))
    path = package / "model.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"calibration": None}))
    words = [str(package), *(str(made / "data" / f"{name}.wav") for name in ("s4-1", "s4-3"))]
    with pytest.raises(UserError, match="no calibration; expected --threshold X, the least asnorm"):
        verify.main(words)
    assert verify.main([*words, "--threshold", "1e3"]) == 1


def test_an_error_is_neither_same_nor_different(made: Path) -> None:
    for words in (["nowhere.wav", "nowhere.wav"], ["one.wav"], ["a", "b", "--prior", "2"]):
        with pytest.raises(UserError) as raised:
            verify.main([str(made / "package"), *words])
        assert status_of(raised.value) == 2
