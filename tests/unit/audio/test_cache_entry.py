"""Sums and sizes of what the cache stores."""

import numpy as np
import pytest

from speakernet.audio.cache_entry import BLOCK_BYTES, block_sums, describe


@pytest.mark.parametrize("size", [0, 1, 8, 4095, BLOCK_BYTES, BLOCK_BYTES + 3, 3 * BLOCK_BYTES + 9])
def test_sums_are_those_of_the_words_of_each_block(size: int) -> None:
    data = np.random.default_rng(size).integers(0, 256, size).astype(np.uint8)
    content, expected = data.tobytes(), []
    for start in range(0, size, BLOCK_BYTES):
        block = content[start : min(start + BLOCK_BYTES, size)]
        words = [block[i : i + 8].ljust(8, b"\0") for i in range(0, len(block), 8)]
        expected.append(sum(int.from_bytes(word, "little") for word in words) % (1 << 64))
    assert block_sums(data).tolist() == expected


@pytest.mark.parametrize("shape", [(70_001,), (40_000, 3)])
def test_rows_are_in_the_blocks_that_are_said(shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    entry, content = describe(array), array.reshape(-1).view(np.uint8)
    for first, count in ((0, 1), (8191, 2), (8192, 8192), (39_990, None), (90_000, 5)):
        rows = entry.rows(first, count)
        blocks = entry.blocks(rows)
        data = content[blocks.start * BLOCK_BYTES : blocks.stop * BLOCK_BYTES]
        stop = None if count is None else first + count
        assert np.array_equal(entry.cut(data, rows), array[first:stop])
