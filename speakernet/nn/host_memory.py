"""How the C library hands out memory for tensors on a CPU."""

import ctypes

# malloc.h of glibc.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
_KEEP = ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, -1), (_TOP_PAD, 1 << 28))


def keep_freed_memory() -> bool:
    """Have freed memory reused by the next tensor; return whether the C library can (glibc).

    By default large tensors are mapped when made and unmapped when freed, and the system fills
    every page with zeros each time: up to a third of a training step's CPU time. Afterwards the
    process stays as large as it once was; it cannot be taken back. Meant for steps that repeat the
    same sizes.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return all([mallopt(name, value) == 1 for name, value in _KEEP])
