"""speakernet compare-logs: is a training normal?"""

import json
from pathlib import Path

import pytest

from speakernet.bin import compare_logs
from speakernet.config import UserError
from speakernet.report.training_logs import NUM_SHOWN, read_log


def write_log(path: Path, steps: range, moved: float = 0.0) -> Path:
    lines = [{"step": s, "loss": 5 - s / 100 - moved, "accuracy": s / 1000} for s in steps]
    entries = [*lines, {"step": steps[-1], "valid_eer": 0.1}]
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return path


@pytest.mark.parametrize(
    ("moved", "options", "status", "verdict"),
    [
        (0.0, [], 0, "normal"),
        (0.25, [], 0, "normal"),
        (0.4, [], 1, "not normal (tolerance 0.3)"),
        (-0.4, [], 1, "not normal (tolerance 0.3)"),
        (0.4, ["--tolerance", "0.5"], 0, "normal"),
    ],
)
def test_a_log_is_normal_or_not(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    moved: float,
    options: list[str],
    status: int,
    verdict: str,
) -> None:
    ours = write_log(tmp_path / "ours", range(10, 401, 10))
    reference = write_log(tmp_path / "reference", range(10, 501, 10), moved)
    assert compare_logs.main([str(ours), str(reference), *options]) == status
    output = capsys.readouterr().out
    assert output.endswith(f"steps 310 to 400: loss {moved:+.3f}, accuracy +0.000 beside the "
                           f"reference: {verdict}\n")  # fmt: skip
    assert len([line for line in output.splitlines() if line.startswith("| ")]) == 1 + NUM_SHOWN


def test_validation_has_no_loss(tmp_path: Path) -> None:
    log = read_log(write_log(tmp_path / "log", range(5, 11, 5)))
    assert log == {5: {"loss": 4.95, "accuracy": 0.005}, 10: {"loss": 4.9, "accuracy": 0.01}}


def test_what_cannot_be_compared(tmp_path: Path) -> None:
    log = write_log(tmp_path / "log", range(5, 20, 5))
    (tmp_path / "broken").write_text('{"step": 5, "loss": 1.0}\n')
    with pytest.raises(UserError, match=r"broken:1: expected a JSON object of a training log"):
        compare_logs.main([str(log), str(tmp_path / "broken")])
    other = write_log(tmp_path / "other", range(1, 5))
    with pytest.raises(UserError, match="log: has no step in common with"):
        compare_logs.main([str(log), str(other)])
