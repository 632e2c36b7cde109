"""An update's surroundings: advice where memory ends, what needs GPUs. Updates: test_step.py."""

import pytest
import torch

from speakernet.config import UserError
from speakernet.train.config import TrainConfig
from speakernet.train.update import explain_out_of_memory


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried\nto allocate"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried\nto allocate"),
        RuntimeError("CUDNN_STATUS_ALLOC_FAILED\nmore"),
    ],
)
def test_out_of_memory_is_answered_with_advice(error: RuntimeError) -> None:
    with (
        pytest.raises(UserError) as caught,
        explain_out_of_memory(TrainConfig(batch_size=32, accumulate=4)),
    ):
        raise error
    text = str(caught.value)
    assert f"out of memory at train.batch_size=32 ({str(error).splitlines()[0]}); try" in text
    assert "train.batch_size=16 with train.accumulate=8" in text and "\n" not in text


def test_half_of_one_utterance_is_one() -> None:
    with (
        pytest.raises(UserError, match=r"try train\.batch_size=1 with"),
        explain_out_of_memory(TrainConfig(batch_size=1, batch_norm="frozen")),
    ):
        raise torch.OutOfMemoryError("CUDA out of memory")


@pytest.mark.parametrize("error", [RuntimeError("shapes do not fit"), ValueError("out of memory")])
def test_other_errors_stay_what_they_are(error: Exception) -> None:
    with pytest.raises(type(error), match=str(error)), explain_out_of_memory(TrainConfig()):
        raise error
