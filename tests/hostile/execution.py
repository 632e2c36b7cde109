"""Commands in forked children of this process, which has imported everything that they import.

Starting Python and importing torch would take longer than almost every command here runs.
"""

import ctypes
import functools
import gc
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from io import FileIO, TextIOWrapper
from pathlib import Path
from shutil import copytree, rmtree
from typing import NoReturn

from tests.hostile.judge import MAX_BYTES, MAX_SECONDS, Outcome

_MAX_FILE_BYTES = 1 << 30
_NEW_MOUNTS, _NEW_USER, _BIND, _RECURSIVE, _PRIVATE = 0x20000, 0x10000000, 4096, 16384, 1 << 18
_MOUNT_SETATTR, _HERE, _ALL_BELOW, _READ_ONLY = 442, -100, 0x8000, 1


@dataclass(frozen=True)
class Job:
    """What to run in a sandbox: ``prepare`` changes it before, ``products`` are looked for after.

    ``main`` is called in the child; its return value is the status.
    """

    main: Callable[[], int]
    prepare: Callable[[], None]
    products: tuple[str, ...] = ()


class Sandbox:
    """A copy of the world with special files, and what is in it before and after."""

    def __init__(self, world: Path, folder: Path) -> None:
        copytree(world, folder, symlinks=True)
        self.folder = folder
        os.mkfifo(folder / "fifo")
        for name, target in {"endless": "/dev/zero", "full": "/dev/full", "loop": "loop"}.items():
            (folder / name).symlink_to(target)
        (folder / "tmpdir").mkdir()
        self._output = Path(f"{folder}.output")
        self._output.mkdir()
        self.before: dict[str, tuple[int, int]] = {}

    def path(self, stream: str) -> Path:
        """Return the file of ``stdout`` or ``stderr``."""
        return self._output / stream

    def snapshot(self) -> dict[str, tuple[int, int]]:
        """Return size and time of every file, by relative path."""
        found = {}
        for folder, _, names in os.walk(self.folder):
            for name in names:
                path = os.path.join(folder, name)
                status = os.lstat(path)
                found[os.path.relpath(path, self.folder)] = (status.st_size, status.st_mtime_ns)
        return found

    def remove(self) -> None:
        """Remove everything."""
        rmtree(self.folder, ignore_errors=True)
        rmtree(self._output, ignore_errors=True)


class Process:
    """A job that runs in a child with a session of its own."""

    def __init__(self, job: Job, sandbox: Sandbox) -> None:
        self._job, self._sandbox = job, sandbox
        _inside(sandbox.folder, job.prepare)
        sandbox.before = sandbox.snapshot()
        self._seconds, self._polled = 0.0, time.monotonic()
        self._inherited_bytes = memory_bytes(resident=True)
        self.pid = os.fork()
        if self.pid == 0:
            _become(job, sandbox)

    def poll(self) -> Outcome | None:
        """Return the outcome if the child has ended; end it when its time is over."""
        seconds = self._age()
        if seconds > MAX_SECONDS:
            os.killpg(self.pid, signal.SIGKILL)
        pid, status, usage = os.wait4(self.pid, 0 if seconds > MAX_SECONDS else os.WNOHANG)
        if not pid:
            return None
        peak_bytes = max(0, usage.ru_maxrss * 1024 - self._inherited_bytes)
        return self._outcome(os.waitstatus_to_exitcode(status), seconds, peak_bytes)

    def _age(self) -> float:
        """Return the seconds since the start, as if no other work kept the processors busy."""
        now = time.monotonic()
        self._seconds += (now - self._polled) / max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
        self._polled = now
        return self._seconds

    def _outcome(self, status: int, seconds: float, peak_bytes: int) -> Outcome:
        survivors = _end_session(self.pid)
        before, after = self._sandbox.before, self._sandbox.snapshot()
        missing = [p for p in self._job.products if not (self._sandbox.folder / p).exists()]
        return Outcome(
            status,
            self._sandbox.path("stdout").read_text(errors="replace"),
            self._sandbox.path("stderr").read_text(errors="replace"),
            seconds,
            peak_bytes,
            frozenset(after.keys() - before.keys()),
            frozenset(path for path in before if path in after and after[path] != before[path]),
            tuple(missing),
            survivors,
        )


def run_all(jobs: Iterable[tuple[Job, Sandbox]], num_jobs: int) -> Iterable[tuple[int, Outcome]]:
    """Yield (number, outcome) as the jobs end, ``num_jobs`` of them at a time."""
    waiting = enumerate(jobs)
    running: dict[int, Process] = {}
    while True:
        while len(running) < num_jobs and (following := next(waiting, None)) is not None:
            number, (job, sandbox) = following
            running[number] = Process(job, sandbox)
        if not running:
            return
        for number, process in list(running.items()):
            if (outcome := process.poll()) is not None:
                del running[number]
                yield number, outcome
        time.sleep(0.005)


def can_protect() -> bool:
    """Return whether ``protect_files`` can do what it says, tried in a child."""
    child = os.fork()
    if child == 0:
        with tempfile.TemporaryDirectory() as folder:
            os._exit(0 if protect_files(Path(folder)) else 1)
    return os.waitpid(child, 0)[1] == 0


def protect_files(folder: Path) -> bool:
    """Make all files but those below ``folder`` read-only for this process and its children.

    Returns whether that was possible: it takes Linux 5.12 and the right to a user namespace, or
    that of root to mount.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()

    def mount(path: bytes, flags: int) -> bool:
        return libc.mount(path, path, None, ctypes.c_ulong(flags), None) == 0

    def allow(path: bytes, flags: int, set_: int, clear: int) -> bool:
        change = (ctypes.c_uint64 * 4)(set_, clear, 0, 0)
        size = ctypes.c_size_t(ctypes.sizeof(change))
        return libc.syscall(_MOUNT_SETATTR, _HERE, path, flags, change, size) == 0

    if libc.unshare(_NEW_MOUNTS | (_NEW_USER if user else 0)) != 0:
        return False
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    path = os.fsencode(folder)
    return (
        mount(b"/", _RECURSIVE | _PRIVATE)
        and mount(path, _BIND)
        and allow(b"/", _ALL_BELOW, _READ_ONLY, 0)
        and allow(path, 0, 0, _READ_ONLY)
        and (allow(b"/dev/shm", 0, 0, _READ_ONLY) or not os.path.ismount("/dev/shm"))
    )


def forget_cached() -> None:
    """Empty the caches of the package: they know files of the world by names that copies share."""
    for item in gc.get_objects():
        is_cache = type(item) is functools._lru_cache_wrapper
        if is_cache and item.__module__.startswith("speakernet"):
            item.cache_clear()


def _inside(folder: Path, action: Callable[[], None]) -> None:
    here = Path.cwd()
    os.chdir(folder)
    try:
        action()
    finally:
        os.chdir(here)


def _end_session(leader: int) -> bool:
    """End what is left of the child's session; returns whether anything stayed for a second."""
    for _ in range(20):
        try:
            os.killpg(leader, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.05)
    if not _is_alive(leader):
        return False
    os.killpg(leader, signal.SIGKILL)
    return True


def _is_alive(leader: int) -> bool:
    """Whether any process of a group runs; one that has ended may wait for init to notice."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, group = path.read_text().rpartition(") ")[2].split()[:3]
            if int(group) == leader and state != "Z":
                return True
    return False


def _become(job: Job, sandbox: Sandbox) -> NoReturn:
    """Run the job in this process, which is the child, and leave as Python would."""
    status = 1
    try:
        os.setsid()
        os.chdir(sandbox.folder)
        _redirect(sandbox)
        _limit()
        status = _status_of(job.main)
        _leave_multiprocessing()
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:
                status = 120
        os._exit(status if status in range(256) else 1)


def _status_of(main: Callable[[], int]) -> int:
    try:
        return main()
    except SystemExit as leaving:
        if leaving.code is None or isinstance(leaving.code, int):
            return leaving.code or 0
        print(leaving.code, file=sys.stderr)
        return 1


def _leave_multiprocessing() -> None:
    from multiprocessing import util

    util._exit_function()  # type: ignore[attr-defined]


def _redirect(sandbox: Sandbox) -> None:
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(sandbox.path(name), os.O_WRONLY | os.O_CREAT), number)
    sys.stdout = TextIOWrapper(FileIO(1, "w", closefd=False))
    error = FileIO(2, "w", closefd=False)
    sys.stderr = TextIOWrapper(error, errors="backslashreplace", line_buffering=True)
    tempfile.tempdir = None
    os.environ["TMPDIR"] = str(sandbox.folder / "tmpdir")


def memory_bytes(*, resident: bool) -> int:
    """Return the size of this process: its address space, or only what is in memory."""
    pages = Path("/proc/self/statm").read_text().split()
    return int(pages[1 if resident else 0]) * resource.getpagesize()


def _limit() -> None:
    limit = memory_bytes(resident=False) + MAX_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MAX_FILE_BYTES, _MAX_FILE_BYTES))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
