"""When a function is called, recorded or replayed: with stand-ins, as no GPU is at hand."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
import torch
from torch import Tensor

from speakernet.train.cuda_graph import GraphedFunction


class Accumulator:
    """A function to record: adds its argument to ``total``, unless it is being recorded."""

    def __init__(self) -> None:
        self.total = torch.zeros(3)
        self.recording = False
        self.calls = 0

    def __call__(self, x: Tensor) -> None:
        """Add ``x``, or note the call if it is recorded."""
        self.calls += 1
        if not self.recording:
            self.total += x.sum() if x.shape != self.total.shape else x


class Device:
    """Stands for torch.cuda: streams do nothing, a replay calls the function on the kept inputs."""

    def __init__(
        self, function: Accumulator, failure: str | None = None, excess: float = 0
    ) -> None:
        self.function = function
        self.failure = failure
        self.excess = excess
        self.graphed = GraphedFunction(function, [function.total])
        self.num_replays = 0

    @contextmanager
    def record(self, graph: Any, stream: Any, **_: Any) -> Iterator[None]:
        """Stand for ``torch.cuda.graph``, which keeps its stream if it fails."""
        self.function.recording = True
        previous = torch.cuda.current_stream()
        torch.cuda.set_stream(stream)
        try:
            yield
        finally:
            self.function.recording = False
        if self.failure is not None:
            raise RuntimeError(self.failure)
        torch.cuda.set_stream(previous)

    def replay(self) -> None:
        """Stand for a graph's replay."""
        self.num_replays += 1
        self.function(*self.graphed._inputs)
        self.function.total += self.excess


class NoStream:
    """A stream."""

    def wait_stream(self, _: "NoStream") -> None:
        """Do not wait."""


@pytest.fixture(autouse=True)
def streams(monkeypatch: pytest.MonkeyPatch) -> list[NoStream]:
    """Replace streams; return those in use so far, the present one at the end."""
    used = [NoStream()]
    monkeypatch.setattr(torch.cuda, "Stream", NoStream)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda: used[-1])
    monkeypatch.setattr(torch.cuda, "set_stream", used.append)
    monkeypatch.setattr(torch.cuda, "stream", lambda _: nullcontext())
    return used


def run(monkeypatch: pytest.MonkeyPatch, inputs: list[Tensor], **wrong: Any) -> Device:
    """Call a graphed accumulator with ``inputs`` one after the other."""
    device = Device(Accumulator(), **wrong)
    monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: device)
    monkeypatch.setattr(torch.cuda, "graph", device.record)
    for x in inputs:
        device.graphed(x)
    return device


def test_every_call_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = [torch.full((3,), float(i)) for i in range(8)]
    device = run(monkeypatch, inputs)
    torch.testing.assert_close(device.function.total, torch.stack(inputs).sum(dim=0))
    assert device.num_replays == 5
    assert device.function.calls == 8 + 2  # and once recorded, once compared


def test_arguments_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    x = torch.ones(3)
    device = Device(Accumulator())
    monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: device)
    monkeypatch.setattr(torch.cuda, "graph", device.record)
    for _ in range(6):
        device.graphed(x)
        x += 1
    assert device.function.total.tolist() == [21.0] * 3


def test_another_shape_is_computed_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = [torch.ones(3)] * 5 + [torch.ones(2)] + [torch.ones(3)]
    device = run(monkeypatch, inputs)
    assert device.function.total.tolist() == [5 + 2 + 1] * 3
    assert device.num_replays == 3


def test_a_failed_recording_is_said_once_and_nothing_is_lost(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    streams: list[NoStream],
) -> None:
    device = run(monkeypatch, [torch.ones(3)] * 7, failure="operation not permitted\nmore")
    assert device.function.total.tolist() == [7.0] * 3
    assert device.num_replays == 0
    (record,) = caplog.records
    assert record.getMessage().endswith("it will be slower: operation not permitted")
    assert streams[-1] is streams[0]


def test_a_recording_that_computes_something_else_is_said_once_and_not_used(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    device = run(monkeypatch, [torch.ones(3)] * 7, excess=0.5)
    assert device.function.total.tolist() == [7.0] * 3
    assert device.num_replays == 1
    (record,) = caplog.records
    assert "gives other results" in record.getMessage()


def test_a_recording_waits_until_values_are_finite(monkeypatch: pytest.MonkeyPatch) -> None:
    device = run(monkeypatch, [torch.ones(3)] * 3 + [torch.full((3,), torch.inf)])
    device.function.total.zero_()
    assert device.num_replays == 0
    for _ in range(3):
        device.graphed(torch.ones(3))
    assert device.function.total.tolist() == [3.0] * 3
    assert device.num_replays == 3


def test_a_failure_without_words_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run(monkeypatch, [torch.ones(3)] * 5, failure="")
    assert caplog.messages[0].endswith("it will be slower: RuntimeError")
