"""Columns of what a data directory holds, and tables that must fit them."""

from pathlib import Path

import numpy as np
import pytest

from speakernet.config import UserError
from speakernet.data.index import (
    CategoryColumn,
    StringColumn,
    UtteranceIndex,
    iter_aligned,
    read_utterance_index,
)

NAMES = ["u-1", "", "Jürgen", "日本", "u-1"]


def strings(*items: str) -> StringColumn:
    column = StringColumn()
    for item in items:
        column.append(item)
    return column


def test_strings_come_back_as_they_were() -> None:
    column = strings(*NAMES)
    assert len(column) == 5
    assert list(column) == NAMES
    assert [column[row] for row in (3, 0, 1)] == ["日本", "u-1", ""]
    assert list(strings()) == []


def test_categories_are_numbered_in_the_order_of_their_names() -> None:
    column = CategoryColumn()
    for item in ("b", "c", "a", "b", "a"):
        column.append(item)
    names, labels = column.finish()
    assert names == ("a", "b", "c")
    assert labels.dtype == np.int32 and labels.tolist() == [1, 2, 0, 1, 0]


def speakers_of(folder: Path, text: str) -> UtteranceIndex:
    (folder / "utt2spk").write_text(text, encoding="utf-8")
    return read_utterance_index(folder)


def test_labels_are_places_among_the_speakers(tmp_path: Path) -> None:
    speakers = speakers_of(tmp_path, "a-1 zoë\na-2 ada\nb-1 zoë\n")
    assert len(speakers) == 3
    assert list(speakers.ids) == ["a-1", "a-2", "b-1"]
    assert speakers.speakers == ("ada", "zoë")
    assert speakers.labels.tolist() == [1, 0, 1]


def test_a_fingerprint_tells_who_speaks_where(tmp_path: Path) -> None:
    texts = [
        "a-1 s\na-2 s\nb-1 t\n",
        "a-1 s\na-2 t\nb-1 t\n",  # another speaker
        "a-1 s\na-3 s\nb-1 t\n",  # another utterance
        "a-2 s\na-1 s\nb-1 t\n",  # another order
        "a-1a s\n-2 s\nb-1 t\n",  # the same letters
        "a-1 s\na-2 s\n",
    ]
    prints = [speakers_of(tmp_path, text).fingerprint() for text in texts]
    assert len(set(prints)) == len(texts)
    # Numbers of speakers, not names, are what a classifier knows.
    assert speakers_of(tmp_path, "a-1 x\na-2 x\nb-1 y\n").fingerprint() == prints[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "utt2spk: is empty"),
        ("a-1 s t\n", "utt2spk:1: found 3 fields in 'a-1 s t'; expected 2"),
    ],
)
def test_a_table_of_speakers_that_is_none(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        speakers_of(tmp_path, text)


def test_no_table_of_speakers(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="utt2spk: no such file"):
        read_utterance_index(tmp_path)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("a 1\n", "x:2: the table ends; utt2spk has utterance 'b' there"),
        ("a 1\nc 3\n", "x:2: utterance 'c'; utt2spk has utterance 'b' there"),
        ("a 1\nb 2\nc 3\n", "x:3: utterance 'c'; utt2spk has the table ends there"),
    ],
)
def test_a_table_of_other_utterances_says_where_it_differs(
    tmp_path: Path, table: str, message: str
) -> None:
    speakers = speakers_of(tmp_path, "a s\nb s\n")
    (tmp_path / "x").write_text("a 1\nb 2 3\n")
    assert list(iter_aligned(tmp_path / "x", speakers)) == [(1, "1"), (2, "2 3")]
    (tmp_path / "x").write_text(table)
    with pytest.raises(UserError) as caught:
        list(iter_aligned(tmp_path / "x", speakers))
    assert message in str(caught.value)
