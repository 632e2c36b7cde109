"""How far a job is: a live bar on a terminal; in a log, every 30 s, a line with the share that is
done and the time left.

    for utterance in progress(utterances, len(names), "utterances"): ...

    with Progress(num_steps, "steps", done=first_step) as steps:
        ...
        steps.describe("loss 3.21")
        steps.advance()
"""

import logging
import time
from collections.abc import Iterable, Iterator
from typing import Self, TypeVar

from tqdm import tqdm

from speakernet.work.logs import LOG_ONLY, bar_width, context, draw_bar

T = TypeVar("T")

logger = logging.getLogger(__name__)

LINE_SECONDS = 30.0
BAR_SECONDS = 0.5
_DESCRIBED_BAR = (
    "{desc}{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}{postfix}]"
)
"""tqdm's, less the speed, whose place the text takes."""


def progress(items: Iterable[T], total: int | None, unit: str) -> Iterator[T]:
    """Yield ``items`` and show how many of ``total`` (None: not known) have been dealt with."""
    with Progress(total, unit) as shown:
        for item in items:
            yield item
            shown.advance()


class Progress:
    """How many of ``total`` things (None: not known) are done; ``done`` of them were before.

    What takes less than 30 s leaves no line in a log.
    """

    def __init__(self, total: int | None, unit: str, *, done: int = 0) -> None:
        self._total, self._unit = total, unit
        self._first = self._done = done
        self._text = ""
        self._has_bar = bar_width() > 0
        self._start = self._logged = self._drawn = time.monotonic()

    def advance(self, count: int = 1) -> None:
        """Say that ``count`` more are done."""
        self._done += count
        now = time.monotonic()
        if self._has_bar and now - self._drawn >= BAR_SECONDS:
            self._drawn = now
            draw_bar(self._bar(now - self._start))
        if now - self._logged >= LINE_SECONDS:
            self._logged = now
            logger.info("%s", self._line(now - self._start), extra={LOG_ONLY: True})

    def describe(self, text: str) -> None:
        """Show ``text`` behind the numbers from now on."""
        self._text = text

    def close(self) -> None:
        """Take the bar away; what took long gets a last line."""
        if self._has_bar:
            draw_bar("")
        seconds = time.monotonic() - self._start
        if seconds >= LINE_SECONDS:
            logger.info("%s in %s%s", self._count(), duration(seconds), self._described())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _line(self, seconds: float) -> str:
        speed = (self._done - self._first) / seconds if seconds else 0.0
        if self._total is None or not speed:
            return f"{self._count()}, {speed:.3g} a second{self._described()}"
        share = 100 * self._done / max(1, self._total)
        left = duration(max(0, self._total - self._done) / speed)
        return f"{self._count()} ({share:.0f} %), {left} left{self._described()}"

    def _count(self) -> str:
        total = "" if self._total is None else f" of {self._total}"
        return f"{self._done}{total} {self._unit}"

    def _described(self) -> str:
        return f"; {self._text}" if self._text else ""

    def _bar(self, seconds: float) -> str:
        return str(
            tqdm.format_meter(
                self._done,
                self._total,
                seconds,
                ncols=bar_width() - 1,
                prefix=context().partition(",")[0],
                unit=f" {self._unit}",
                postfix=self._text,
                initial=self._first,
                bar_format=_DESCRIBED_BAR if self._text and self._total else None,
            )
        )


def duration(seconds: float) -> str:
    """Return ``seconds`` as one reads them: 48 s, 12 min, 3.2 h."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 100 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
