"""Log and error lines of programs on stderr, in the format of ``log`` and ``die`` in common.sh.

    2026-11-28 12:10:33 stage 3 features, data/x/fbank80/train: 340 of 1000 utterances (34 %), …
    compute_features: error: data/x/train/wav.scp: no such file

run.sh and utils/once.sh pass stage and product in environment variables.
"""

import logging
import os
import sys
import warnings
from typing import TextIO

STAGE, PRODUCT = "SPEAKERNET_STAGE", "SPEAKERNET_PRODUCT"

CLEAR_LINE = "\r\x1b[K"

_MAX_MESSAGE = 1000

LOG_ONLY = "log_only"
"""Attribute of log records for log files only: a terminal shows a progress bar instead."""


def set_up_logging(program: str) -> None:
    """Write log records from level INFO on to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter(program))
    handler.addFilter(_belongs_on_stderr)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.captureWarnings(True)
    warnings.formatwarning = _warning_text


def _warning_text(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    line: str | None = None,
) -> str:
    """Return what the log has of a warning of Python's: not the line of code that gave it."""
    return f"{message} ({category.__name__} at {os.path.basename(filename)}:{lineno})"


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
        line = f"{self.formatTime(record, self.datefmt)} {about}: {level}{_in_one_line(message)}"
        if is_terminal(sys.stderr):
            return CLEAR_LINE + line  # over the progress bar, if there is one
        if _script_bar_width() and getattr(record, LOG_ONLY, False):
            return line + "\r"
        return line


def context() -> str:
    """Return the stage and the product that this process computes, or an empty string."""
    stage, product = os.environ.get(STAGE), os.environ.get(PRODUCT)
    return ", ".join(filter(None, [f"stage {stage}" if stage else "", product]))


def error_line(program: str, message: str) -> str:
    """Return the line with which ``program`` reports an error.

    A message that quotes a long value is cut.
    """
    line = _in_one_line(message)
    if len(line) > _MAX_MESSAGE:
        line = f"{line[: _MAX_MESSAGE // 2]} … {line[-_MAX_MESSAGE // 2 :]}"
    return f"{program}: error: {line}"


def _in_one_line(text: str) -> str:
    """Return a text as a terminal can show it: what has no ink of its own (line breaks, control
    characters, white space but the space) is escaped.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def is_terminal(stream: TextIO) -> bool:
    """Return whether ``stream`` is a terminal that can redraw a line."""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def bar_width() -> int:
    """Return the width of the progress bar on stderr in columns, 0 for no bar."""
    if is_terminal(sys.stderr):
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    return _script_bar_width()


def draw_bar(text: str) -> None:
    """Replace the progress bar on stderr by ``text``; an empty text removes it.

    If stderr is a pipe to a script that shows it on a terminal (steps/train.sh), bars are lines
    that begin with a carriage return, which the script leaves out of its log file.
    """
    if is_terminal(sys.stderr):
        sys.stderr.write(f"{CLEAR_LINE}{text}")
    else:
        sys.stderr.write(f"\r{text}\n")
    sys.stderr.flush()


def _script_bar_width() -> int:
    text = os.environ.get("SPEAKERNET_BAR_WIDTH", "")
    return int(text) if text.isdecimal() else 0
