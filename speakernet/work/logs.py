"""What programs say on stderr, in the form of ``log`` and ``die`` in utils/common.sh.

    2026-11-28 12:10:33 stage 3 features, data/x/fbank80/train: 340 of 1000 utterances (34 %), …
    compute_features: error: data/x/train/wav.scp: no such file

run.sh and utils/once.sh hand down the stage and the product in the environment.
"""

import logging
import os
import sys
from typing import TextIO

STAGE, PRODUCT = "SPEAKERNET_STAGE", "SPEAKERNET_PRODUCT"

CLEAR_LINE = "\r\x1b[K"

LOG_ONLY = "log_only"
"""Attribute of a log record that a log file gets, and a terminal that shows a bar does not."""


def set_up_logging(program: str) -> None:
    """Write log records from level INFO on to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter(program))
    handler.addFilter(_belongs_on_stderr)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.captureWarnings(True)


def _belongs_on_stderr(record: logging.LogRecord) -> bool:
    return not (getattr(record, LOG_ONLY, False) and is_terminal(sys.stderr))


class LineFormatter(logging.Formatter):
    """Date, time, stage and product (or else the program), then the message.

    A message that begins with the product's path does not repeat it.
    """

    def __init__(self, program: str) -> None:
        super().__init__("%(message)s", "%Y-%m-%d %H:%M:%S")
        self._program = program

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of ``record``; only warnings and errors name their level."""
        level = f"{record.levelname.lower()}: " if record.levelno >= logging.WARNING else ""
        about = context() or self._program
        message = super().format(record).rstrip().removeprefix(f"{os.environ.get(PRODUCT)}: ")
        line = f"{self.formatTime(record, self.datefmt)} {about}: {level}{message}"
        if is_terminal(sys.stderr):
            return CLEAR_LINE + line  # there may be a bar
        if _painter_width() and getattr(record, LOG_ONLY, False):
            return line + "\r"
        return line


def context() -> str:
    """Return the stage and the product that this process works for, or an empty text."""
    stage, product = os.environ.get(STAGE), os.environ.get(PRODUCT)
    return ", ".join(filter(None, [f"stage {stage}" if stage else "", product]))


def error_line(program: str, message: str) -> str:
    """Return the one line by which ``program`` tells why it fails."""
    return f"{program}: error: {message}".replace("\r", "\\r").replace("\n", "\\n")


def is_terminal(stream: TextIO) -> bool:
    """Whether ``stream`` is a terminal on which lines can be drawn again."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def bar_width() -> int:
    """Return how many columns a live bar on stderr has, 0 where there is to be none."""
    if is_terminal(sys.stderr):
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    return _painter_width()


def draw_bar(text: str) -> None:
    """Draw ``text`` in place of the bar before it; an empty one takes it away.

    A reader that shows stderr on a terminal (steps/train.sh) gets bars as lines that begin with a
    carriage return; it leaves them out of its log.
    """
    if is_terminal(sys.stderr):
        sys.stderr.write(f"{CLEAR_LINE}{text}")
    else:
        sys.stderr.write(f"\r{text}\n")
    sys.stderr.flush()


def _painter_width() -> int:
    text = os.environ.get("SPEAKERNET_BAR_WIDTH", "")
    return int(text) if text.isdecimal() else 0
