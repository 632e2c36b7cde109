import errno
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor

from speakernet.arrays import UInt64
from speakernet.config import UserError
from speakernet.data.config import DataConfig
from speakernet.data.feature_crops import FeatureCrops
from speakernet.data.index import read_utterance_index
from speakernet.data.loader import BatchLayout, MicroBatchDataset, iter_micro_batches
from speakernet.data.orders import Permutation, Stream
from tests.training.corpus import write_features


class BrokenCrops:
    """Crops whose reading ends badly."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def prefetch(self, rows: npt.NDArray[np.integer]) -> None:
        """Do nothing."""

    def batch(self, rows: npt.NDArray[np.integer], keys: UInt64) -> Tensor:
        """Fail, or die."""
        if self.kind == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.kind == "hang up":
            return cast(Tensor, HangingUp())
        if self.kind == "foresee nothing":
            raise OverflowError("too many")
        raise UserError("a.ark:17: the ark ends within a matrix")


class HangingUp:
    """A batch that is cut off on its way, a moment before its worker dies."""

    def __reduce__(self) -> tuple[Callable[[int], None], tuple[int]]:
        return _hang_up, (os.getpid(),)


def _hang_up(worker: int) -> None:
    threading.Timer(0.3, os.kill, (worker, signal.SIGKILL)).start()
    raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")


def batches_of(
    folder: Path, layout: BatchLayout, crops: BrokenCrops | None = None
) -> MicroBatchDataset:
    speakers = read_utterance_index(folder)
    rows = np.arange(len(speakers))
    source = crops or FeatureCrops(folder, speakers, DataConfig(num_frames=40))
    stream = Stream(Permutation(len(rows), seed=3))
    return MicroBatchDataset(source, rows, speakers.labels, stream, layout, seed=3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_features(tmp_path_factory.mktemp("loader") / "data")


def read(
    folder: Path, layout: BatchLayout, workers: int, numbers: range
) -> list[tuple[Tensor, Tensor]]:
    config = DataConfig(num_workers=workers)
    return [tuple(b) for b in iter_micro_batches(batches_of(folder, layout), numbers, config)]  # type: ignore[misc]


def test_batches_do_not_depend_on_the_number_of_workers(folder: Path) -> None:
    alone = read(folder, BatchLayout(6), 0, range(20))
    for workers in (1, 2):
        for (x, labels), (y, others) in zip(
            alone, read(folder, BatchLayout(6), workers, range(20)), strict=True
        ):
            assert torch.equal(x, y) and torch.equal(labels, others)


def test_entering_in_the_middle_gives_the_same_batches(folder: Path) -> None:
    whole, rest = (
        read(folder, BatchLayout(6), 0, range(20)),
        read(folder, BatchLayout(6), 1, range(13, 20)),
    )
    assert all(torch.equal(x, y) for (x, _), (y, _) in zip(whole[13:], rest, strict=True))


def test_ranks_together_read_the_global_batch(folder: Path) -> None:
    whole = read(folder, BatchLayout(12), 0, range(3))
    parts = [read(folder, BatchLayout(3, 2, 2, rank), 0, range(6)) for rank in range(2)]
    for update, (inputs, labels) in enumerate(whole):
        pieces = [parts[rank][2 * update + micro] for micro in range(2) for rank in range(2)]
        assert torch.equal(torch.cat([x for x, _ in pieces]), inputs)
        assert torch.equal(torch.cat([y for _, y in pieces]), labels)


@pytest.mark.parametrize("workers", [0, 2])
def test_an_error_in_a_worker_arrives_as_it_was(folder: Path, workers: int) -> None:
    batches = batches_of(folder, BatchLayout(4), BrokenCrops("raise"))
    with pytest.raises(UserError) as caught:
        next(iter_micro_batches(batches, range(5), DataConfig(num_workers=workers)))
    assert str(caught.value) == "a.ark:17: the ark ends within a matrix"


@pytest.mark.parametrize("workers", [0, 1])
def test_an_error_that_nobody_foresaw_has_no_traceback_of_a_worker(
    folder: Path, workers: int
) -> None:
    batches = batches_of(folder, BatchLayout(4), BrokenCrops("foresee nothing"))
    with pytest.raises(OverflowError, match="^too many$"):
        next(iter_micro_batches(batches, range(5), DataConfig(num_workers=workers)))


def test_shared_memory_that_is_full_is_named_with_a_remedy(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(num_bytes: int) -> None:
        raise RuntimeError(f"unable to allocate {num_bytes}: No space left on device (28)")

    monkeypatch.setattr(torch.UntypedStorage, "_new_shared", no_room)
    with pytest.raises(UserError, match=r"^/dev/shm has no room for .* data\.num_workers=0$"):
        read(folder, BatchLayout(6), 1, range(3))


@pytest.mark.parametrize(("kind", "reason"), [("die", "worker"), ("hang up", "reset by peer")])
def test_a_worker_that_dies_ends_the_run(folder: Path, kind: str, reason: str) -> None:
    batches = batches_of(folder, BatchLayout(4), BrokenCrops(kind))
    with pytest.raises(UserError, match=f"a data loading worker process died: .*{reason}"):
        next(iter_micro_batches(batches, range(5), DataConfig(num_workers=1)))


def test_files_and_memory_do_not_grow(folder: Path) -> None:
    stream = iter_micro_batches(
        batches_of(folder, BatchLayout(8)), range(300), DataConfig(num_workers=1)
    )
    next(stream)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(250):
        next(stream)
    assert len(os.listdir("/proc/self/fd")) <= before + 8
