"""Archives of embeddings, read in blocks."""

from pathlib import Path

import numpy as np
import pytest

from speakernet.backend.embeddings import find_archives, load_embeddings, read_embeddings
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
    assert find_archives(moved) == [moved / "embedding.ark"]
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
