"""Loops for which NumPy has no operation, compiled to machine code."""

from collections.abc import Callable
from typing import Any

njit: Any
try:
    import numba

    njit = numba.njit
except ImportError:  # a machine that was given only what a GPU needs: slower, the same numbers
    njit = None


def compiled(loop: Callable[..., None]) -> Callable[..., None] | None:
    """Return ``loop`` compiled at its first call for each kind of arguments; None without Numba.

    What was compiled is kept beside the source file or in the user's cache for the next process.
    """
    if njit is None:
        return None
    result: Any
    try:
        result = njit(cache=True)(loop)
    except RuntimeError:  # neither place can be written
        result = njit(loop)
    return result
