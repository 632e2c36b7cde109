"""The memory of readers of recordings is measured."""

import sys
from pathlib import Path

import pytest

from benchmarks.online_memory import main


def test_memory_is_printed_early_and_late(
    online_work: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--work", online_work, "--rirs", online_work.parent / "RIRS_NOISES"]
    options += ["--num-utts", 40, "--num-crops", 960, "--num-workers", 1]
    monkeypatch.setattr(sys, "argv", ["online_memory", *map(str, options)])
    main()
    printed = capsys.readouterr().out
    assert "| 40 utterances are open after | " in printed
    assert printed.count(" MiB, ") == 3
