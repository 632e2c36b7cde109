"""Tables in the order of their bytes, by the system's sort."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.kaldi.datadir.sorting import (
    count_lines,
    ids_ascend,
    in_order,
    merge_sorted,
    sort_table,
)
from tests.unit.kaldi.datadir.data_dirs import write


@pytest.mark.parametrize(
    ("ids", "expected"),
    [(["a", "a-b", "a_b", "é"], True), (["a_b", "a-b"], False), (["a", "a"], False), (["b"], True)],
)
def test_order_is_that_of_bytes(tmp_path: Path, ids: list[str], expected: bool) -> None:
    write(tmp_path / "t", [f"{name} x" for name in ids])
    assert ids_ascend(tmp_path / "t") is expected


def test_a_table_is_sorted_in_place_and_says_what_it_dropped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path / "t", ["é 1", "b-x 2", "b 3", "b-x 2"])
    sort_table(tmp_path / "t", tmp_path / "t")
    assert (tmp_path / "t").read_text() == "b 3\nb-x 2\né 1\n"
    assert "dropped 1 repeated lines" in caplog.text


def test_an_id_with_two_values_has_no_place(tmp_path: Path) -> None:
    write(tmp_path / "t", ["b 1", "a 1", "b 2"])
    with pytest.raises(UserError, match=r"t: duplicate id 'b', with different values"):
        sort_table(tmp_path / "t", tmp_path / "sorted")


def test_what_is_in_order_is_not_copied(tmp_path: Path) -> None:
    write(tmp_path / "t", ["a 1", "b 2"])
    assert in_order(tmp_path / "t", tmp_path / "work") == tmp_path / "t"
    assert not (tmp_path / "work").exists()
    write(tmp_path / "t", ["b 2", "a 1"])
    assert in_order(tmp_path / "t", tmp_path / "work").read_text() == "a 1\nb 2\n"
    assert (tmp_path / "t").read_text() == "b 2\na 1\n"


def test_tables_are_merged(tmp_path: Path) -> None:
    write(tmp_path / "one", ["a 1", "c 3"])
    write(tmp_path / "two", ["b 2", "c 3"])
    merge_sorted([tmp_path / "one", tmp_path / "two"], tmp_path / "all")
    assert (tmp_path / "all").read_text() == "a 1\nb 2\nc 3\n"
    assert count_lines(tmp_path / "all") == 3
    with pytest.raises(UserError, match="nowhere/all: No such file"):
        merge_sorted([tmp_path / "one"], tmp_path / "nowhere" / "all")
