"""Archives: what is written, what is read, and what happens when something breaks."""

import resource
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kaldiio
import numpy as np
import pytest
from numpy.typing import NDArray

from speakernet.config import UserError
from speakernet.kaldi.ark import ArkWriter, read_ark, read_features, read_matrix
from speakernet.kaldi.tables import read_table

MATRIX = np.arange(12, dtype=np.float32).reshape(4, 3)
ENTRIES: dict[str, NDArray[Any]] = {
    "matrix": MATRIX,
    "double": MATRIX.astype(np.float64) / 3,
    "vector": np.array([1.5, -2], np.float32),
    "ключ-é": np.zeros((0, 0), np.float32),
    "column": np.zeros((3, 1), np.float32),
}


def write(folder: Path, entries: dict[str, NDArray[Any]], **options: bool) -> tuple[Path, Path]:
    ark, scp = folder / "x.ark", folder / "x.scp"
    with ArkWriter(ark, scp, **options) as writer:
        for key, array in entries.items():
            writer.write(key, array)
    return ark, scp


def test_bytes_of_a_float_matrix(tmp_path: Path) -> None:
    ark, scp = write(tmp_path, {"a": MATRIX})
    header = b"a \0BFM \x04" + struct.pack("<i", 4) + b"\x04" + struct.pack("<i", 3)
    assert ark.read_bytes() == header + MATRIX.tobytes()
    assert scp.read_text() == f"a {ark}:2\n"


@pytest.mark.parametrize("compress", [False, True])
def test_kaldiio_and_we_read_the_same(tmp_path: Path, compress: bool) -> None:
    ark, scp = write(tmp_path, ENTRIES, compress=compress)
    index = read_table(scp)
    theirs = dict(kaldiio.load_ark(str(ark)))
    for key, array in read_ark(ark):
        assert array.shape == ENTRIES[key].shape
        np.testing.assert_array_equal(read_matrix(index[key]), array)
        np.testing.assert_allclose(theirs[key], array, atol=1e-5)
        np.testing.assert_allclose(array, ENTRIES[key], atol=1e-3)
    assert list(index) == list(ENTRIES)


def test_what_kaldiio_writes_is_read(tmp_path: Path) -> None:
    for text in (False, True):
        ark = tmp_path / f"{text}.ark"
        with kaldiio.WriteHelper(f"ark{',t' if text else ''}:{ark}") as writer:
            writer("one", MATRIX)
            writer("two", MATRIX[:1])
            writer("three", np.array([3, 4], np.int32))
        found = dict(read_ark(ark))
        np.testing.assert_array_equal(found["one"], MATRIX)
        np.testing.assert_array_equal(found["two"], MATRIX[:1])
        np.testing.assert_array_equal(found["three"], [3, 4])


@pytest.mark.parametrize(
    ("text", "rows", "columns"),
    [
        ("[1:2]", slice(1, 3), slice(None)),
        ("[0:3,1:1]", slice(None), slice(1, 2)),
        ("[1:4]", slice(1, 4), slice(None)),
        ("[3:6]", slice(3, 4), slice(None)),
        ("[:,0:1]", slice(None), slice(0, 2)),
        ("[,0:1]", slice(None), slice(0, 2)),
    ],
)
def test_ranges_are_inclusive(tmp_path: Path, text: str, rows: slice, columns: slice) -> None:
    _, scp = write(tmp_path, {"a": MATRIX})
    found = read_matrix(read_table(scp)["a"] + text)
    np.testing.assert_array_equal(found, MATRIX[rows, columns])


@pytest.mark.parametrize(
    "text", ["[1:7]", "[4:5]", "[2:0]", "[1]", "[-1:2]", "[]", "[0:1,0:3]", "[0:1,0:1,0:1]"]
)
def test_wrong_ranges_are_refused(tmp_path: Path, text: str) -> None:
    _, scp = write(tmp_path, {"a": MATRIX})
    with pytest.raises(UserError, match="range"):
        read_matrix(read_table(scp)["a"] + text)


def test_command_as_source(tmp_path: Path) -> None:
    ark, _ = write(tmp_path, {"a": MATRIX})
    np.testing.assert_array_equal(read_matrix(f"tail -c +3 {ark} |"), MATRIX)


def test_file_without_key_and_name_with_colon(tmp_path: Path) -> None:
    path = tmp_path / "a:b.mat"
    kaldiio.save_mat(str(path), MATRIX)
    np.testing.assert_array_equal(read_matrix(str(path)), MATRIX)


@pytest.mark.parametrize("size", [3, 8, 14, 30])
@pytest.mark.parametrize("compress", [False, True])
def test_archive_cut_short(tmp_path: Path, size: int, compress: bool) -> None:
    ark, _ = write(tmp_path, {"a": MATRIX}, compress=compress)
    ark.write_bytes(ark.read_bytes()[:size])
    with pytest.raises(UserError, match=r"x\.ark: "):
        list(read_ark(ark))


def test_missing_archive_and_broken_header(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        read_matrix(f"{tmp_path}/none.ark:5")
    with pytest.raises(UserError, match="no such file"):
        list(read_ark(tmp_path / "none.ark"))
    (tmp_path / "bad").write_bytes(b"a \0BFM \x05" + bytes(20))
    with pytest.raises(UserError, match="broken header"):
        list(read_ark(tmp_path / "bad"))


@pytest.mark.parametrize("key", ["", "a b", "a\tb", "a\n"])
def test_bad_keys_are_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(UserError, match="cannot be a key"):
        write(tmp_path, {key: MATRIX})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "array", [MATRIX.astype(np.int16), MATRIX[None], np.full((9, 2), np.nan, "f")]
)
def test_bad_arrays_name_the_key_and_leave_nothing(tmp_path: Path, array: NDArray[Any]) -> None:
    with pytest.raises(UserError, match="'u1'"):
        write(tmp_path, {"u1": array}, compress=True)
    assert list(tmp_path.iterdir()) == []


def test_an_error_keeps_the_old_files(tmp_path: Path) -> None:
    ark, scp = write(tmp_path, {"a": MATRIX})
    before = ark.read_bytes(), scp.read_bytes()
    with pytest.raises(UserError):
        write(tmp_path, {"b": MATRIX, "": MATRIX})
    assert (ark.read_bytes(), scp.read_bytes()) == before
    assert sorted(tmp_path.iterdir()) == [ark, scp]


@pytest.mark.parametrize("num_entries", [1, 100_000], ids=["at the end", "on the way"])
def test_no_room_for_the_archive(tmp_path: Path, num_entries: int) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, limits[1]))
    try:
        with pytest.raises(UserError, match=r"x\.ark: File too large"):
            write(tmp_path, {f"utt{number}": MATRIX for number in range(num_entries)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list(tmp_path.iterdir()) == []


def test_an_index_that_cannot_be_written_leaves_no_archive(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file or directory"):
        ArkWriter(tmp_path / "x.ark", tmp_path / "none" / "x.scp")
    assert list(tmp_path.iterdir()) == []


def test_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file or directory"):
        write(tmp_path / "none", {"a": MATRIX})


@pytest.mark.parametrize("value", [np.nan, -np.inf, 1e300])
def test_features_are_finite(value: float, tmp_path: Path) -> None:
    with ArkWriter(tmp_path / "a.ark", tmp_path / "a.scp") as writer:
        writer.write("u", np.array([[1.0, 2.0], [3.0, value]]))
    spec = read_table(tmp_path / "a.scp")["u"]
    assert read_matrix(spec).shape == (2, 2)
    with pytest.raises(UserError, match="x.scp: 'u': found NaN or infinite values"):
        read_features(spec, "u", Path("x.scp"))


def test_archive_without_index(tmp_path: Path) -> None:
    with ArkWriter(tmp_path / "x.ark", None, fsync=False) as writer:
        writer.write("a", MATRIX)
    assert [path.name for path in tmp_path.iterdir()] == ["x.ark"]


def test_interrupt_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> None:
        with ArkWriter(tmp_path / "x.ark", tmp_path / "x.scp") as writer:
            writer.write("a", MATRIX)
            raise KeyboardInterrupt

    check: Callable[[], None] = interrupted
    with pytest.raises(KeyboardInterrupt):
        check()
    assert list(tmp_path.iterdir()) == []
