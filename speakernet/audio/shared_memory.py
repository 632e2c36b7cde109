"""An anonymous file in memory that processes of one machine share, with a lock for its writers.

The file has no name in any folder: another process opens it as a descriptor of the one that made
it, a forked one inherits it, and it is gone with the last of them, whatever ends them. It lies
neither in /dev/shm nor is it limited by it; its pages count as memory of the machine (or of the
container) once they are written.

Layout: 64-bit words, which every process maps, then bytes, which are read and written by system
calls: where memory has run out, these fail with an error; a mapped page would end the process.
"""

import errno
import fcntl
import mmap
import os
import re
import secrets
import stat
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from speakernet.config import UserError

NUM_HEAD_WORDS = 8
"""Words at the beginning that say what the file is; the others are the owner's, zeros at first."""

_MAGIC = int.from_bytes(b"spkcache")
_ADDRESS = re.compile(r"([1-9][0-9]{0,9}):([0-9]{1,9}):([0-9a-f]{16})")
# A writer that was stopped (SIGSTOP, a debugger) keeps the lock: others do without after this time.
_LOCK_SECONDS = 0.2
_RETRY_SECONDS = 0.0005

# Locks of files belong to processes: this one excludes threads. A fork waits for it, so that no
# child finds it taken by a thread that it does not have.
_THREADS = threading.Lock()
os.register_at_fork(
    before=_THREADS.acquire,
    after_in_parent=_THREADS.release,
    after_in_child=_THREADS.release,
)


class SharedMemory:
    """``words`` (num_words,), 64 bits each, mapped; and ``num_bytes`` bytes behind them.

    A word is loaded and stored as a whole. Memory is taken as bytes are written.
    """

    def __init__(self, descriptor: int, num_words: int, num_bytes: int, address: str) -> None:
        self.num_bytes = num_bytes
        self.address = address
        self._descriptor = descriptor
        self._start = 8 * num_words
        self.words = memoryview(mmap.mmap(descriptor, self._start)).cast("Q")
        weakref.finalize(self, os.close, descriptor).atexit = False

    @classmethod
    def create(cls, num_words: int, num_bytes: int) -> Self:
        """Make a file, all zeros. Raises OSError if the system or a limit forbids it."""
        page = mmap.PAGESIZE // 8
        num_words = -(-(NUM_HEAD_WORDS + num_words) // page) * page
        descriptor = os.memfd_create("speakernet")
        try:
            os.posix_fallocate(descriptor, 0, 8 * num_words)
            os.ftruncate(descriptor, 8 * num_words + num_bytes)
        except OSError:
            os.close(descriptor)
            raise
        token = secrets.randbits(64)
        memory = cls(descriptor, num_words, num_bytes, f"{os.getpid()}:{descriptor}:{token:016x}")
        for place, word in enumerate((_MAGIC, token, num_words, num_bytes)):
            memory.words[place] = word
        return memory

    @classmethod
    def attach(cls, address: str) -> Self:
        """Open the file that ``address`` names: of a process that has it, of the same user.

        Raises UserError if that is no address, OSError if the file is not there (any more).
        """
        match = _ADDRESS.fullmatch(address)
        if match is None:
            raise UserError(
                f"address of a shared cache: found '{address[:80]}'; expected the one that its "
                "maker gives, PROCESS:DESCRIPTOR:TOKEN"
            )
        process, number, token = match.groups()
        flags = os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC
        descriptor = os.open(f"/proc/{process}/fd/{number}", flags)
        try:
            num_words, num_bytes = _read_sizes(descriptor, int(token, 16))
            return cls(descriptor, num_words, num_bytes, address)
        except (OSError, ValueError):
            os.close(descriptor)
            raise

    def read_into(self, buffer: Any, place: int) -> bool:
        """Fill ``buffer`` from byte ``place`` on; return whether there were as many."""
        view = memoryview(buffer)
        return os.preadv(self._descriptor, [view], self._start + place) == view.nbytes

    def write(self, parts: list[Any], place: int) -> bool:
        """Write buffers one after the other from byte ``place`` on; return whether it succeeded.

        Raises OSError if no memory is left.
        """
        total = sum(memoryview(part).nbytes for part in parts)
        return os.pwritev(self._descriptor, parts, self._start + place) == total

    @contextmanager
    def writing(self) -> Iterator[bool]:
        """Context manager: be the only writer; yields False if the lock cannot be had in 0.2 s.

        The system takes the lock from a process that ends, however it ends.
        """
        if not _THREADS.acquire(timeout=_LOCK_SECONDS):
            yield False
            return
        try:
            locked = self._lock()
            try:
                yield locked
            finally:
                if locked:
                    fcntl.lockf(self._descriptor, fcntl.LOCK_UN)
        finally:
            _THREADS.release()

    def _lock(self) -> bool:
        end = time.monotonic() + _LOCK_SECONDS
        while True:
            try:
                fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in (errno.EACCES, errno.EAGAIN) or time.monotonic() > end:
                    return False
                time.sleep(_RETRY_SECONDS)
            else:
                return True


def _read_sizes(descriptor: int, token: int) -> tuple[int, int]:
    """Return the numbers of words and bytes. Raises OSError if it is not the file with ``token``.

    A process number may have been given to another process, whose descriptor is anything.
    """
    status = os.fstat(descriptor)
    if stat.S_ISREG(status.st_mode):
        data = os.pread(descriptor, 32, 0)
        magic, found, num_words, num_bytes = (
            int.from_bytes(data[place : place + 8], sys.byteorder) for place in range(0, 32, 8)
        )
        sizes_fit = 8 * num_words + num_bytes == status.st_size and num_words > NUM_HEAD_WORDS
        if (magic, found) == (_MAGIC, token) and sizes_fit:
            return num_words, num_bytes
    raise FileNotFoundError(errno.ENOENT, "its maker has ended")
