"""Tables: every kind of broken line has its own message with file and line."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.kaldi import tables
from speakernet.kaldi.tables import (
    check_order,
    iter_ids,
    iter_lines,
    iter_table,
    read_table,
    same_ids,
    write_table,
)


def make(folder: Path, content: bytes, name: str = "table") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_values_keep_inner_spaces_and_lose_outer(tmp_path: Path) -> None:
    path = make(tmp_path, "a  sox  x |\nb\ty z \néx 1\u00a0\u3000 2\n".encode())
    assert read_table(path) == {"a": "sox  x |", "b": "y z", "éx": "1\u00a0\u3000 2"}


@pytest.mark.parametrize(
    ("content", "line", "problem"),
    [
        (b"a 1\nb 2", 2, "does not end in a newline"),
        (b"a 1\r\nb 2\r\n", 1, "CR LF"),
        (b"a 1\nb \xff\n", 2, "not valid UTF-8"),
        (b"a 1\nb \x00\n", 2, "control character"),
        (b"a 1\n\nb 2\n", 2, "empty line"),
        (b"a 1\nb\n", 2, "has no value"),
        (b"a 1\n b 2\n", 2, "starts with a space"),
        (b"a 1\nb 2\na 1\n", 3, "duplicate id 'a'"),
    ],
)
def test_broken_lines(tmp_path: Path, content: bytes, line: int, problem: str) -> None:
    path = make(tmp_path, content)
    with pytest.raises(UserError, match=problem) as error:
        read_table(path)
    assert str(error.value).startswith(f"{path}:{line}: ")


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_other_encodings(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(UserError, match="table: found text in UTF-16 .save it as UTF-8."):
        read_table(make(tmp_path, "\ufeffa 1\n".encode(encoding)))


def test_number_of_fields_and_order(tmp_path: Path) -> None:
    path = make(tmp_path, b"b 1\na 2 3\n")
    with pytest.raises(UserError, match="table:2: found 3 fields in 'a 2 3'; expected 2"):
        read_table(path, num_fields=2)
    with pytest.raises(UserError, match="table:2: 'a' is out of order"):
        read_table(path, is_sorted=True)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="none: no such file"):
        read_table(tmp_path / "none")
    with pytest.raises(UserError, match="found a folder"):
        read_table(tmp_path)


def test_empty_file_is_an_empty_table(tmp_path: Path) -> None:
    assert read_table(make(tmp_path, b"")) == {}


def test_blocks_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path, b"".join(b"id%03d value %d\n" % (i, i) for i in range(300)))
    whole = list(iter_lines(path))
    monkeypatch.setattr(tables, "_BLOCK_BYTES", 7)
    assert list(iter_lines(path)) == whole
    assert len(read_table(path)) == check_order(path) == 300
    path.write_bytes(path.read_bytes() + b"id000 x\n")
    with pytest.raises(UserError, match="table:301: 'id000' comes after 'id299'"):
        check_order(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a 1\na 2\n", "table:2: duplicate id 'a'"),
        (b"a 1\nc 1\nb 2\n", "table:3: 'b' comes after 'c'"),
        ("z 1\né 1\nÉ 2\n".encode(), "table:3: 'É' comes after 'é'"),
        (b"a 1\n\nb 2\n", "table:2: empty line"),
    ],
)
def test_order_is_that_of_bytes(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(UserError, match=message):
        check_order(make(tmp_path, content))


def test_same_ids(tmp_path: Path) -> None:
    one = make(tmp_path, b"a 1\nb 2\n", "one")
    assert same_ids(one, make(tmp_path, b"a x y\nb z\n"))
    assert not same_ids(one, make(tmp_path, b"a x\n"))
    assert not same_ids(one, make(tmp_path, b"a x\nb 1\nc 1\n"))
    assert list(iter_ids(one)) == [b"a", b"b"]


def test_write_is_whole_or_nothing(tmp_path: Path) -> None:
    path = tmp_path / "out"
    write_table(path, [("é", "1 2"), ("a", "3")])
    assert list(iter_table(path)) == [("é", "1 2"), ("a", "3")]
    broken = (("b", str(1 // number)) for number in (1, 0))
    with pytest.raises(ZeroDivisionError):
        write_table(path, broken)
    assert read_table(path)["a"] == "3"
    assert [file.name for file in tmp_path.iterdir()] == ["out"]
