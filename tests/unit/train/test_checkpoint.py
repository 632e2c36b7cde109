"""Which checkpoints are kept, found and trusted."""

import os
from pathlib import Path
from typing import Any

import pytest
import torch

from speakernet.config import UserError
from speakernet.train.checkpoint import CheckpointDir


def state_of(step: int) -> dict[str, Any]:
    return {"model": {"w": torch.full((3,), float(step))}, "step": step}


def names(checkpoints: CheckpointDir) -> list[str]:
    return sorted(path.name for path in checkpoints.path.iterdir())


@pytest.fixture
def checkpoints(tmp_path: Path) -> CheckpointDir:
    found = CheckpointDir(tmp_path / "a/exp", keep=2)
    found.prepare()
    return found


def test_the_first_and_the_last_epochs_stay(checkpoints: CheckpointDir) -> None:
    for epoch in range(5):
        path = checkpoints.save_epoch(epoch, state_of(epoch))
        assert path.name == f"epoch-{epoch:03d}.pt"
    assert names(checkpoints) == ["epoch-000.pt", "epoch-003.pt", "epoch-004.pt"]
    assert [path.name for path in checkpoints.epochs()] == ["epoch-003.pt", "epoch-004.pt"]


def test_two_within_an_epoch_stay_until_it_ends(checkpoints: CheckpointDir) -> None:
    checkpoints.save_epoch(1, state_of(10))
    for step in (12, 14, 1_000_000):
        checkpoints.save_step(step, state_of(step))
    assert names(checkpoints) == ["epoch-001.pt", "step-00000014.pt", "step-01000000.pt"]
    checkpoints.save_epoch(2, state_of(20))
    assert names(checkpoints) == ["epoch-001.pt", "epoch-002.pt"]


def test_the_newest_that_is_whole_is_found(
    checkpoints: CheckpointDir, caplog: pytest.LogCaptureFixture
) -> None:
    assert checkpoints.newest() is None
    for epoch in (1, 2):
        checkpoints.save_epoch(epoch, state_of(10 * epoch))
    path = checkpoints.save_step(24, state_of(24))
    found = checkpoints.newest()
    assert found is not None and (found[0], found[1]["step"]) == (path, 24)
    content = bytearray(path.read_bytes())
    content[content.index(b"PK", 4) - 40] ^= 1
    path.write_bytes(content)
    (checkpoints.path / "epoch-002.pt").write_bytes(b"")
    found = checkpoints.newest()
    assert found is not None and found[1]["step"] == 10
    assert sum("skipping a checkpoint" in message for message in caplog.messages) == 2


def test_a_second_name_stays_when_the_first_goes(checkpoints: CheckpointDir) -> None:
    first = checkpoints.save_epoch(1, state_of(1))
    checkpoints.link(first, "best.pt")
    assert os.path.samefile(first, checkpoints.path / "best.pt")
    for epoch in (2, 3):
        checkpoints.save_epoch(epoch, state_of(epoch))
    assert torch.load(checkpoints.path / "best.pt")["step"] == 1
    checkpoints.link(checkpoints.path / "epoch-003.pt", "best.pt")
    assert torch.load(checkpoints.path / "best.pt")["step"] == 3
    assert names(checkpoints) == ["best.pt", "epoch-002.pt", "epoch-003.pt"]


def test_other_names_are_no_state_to_go_on_from(checkpoints: CheckpointDir) -> None:
    path = checkpoints.save_epoch(1, state_of(1))
    for name in ("final.pt", "best.pt", "mine.pt"):
        checkpoints.link(path, name)
    path.unlink()
    assert checkpoints.newest() is None and checkpoints.epochs() == []


def test_what_an_interrupted_write_left_goes(checkpoints: CheckpointDir) -> None:
    path = checkpoints.save_epoch(1, state_of(1))
    leftover = checkpoints.path / f"epoch-002.pt.{os.uname().nodename}-999999999-0.tmp"
    leftover.write_bytes(b"half")
    checkpoints.prepare()
    assert names(checkpoints) == [path.name]


def test_a_disk_that_is_full(checkpoints: CheckpointDir, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    checkpoints.save_epoch(1, state_of(1))
    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(UserError) as caught:
        checkpoints.save_epoch(2, state_of(2))
    path = checkpoints.path / "epoch-002.pt"
    assert str(caught.value) == (
        f"{path}: cannot be written: No space left on device; free some space; "
        "earlier checkpoints are untouched"
    )
    assert names(checkpoints) == ["epoch-001.pt"]


def test_a_training_does_not_start_over_beside_checkpoints_that_are_all_damaged(
    checkpoints: CheckpointDir,
) -> None:
    assert checkpoints.newest() is None
    for epoch in range(2):
        os.truncate(checkpoints.save_epoch(epoch, state_of(epoch)), 700)
    with pytest.raises(UserError, match="none of 2 checkpoints can be read"):
        checkpoints.newest()
    assert names(checkpoints) == ["epoch-000.pt", "epoch-001.pt"]
