"""Compressed matrices against Kaldi's own bytes and against a slow reference, value by value."""

import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from speakernet.kaldi.ark import read_ark
from speakernet.kaldi.compression import compress, decompress, payload_size

GOLDEN = Path(__file__).parents[2] / "golden" / "compression"
EMPTY_BY_KALDI = "edge-n399"  # its header is not initialised


def golden_entries() -> list[tuple[str, NDArray[np.float32], bytes]]:
    """Return key, float matrix and the bytes that Kaldi compressed it to."""
    content = (GOLDEN / "compressed.ark").read_bytes()
    entries = []
    for key, matrix in read_ark(GOLDEN / "float.ark"):
        start = content.index(f"{key} \0B".encode()) + len(key) + 3
        size = start + content[start:].index(b" ") + 1 + 16
        entries.append((key, matrix, content[start : size + payload_size(content[start:size])]))
    return entries


@pytest.mark.parametrize("entry", golden_entries(), ids=lambda entry: entry[0])
def test_bytes_are_kaldis(entry: tuple[str, NDArray[np.float32], bytes]) -> None:
    key, matrix, expected = entry
    if key == EMPTY_BY_KALDI:
        assert compress(matrix) == b"CM " + bytes(16)
    else:
        assert compress(matrix) == expected


def test_kaldis_archive_is_read_past_its_empty_matrix() -> None:
    shapes = {key: matrix.shape for key, matrix in read_ark(GOLDEN / "compressed.ark")}
    assert shapes == {key: matrix.shape for key, matrix in read_ark(GOLDEN / "float.ark")}
    assert shapes[EMPTY_BY_KALDI] == (0, 0)


def reference_step(value: np.float32, minimum: np.float32, width: np.float32) -> int:
    """Follow the C code's float and double arithmetic."""
    fraction = min(max((value - minimum) / width, np.float32(0)), np.float32(1))
    return int(float(np.float32(fraction * np.float32(65535))) + 0.499)


def reference_byte(value: np.float32, points: list[np.float32]) -> int:
    p0, p25, p75, p100 = points
    if value < p25:
        low, high, base, levels = p0, p25, 0, 64
    elif value < p75:
        low, high, base, levels = p25, p75, 64, 128
    else:
        low, high, base, levels = p75, p100, 192, 63
    scaled = np.float32((value - low) / (high - low)) * np.float32(levels)
    return base + min(max(int(float(scaled) + 0.5), 0), levels)


def reference_value(byte: int, points: list[np.float32]) -> np.float32:
    p0, p25, p75, p100 = points
    if byte <= 64:
        return np.float32(float(p0) + float((p25 - p0) * np.float32(byte)) * (1 / 64.0))
    if byte <= 192:
        return np.float32(float(p25) + float((p75 - p25) * np.float32(byte - 64)) * (1 / 128.0))
    return np.float32(float(p75) + float((p100 - p75) * np.float32(byte - 192)) * (1 / 63.0))


def reference_points(
    column: NDArray[np.float32], minimum: np.float32, width: np.float32
) -> list[int]:
    ordered = np.sort(column)
    quarter = len(column) // 4
    s0, s25, s75, s100 = (
        reference_step(ordered[i], minimum, width) for i in (0, quarter, 3 * quarter, -1)
    )
    p0 = min(s0, 65532)
    p25 = min(max(s25, p0 + 1), 65533)
    p75 = min(max(s75, p25 + 1), 65534)
    return [p0, p25, p75, max(s100, p75 + 1)]


def reference_speech(matrix: NDArray[np.float32]) -> tuple[bytes, NDArray[np.float32]]:
    """Compress more than 8 rows column by column; also return what decompression must give."""
    minimum, width = matrix.min(), matrix.max() - matrix.min()
    header, values, restored = b"", b"", []
    for column in matrix.T:
        steps = reference_points(column, minimum, width)
        points = [minimum + width * np.float32(1.52590218966964e-05) * np.float32(s) for s in steps]
        levels = [reference_byte(value, points) for value in column]
        header += struct.pack("<4H", *steps)
        values += bytes(levels)
        restored.append([reference_value(level, points) for level in levels])
    sizes = struct.pack("<ffii", minimum, width, *matrix.shape)
    return b"CM " + sizes + header + values, np.array(restored, np.float32).T


@pytest.mark.parametrize("rows", [9, 10, 11, 50, 333])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_equals_the_slow_reference(rows: int, scale: float) -> None:
    generator = np.random.default_rng(rows)
    matrix = (generator.standard_normal((rows, 5)) * scale + generator.uniform(-9, 9, 5)).astype(
        np.float32
    )
    matrix[:, 3] = matrix[0, 3]
    expected, restored = reference_speech(matrix)
    assert compress(matrix) == expected
    np.testing.assert_array_equal(decompress(expected), restored)


def test_few_rows_take_two_bytes_a_value() -> None:
    matrix = np.random.default_rng(1).standard_normal((8, 7)).astype(np.float32)
    minimum, width = matrix.min(), matrix.max() - matrix.min()
    steps = [reference_step(value, minimum, width) for value in matrix.ravel()]
    data = compress(matrix)
    assert data == b"CM2 " + struct.pack("<ffii", minimum, width, 8, 7) + struct.pack(
        "<56H", *steps
    )
    assert np.abs(decompress(data) - matrix).max() <= width / 65535


def test_one_byte_format_is_read() -> None:
    data = b"CM3 " + struct.pack("<ffii", -1.0, 2.55, 2, 2) + bytes([0, 1, 2, 255])
    np.testing.assert_allclose(decompress(data), [[-1, -0.99], [-0.98, 1.55]], atol=1e-6)


@pytest.mark.parametrize("cached", [1, 300, 1 << 20])
def test_groups_of_columns_do_not_show(monkeypatch: pytest.MonkeyPatch, cached: int) -> None:
    matrix = np.random.default_rng(2).standard_normal((130, 7)).astype(np.float32)
    expected = compress(matrix)
    monkeypatch.setattr("speakernet.kaldi.compression._CACHED_VALUES", cached)
    assert compress(matrix) == expected


def test_columns_narrower_than_a_float_step_survive() -> None:
    matrix = np.full((20, 2), 1e6, np.float32)
    matrix[::2] += np.float32(0.0625)
    assert np.abs(decompress(compress(matrix)) - matrix).max() <= 0.0625


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(bad: float) -> None:
    matrix = np.zeros((10, 3), np.float32)
    matrix[4, 1] = bad
    with pytest.raises(ValueError, match="NaN, infinite"):
        compress(matrix)


def test_values_too_far_apart_for_a_width_are_refused() -> None:
    with pytest.raises(ValueError, match="huge"):
        compress(np.linspace(-3e38, 3e38, 40, dtype=np.float32).reshape(10, 4))


@pytest.mark.parametrize("data", [b"XX ", b"CM " + struct.pack("<ffii", 0, 0, -1, 4)])
def test_broken_headers_are_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="compressed matrix"):
        decompress(data)
