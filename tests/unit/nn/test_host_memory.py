"""Settings of the C library's allocator, in a process of their own: they cannot be taken back."""

import subprocess
import sys

import pytest

from speakernet.nn import host_memory

PROGRAM = """
import resource
from speakernet.nn.host_memory import keep_freed_memory
assert keep_freed_memory()
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for turn in range(3):
    before = faults()
    bytearray(b"x") * (100 << 20)
    print(faults() - before)
"""


def test_freed_memory_is_not_mapped_again() -> None:
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    first, *later = [int(line) for line in run.stdout.split()]
    assert first > 20_000
    assert max(later) < 100


def test_other_c_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ctypes.CDLL", lambda _: object())
    assert not host_memory.keep_freed_memory()
