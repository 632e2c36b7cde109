"""The memory of readers of recordings is measured."""

from collections.abc import Callable


def test_memory_is_printed_early_and_late(run_online: Callable[..., str]) -> None:
    printed = run_online("online_memory", "--num-utts", 40, "--num-crops", 960, "--num-workers", 1)
    assert "| 40 utterances are open after | " in printed
    assert printed.count(" MiB, ") == 3
