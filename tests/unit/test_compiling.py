from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from speakernet import compiling


def double(values: np.ndarray) -> None:
    for place in range(len(values)):
        values[place] *= 2


def test_a_compiled_loop_does_what_the_loop_does() -> None:
    loop = compiling.compiled(double)
    assert loop is not None and loop is not double
    values = np.arange(5.0)
    loop(values)
    assert values.tolist() == [0, 2, 4, 6, 8]


def test_without_numba_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "njit", None)
    assert compiling.compiled(double) is None


def test_where_nothing_can_be_kept_it_is_compiled_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def njit(loop: Callable[..., None] | None = None, *, cache: bool = False) -> Any:
        if cache:  # what numba says where neither the source's folder nor the user's can be written
            raise RuntimeError("cannot cache function: no locator available for file")
        return loop

    monkeypatch.setattr(compiling, "njit", njit)
    assert compiling.compiled(double) is double
