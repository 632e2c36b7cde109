"""Progress: what a log says and when, what a terminal shows, and that items pass unchanged."""

import logging
import os
import pty
import subprocess
import sys
from collections.abc import Iterator

import pytest

from speakernet.work import progress as module
from speakernet.work.progress import Progress, duration, progress


class Clock:
    """Time that passes only when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    monkeypatch.delenv("SPEAKERNET_BAR_WIDTH", raising=False)
    return clock


def slowly(clock: Clock, count: int, seconds: float) -> Iterator[int]:
    for number in range(count):
        clock.now += seconds
        yield number


def test_a_log_has_a_line_every_30_s_and_one_in_the_end(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert list(progress(slowly(clock, 50, 1.5), 50, "files")) == list(range(50))
    assert caplog.messages == [
        "20 of 50 files (40 %), 45 s left",
        "40 of 50 files (80 %), 15 s left",
        "50 of 50 files in 75 s",
    ]


def test_an_unknown_total_has_a_speed(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert len(list(progress(slowly(clock, 10, 4), None, "files"))) == 10
    assert caplog.messages == ["8 files, 0.25 a second", "10 files in 40 s"]


def test_what_is_short_says_nothing(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert len(list(progress(slowly(clock, 29, 1), 29, "files"))) == 29
    assert caplog.messages == []


def test_time_left_counts_only_what_was_done_now(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with Progress(1000, "steps", done=900) as steps:
        clock.now += 40
        steps.describe("loss 3.21")
        steps.advance(20)
    assert caplog.messages == [
        "920 of 1000 steps (92 %), 3 min left; loss 3.21",
        "920 of 1000 steps in 40 s; loss 3.21",
    ]


def test_a_broken_loop_says_how_far_it_came(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with pytest.raises(ZeroDivisionError):
        for number in progress(slowly(clock, 9, 20), 9, "files"):
            1 / (number - 2)
    assert caplog.messages[-1] == "2 of 9 files in 60 s"


PROGRAM = """
import logging, time
from speakernet.work import progress
from speakernet.work.logs import set_up_logging
set_up_logging("program")
progress.BAR_SECONDS = progress.LINE_SECONDS = 0
for number in progress.progress(range(3), 3, "files"):
    if number == 1:
        logging.getLogger("x").warning("odd")
"""


def test_a_terminal_has_a_bar_that_lines_do_not_garble() -> None:
    reading, writing = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "SPEAKERNET_STAGE": "3 features"}
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, stderr=writing, env=environment)
    os.close(writing)
    shown = os.read(reading, 100_000).decode()
    os.close(reading)
    rows = [row.rsplit("\r\x1b[K", 1)[-1] for row in shown.split("\r\n")]
    assert rows[0].endswith("stage 3 features: warning: odd")
    assert rows[1].endswith("stage 3 features: 3 of 3 files in 0 s") and rows[2:] == [""]
    assert "stage 3 features:  33%|" in shown and "| 3/3 [" in shown
    assert "left" not in shown


def test_a_reader_that_shows_bars_gets_them_as_lines_apart() -> None:
    environment = {**os.environ, "SPEAKERNET_BAR_WIDTH": "60"}
    command = [sys.executable, "-c", PROGRAM]
    output = subprocess.run(command, check=True, capture_output=True, env=environment).stderr
    lines = output.decode().split("\n")
    bars = [text for text in lines if text.startswith("\r")]
    assert len(bars) == 4 and bars[-1] == "\r" and all(len(bar) <= 60 for bar in bars)
    logged = [text for text in lines if not text.startswith("\r")]
    assert [text.endswith("\r") for text in logged] == [True, False, True, True, False, False]
    assert " 1 of 3 files (33 %), 0 s left\r" in logged[0] and "warning: odd" in logged[1]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (99.2, "99 s"), (600, "10 min"), (3 * 3600, "3.0 h")]
)
def test_durations_are_readable(seconds: float, text: str) -> None:
    assert duration(seconds) == text
