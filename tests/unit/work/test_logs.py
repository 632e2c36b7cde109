"""Lines on stderr: when, for which stage and product, and what; one line for an error."""

import logging
import re
import warnings

import pytest

from speakernet.work.logs import LOG_ONLY, LineFormatter, error_line, set_up_logging

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


@pytest.fixture(autouse=True)
def no_context(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STAGE", "PRODUCT", "BAR_WIDTH"):
        monkeypatch.delenv(f"SPEAKERNET_{name}", raising=False)


def line(message: str, level: int = logging.INFO, **attributes: object) -> str:
    record = logging.LogRecord("speakernet.x", level, "x.py", 1, message, None, None)
    vars(record).update(attributes)
    return LineFormatter("compute_vad").format(record)


@pytest.mark.parametrize(
    ("environment", "about"),
    [
        ({}, "compute_vad"),
        ({"SPEAKERNET_PRODUCT": "data/a b/test"}, "data/a b/test"),
        ({"SPEAKERNET_STAGE": "3 features", "SPEAKERNET_PRODUCT": ""}, "stage 3 features"),
        ({"SPEAKERNET_STAGE": "3 features", "SPEAKERNET_PRODUCT": "d/x"}, "stage 3 features, d/x"),
    ],
)
def test_a_line_says_when_and_for_what(
    environment: dict[str, str], about: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert re.fullmatch(f"{TIME} {re.escape(about)}: 7 files", line("7 files"))


def test_a_message_about_the_product_does_not_repeat_its_path(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert line("d/x: 7 files").endswith(" compute_vad: d/x: 7 files")
    monkeypatch.setenv("SPEAKERNET_PRODUCT", "d/x")
    assert re.fullmatch(f"{TIME} d/x: 7 files", line("d/x: 7 files"))
    assert line("d/x.ark: 7 files").endswith(" d/x: d/x.ark: 7 files")


def test_only_warnings_and_errors_name_their_level() -> None:
    assert line("x").endswith(" compute_vad: x")
    assert line("x", logging.WARNING).endswith(" compute_vad: warning: x")
    assert line("x", logging.ERROR).endswith(" compute_vad: error: x")


def test_a_log_line_is_one_line_whatever_is_in_it() -> None:
    assert line("two\nlines\rof\x1b[2Jtext").endswith("two\\nlines\\rof\\x1b[2Jtext")


def test_a_warning_of_pythons_has_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)
    monkeypatch.setattr(logging, "captureWarnings", lambda _: None)
    set_up_logging("compute_vad")
    said = warnings.formatwarning("overflow", RuntimeWarning, "/a/b/vad.py", 3, "x = y")
    assert said == "overflow (RuntimeWarning at vad.py:3)"


def test_where_train_sh_shows_a_bar_a_line_for_the_log_alone_is_marked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert line("x", **{LOG_ONLY: True}).endswith(": x")
    monkeypatch.setenv("SPEAKERNET_BAR_WIDTH", "80")
    assert line("x", **{LOG_ONLY: True}).endswith(": x\r")
    assert line("x").endswith(": x")


def test_an_error_is_one_line_whatever_is_in_it() -> None:
    assert error_line("score", "no 'a\r\nb'") == "score: error: no 'a\\r\\nb'"
