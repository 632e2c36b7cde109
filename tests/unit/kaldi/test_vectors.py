"""Archives of embeddings, read in blocks."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest

from speakernet.backend.embeddings import load_embeddings, read_embeddings
from speakernet.config import UserError
from speakernet.kaldi.ark import ArkWriter
from speakernet.kaldi.vectors import read_vectors

VECTORS = np.random.default_rng(0).normal(size=(11, 5)).astype(np.float32)
IDS = [f"utt-é{i}" if i % 2 else f"a/b{i:05d}.wav" for i in range(11)]


def write(path: Path, arrays: np.ndarray, ids: list[str] = IDS) -> Path:
    with ArkWriter(path, path.with_suffix(".scp")) as writer:
        for name, array in zip(ids, arrays, strict=True):
            writer.write(name, array)
    return path


@pytest.mark.parametrize("block_bytes", [40, 100, 1000, 1 << 20])
def test_blocks_of_any_size(tmp_path: Path, block_bytes: int) -> None:
    ark = write(tmp_path / "e.ark", VECTORS)
    blocks = list(read_vectors(ark, block_bytes=block_bytes))
    assert [name for ids, _ in blocks for name in ids] == IDS
    np.testing.assert_array_equal(np.concatenate([x for _, x in blocks]), VECTORS)


@pytest.mark.parametrize("arrays", [VECTORS.astype(np.float64), VECTORS.reshape(11, 5, 1)])
def test_other_archives(tmp_path: Path, arrays: np.ndarray) -> None:
    blocks = list(read_vectors(write(tmp_path / "e.ark", arrays)))
    found = np.concatenate([x for _, x in blocks])
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, arrays.astype(np.float32))


def test_text_archive(tmp_path: Path) -> None:
    (tmp_path / "e.ark").write_text("a  [ 1 2 3 ]\nb  [ 4 5 6 ]\n")
    table = load_embeddings(tmp_path / "e.ark")
    assert table.rows == {"a": 0, "b": 1}
    np.testing.assert_array_equal(table.vectors, [[1, 2, 3], [4, 5, 6]])


def test_a_cut_archive_is_an_error(tmp_path: Path) -> None:
    ark = write(tmp_path / "e.ark", VECTORS)
    whole = ark.read_bytes()
    for size in range(len(whole) - 30, len(whole)):
        ark.write_bytes(whole[:size])
        with pytest.raises(UserError, match="cut short"):
            list(read_vectors(ark))


def test_other_dimensions_are_an_error(tmp_path: Path) -> None:
    with ArkWriter(tmp_path / "e.ark", None) as writer:
        writer.write("a", VECTORS[0])
        writer.write("b", VECTORS[1][:3])
    with pytest.raises(UserError, match="b'b' is not a float vector of 5 values"):
        list(read_vectors(tmp_path / "e.ark"))


def test_folder_index_and_archive_are_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "embeddings"
    folder.mkdir()
    write(folder / "embedding.ark", VECTORS)
    for path in (folder, folder / "embedding.scp", folder / "embedding.ark"):
        np.testing.assert_array_equal(load_embeddings(path).vectors, VECTORS)
    moved = folder.rename(tmp_path / "moved")
    assert list(load_embeddings(moved).rows) == IDS


def test_bad_embeddings_are_named(tmp_path: Path) -> None:
    vectors = VECTORS.copy()
    vectors[3, 1] = np.inf
    with pytest.raises(UserError, match=f"'{IDS[3]}' is not finite"):
        list(read_embeddings(write(tmp_path / "e.ark", vectors)))
    ids = [*IDS[:10], IDS[2]]
    with pytest.raises(UserError, match=f"'{IDS[2]}' has two embeddings"):
        load_embeddings(write(tmp_path / "e.ark", VECTORS, ids))
    with pytest.raises(UserError, match="no such file"):
        load_embeddings(tmp_path / "none.ark")


def index_of(folder: Path, name: str = "e", shift: float = 0) -> list[str]:
    ark = write(folder / f"{name}.ark", (VECTORS + shift).astype(np.float32))
    return ark.with_suffix(".scp").read_text().splitlines()


def test_an_index_is_what_it_says(tmp_path: Path) -> None:
    lines, others = index_of(tmp_path), index_of(tmp_path, "f", 1)
    text = tmp_path / "t.ark"
    text.write_text("x  [ 1 2 3 4 5 6 ]\n")
    chosen = [lines[7], others[2], others[0], lines[1].replace(IDS[1], "renamed")]
    chosen += [f"taken {text}:2[1:5]", f"piped tail -c +3 {text} |[0:4]"]
    (tmp_path / "mixed.scp").write_text("\n".join(chosen) + "\n")
    table = load_embeddings(tmp_path / "mixed.scp")
    assert list(table.rows) == [IDS[7], IDS[2], IDS[0], "renamed", "taken", "piped"]
    expected = [VECTORS[7], VECTORS[2] + 1, VECTORS[0] + 1, VECTORS[1], range(2, 7), range(1, 6)]
    np.testing.assert_array_equal(table.vectors, np.array(list(map(list, expected)), np.float32))


def test_the_index_of_a_folder_counts_and_not_its_archive(tmp_path: Path) -> None:
    lines = index_of(tmp_path, "embedding")
    (tmp_path / "embedding.scp").write_text("\n".join(lines[4:6]) + "\n")
    assert list(load_embeddings(tmp_path).rows) == IDS[4:6]
    (tmp_path / "embedding.scp").write_text("")
    with pytest.raises(UserError, match="no embeddings"):
        load_embeddings(tmp_path)
    (tmp_path / "embedding.scp").unlink()
    with pytest.raises(UserError, match=r"embedding\.scp: no such file"):
        load_embeddings(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda line: line[:-1] + str(int(line[-1]) + 1), "found b'BFV"),
        (lambda line: line.rpartition(":")[0] + ":999999", "expected an array at byte 999999"),
        (lambda line: line.replace(".ark", ".gone"), "no such file"),
        (lambda line: line + "[0:99]", "range"),
        (lambda line: line + "[1:2]", "has the shape"),
        (lambda line: "u | cat", "is no place of an array"),
        (lambda line: "u /dev/zero:0", "a pipe or device"),
    ],
)
def test_a_line_that_points_nowhere_is_named(tmp_path: Path, change: object, message: str) -> None:
    lines = index_of(tmp_path)
    lines[3] = change(lines[3])  # type: ignore[operator]
    (tmp_path / "e.scp").write_text("\n".join(lines) + "\n")
    with pytest.raises(UserError, match=message):
        load_embeddings(tmp_path / "e.scp")


def test_vectors_that_no_file_holds(tmp_path: Path) -> None:
    (tmp_path / "e.ark").write_bytes(b"u \0BFV \4" + struct.pack("<i", 2**31 - 1) + os.urandom(99))
    with pytest.raises(UserError, match="cut short"):
        load_embeddings(tmp_path / "e.ark")
    ark = write(tmp_path / "e.ark", VECTORS)
    ark.write_bytes(ark.read_bytes() + b"x" * 200_000)
    with pytest.raises(UserError, match="is not a float vector of 5 values"):
        load_embeddings(ark)
