"""Requests to leave are remembered."""

import os
import signal
from collections.abc import Iterator

import pytest

from speakernet.train.stopping import StopRequest


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """Give pytest its own back."""
    numbers = (signal.SIGTERM, signal.SIGUSR1)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1])
def test_a_signal_is_remembered_and_ends_nothing(number: signal.Signals) -> None:
    stop = StopRequest()
    assert not stop and stop.signal is None
    os.kill(os.getpid(), number)
    assert stop and stop.signal is number
