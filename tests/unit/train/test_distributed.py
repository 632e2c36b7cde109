"""Joining the other processes: what cannot work is refused."""

import pytest
import torch

from speakernet.config import UserError
from speakernet.train.distributed import init_distributed


def test_more_processes_than_gpus_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    for name, value in {"WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 2, "RANK": 0, "LOCAL_RANK": 0}.items():
        monkeypatch.setenv(name, str(value))
    with pytest.raises(UserError, match="2 processes on this machine, but 1 GPUs"):
        init_distributed(num_threads=1)
