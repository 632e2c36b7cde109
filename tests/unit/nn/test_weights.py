"""State dicts that are none, and those that differ."""

import pytest
import torch

from speakernet.nn.weights import is_state, mismatch


@pytest.mark.parametrize(
    "value",
    [
        None,
        [torch.ones(2)],
        {1: torch.ones(2)},
        {"w": 1.0},
        {"w": torch.ones(2).to_sparse()},
        {"w": torch.ones(2, device="meta")},
        {"w": torch.ones(1).expand(1 << 40)},
        {"w": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)},
    ],
)
def test_what_is_no_state_dict(value: object) -> None:
    assert not is_state(value)
    assert is_state({}) and is_state({"w": torch.ones(2), "n": torch.tensor(3)})


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        ({"w": torch.ones(2)}, ""),
        ({}, "lacks 'w'"),
        ({"w": torch.ones(2), "v": torch.ones(2)}, "has an unknown 'v'"),
        ({"w": torch.ones(3)}, "'w' is (3,); expected (2,)"),
        ({"w": torch.ones(2).long()}, "'w' is of torch.int64; expected torch.float32"),
        ({"w": torch.tensor([1.0, float("nan")])}, "'w' has values that are not finite"),
    ],
)
def test_the_first_difference_is_said(found: dict[str, torch.Tensor], problem: str) -> None:
    assert mismatch(found, {"w": torch.zeros(2)}) == problem
