"""The table of what is missing of a set."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.prepare.partial_sets import MISSING, Found, read_found, write_missing_table


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert read_found(tmp_path) is None
    found = Found(3, 7, 40, 90)
    write_missing_table(tmp_path, found, [f"speaker s{number}" for number in range(4)])
    assert read_found(tmp_path) == found and not found.is_whole
    assert (tmp_path / MISSING).read_text().splitlines()[-1] == "speaker s3"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "speaker id10002\n",
        "found 1 of 2 speakers\n",
        "found -1 of 2 speakers, 3 of 4 utterances\n",
        "\0" * 500,
    ],
)
def test_other_tables_are_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / MISSING).write_text(text)
    with pytest.raises(UserError, match="missing:1: found '.*expected 'found N of N speakers"):
        read_found(tmp_path)
