import os
import struct
from pathlib import Path

import numpy as np
import pytest

from speakernet.config import UserError
from speakernet.kaldi.ark import ArkWriter, read_matrix
from speakernet.kaldi.mapped import MappedArks
from speakernet.kaldi.matrices import open_matrix
from speakernet.kaldi.places import parse_place


def matrix_of(frames: int, dim: int = 7) -> np.ndarray:
    rng = np.random.default_rng(frames)
    return (rng.standard_normal((frames, dim)) * 4 + 8).astype(np.float32)


def write_one(path: Path, matrix: np.ndarray, kind: str) -> str:
    """Write a matrix in one of Kaldi's formats; return its place as scp files have it."""
    if kind in ("CM", "CM2", "FM", "DM"):
        dtype = np.float64 if kind == "DM" else np.float32
        with ArkWriter(path, None, compress=kind.startswith("CM")) as writer:
            writer.write("key", matrix.astype(dtype))
    else:  # CM3: Kaldi reads it, nobody writes it by default
        low, width = float(matrix.min()), float(np.ptp(matrix))
        codes = np.rint((matrix - low) / width * 255).astype(np.uint8)
        head = b"key \0BCM3 " + struct.pack("<ffii", low, width, *matrix.shape)
        path.write_bytes(head + codes.tobytes())
    return f"{path}:4"


def crop(arks: MappedArks, spec: str, start: int, num: int) -> np.ndarray:
    return open_matrix(arks, parse_place(spec)).columns(start, start + num).T


@pytest.mark.parametrize("kind", ["CM", "CM2", "CM3", "FM", "DM"])
def test_a_crop_is_a_stretch_of_the_matrix(kind: str, tmp_path: Path) -> None:
    frames = 6 if kind == "CM2" else 60
    spec = write_one(tmp_path / "a.ark", matrix_of(frames), kind)
    whole = read_matrix(spec)
    arks = MappedArks()
    for start, num in ((0, frames), (2, 3), (frames - 1, 1), (1, 0)):
        found = crop(arks, spec, start, num)
        assert found.dtype == np.float32 and found.shape == (num, 7)
        np.testing.assert_allclose(found, whole[start : start + num], rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize("dim", [1, 256, 257, 300])
def test_any_number_of_columns(dim: int, tmp_path: Path) -> None:
    spec = write_one(tmp_path / "a.ark", matrix_of(20, dim), "CM")
    found = crop(MappedArks(), spec, 3, 15)
    np.testing.assert_allclose(found, read_matrix(spec)[3:18], rtol=2e-6, atol=2e-6)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("nowhere.ark:4", "nowhere.ark: no such file"),
        ("{ark}:5", r"a.ark: found b'BCM"),
        ("{ark}:99999", "a.ark: has .* bytes; expected an array at byte 99999"),
        ("{ark}", r"a.ark: found b'key"),
    ],
)
def test_what_is_no_matrix_is_an_error(spec: str, message: str, tmp_path: Path) -> None:
    write_one(tmp_path / "a.ark", matrix_of(20), "CM")
    with pytest.raises(UserError, match=message):
        crop(MappedArks(), spec.format(ark=tmp_path / "a.ark"), 0, 1)


@pytest.mark.parametrize(
    ("kind", "sizes"),
    [("FM", (-1, 7)), ("FM", (2**31 - 1, 2**31 - 1)), ("DM", (20, -7)), ("CM3", (2**31 - 1, 1))],
)
def test_sizes_that_no_file_holds_are_an_error(
    kind: str, sizes: tuple[int, int], tmp_path: Path
) -> None:
    write_one(tmp_path / "a.ark", matrix_of(20), kind)
    content = (tmp_path / "a.ark").read_bytes()
    if kind == "CM3":
        broken = content[:18] + struct.pack("<ii", *sizes) + content[26:]
    else:
        broken = content[:9] + b"\4%b\4%b" % tuple(struct.pack("<i", n) for n in sizes)
    (tmp_path / "a.ark").write_bytes(broken.ljust(len(content), b"x"))
    with pytest.raises(UserError, match=r"a\.ark:4: (broken header|the ark ends)"):
        crop(MappedArks(), f"{tmp_path}/a.ark:4", 0, 1)


@pytest.mark.parametrize("values", [(float("nan"), 1.0), (0.0, float("inf")), (2e38, 2e38)])
def test_a_range_of_values_that_is_no_number_is_an_error(
    values: tuple[float, float], tmp_path: Path
) -> None:
    spec = write_one(tmp_path / "a.ark", matrix_of(20), "CM")
    content = (tmp_path / "a.ark").read_bytes()
    (tmp_path / "a.ark").write_bytes(content[:9] + struct.pack("<ff", *values) + content[17:])
    with pytest.raises(UserError, match="broken header"):
        crop(MappedArks(), spec, 0, 1)
    with pytest.raises(UserError, match="compressed matrix of values from"):
        read_matrix(spec)


@pytest.mark.parametrize("place", [9, 14])
def test_sizes_are_of_four_bytes_as_for_the_other_reader(place: int, tmp_path: Path) -> None:
    spec = write_one(tmp_path / "a.ark", matrix_of(20), "DM")
    content = bytearray((tmp_path / "a.ark").read_bytes())
    assert content[place] == 4
    content[place] = 6
    (tmp_path / "a.ark").write_bytes(content)
    for read in (lambda: crop(MappedArks(), spec, 0, 1), lambda: read_matrix(spec)):
        with pytest.raises(UserError, match="broken header"):
            read()


@pytest.mark.parametrize("kind", ["CM", "CM3", "FM"])
def test_an_ark_that_was_cut_is_an_error(kind: str, tmp_path: Path) -> None:
    spec = write_one(tmp_path / "a.ark", matrix_of(20), kind)
    content = (tmp_path / "a.ark").read_bytes()
    (tmp_path / "a.ark").write_bytes(content[:-30])
    with pytest.raises(UserError, match="ends within a matrix"):
        crop(MappedArks(), spec, 0, 20)


def test_rows_that_are_not_there_are_an_error(tmp_path: Path) -> None:
    spec = write_one(tmp_path / "a.ark", matrix_of(20), "CM")
    with pytest.raises(UserError, match="rows 15 to 25 asked of 20"):
        crop(MappedArks(), spec, 15, 10)


def test_open_files_stay_bounded(tmp_path: Path) -> None:
    specs = [write_one(tmp_path / f"{n}.ark", matrix_of(10 + n), "CM") for n in range(40)]
    arks = MappedArks(max_open=4)
    before = len(os.listdir("/proc/self/fd"))
    crops = [crop(arks, spec, 0, 5) for spec in specs + specs]
    assert len(os.listdir("/proc/self/fd")) <= before + 8
    for number in range(40):
        np.testing.assert_array_equal(crops[number], crops[number + 40])
