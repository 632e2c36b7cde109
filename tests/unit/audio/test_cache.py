"""What stays in memory of files that are read again and again."""

from pathlib import Path

import numpy as np
import pytest

from speakernet.audio.cache import FileCache
from speakernet.audio.wav import write_wav
from speakernet.config import UserError
from speakernet.kaldi.audio_nodes import AudioFile

BYTES = 40_000


def write_files(folder: Path, count: int) -> list[AudioFile]:
    """Write files of 20,000 samples, each with its number as all samples."""
    files = []
    for number in range(count):
        path = folder / f"{number}.wav"
        write_wav(path, np.full(BYTES // 2, number, dtype=np.int16), 16000)
        files.append(AudioFile(str(path)))
    return files


def is_kept(cache: FileCache, file: AudioFile) -> bool:
    """Whether the cache needs no file any more."""
    path = Path(file.path)
    path.rename(path.with_suffix(".away"))
    try:
        cache.read(file)
        return True
    except UserError:
        return False
    finally:
        path.with_suffix(".away").rename(path)


def test_the_files_used_last_are_kept(tmp_path: Path) -> None:
    files = write_files(tmp_path, 4)
    cache = FileCache(max_bytes=3 * BYTES)
    for file in (files[0], files[1], files[2], files[0], files[3]):
        assert cache.read(file).samples[0, 0] == files.index(file)
    # The second was used longest ago; looking at the others changes nothing about it.
    assert [is_kept(cache, files[number]) for number in (0, 2, 3, 1)] == [True, True, True, False]


def test_one_file_is_kept_however_large(tmp_path: Path) -> None:
    first, second = write_files(tmp_path, 2)
    cache = FileCache(max_bytes=1)
    cache.read(first)
    assert is_kept(cache, first)
    cache.read(second)
    assert is_kept(cache, second) and not is_kept(cache, first)


def test_the_head_of_a_file_serves_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    samples = np.random.default_rng(1).integers(-3000, 3000, 200_000).astype(np.int16)
    write_wav(path, samples, 16000)
    cache, file = FileCache(max_bytes=1 << 20), AudioFile(str(path))
    head = cache.read(file, 100)
    assert 100 <= len(head.samples) < 200_000
    assert cache.read(file, len(head.samples)) is head
    longer = cache.read(file, len(head.samples) + 1)
    np.testing.assert_array_equal(longer.samples[:, 0], samples[: len(longer.samples)])
    assert len(longer.samples) > len(head.samples)
    whole = cache.read(file)
    np.testing.assert_array_equal(whole.samples[:, 0], samples)
    assert cache.read(file, 100) is cache.read(file, 10**9) is whole


def test_a_head_that_is_the_whole_file_is_known_as_such(tmp_path: Path) -> None:
    (file,) = write_files(tmp_path, 1)
    cache = FileCache(max_bytes=1 << 20)
    whole = cache.read(file, 100)  # shorter than what is read of a file at least
    assert len(whole.samples) == BYTES // 2
    assert cache.read(file) is cache.read(file, 10**9) is whole


def test_a_longer_head_takes_the_place_of_the_shorter(tmp_path: Path) -> None:
    """Or the bytes of both would be counted, and others dropped too early."""
    path = tmp_path / "long.wav"
    write_wav(path, np.ones(200_000, dtype=np.int16), 16000)
    (other,) = write_files(tmp_path, 1)
    cache = FileCache(max_bytes=400_000 + BYTES)
    cache.read(other)
    for wanted in (100, 100_000, 150_000, None):
        cache.read(AudioFile(str(path)), wanted)
    assert is_kept(cache, other)


def test_places_in_one_archive_are_files_of_their_own(tmp_path: Path) -> None:
    files = write_files(tmp_path, 2)
    archive = tmp_path / "wavs.ark"
    archive.write_bytes(b"".join(Path(file.path).read_bytes() for file in files))
    cache = FileCache(max_bytes=1 << 20)
    for number, offset in enumerate((0, BYTES + 44)):
        assert cache.read(AudioFile(str(archive), offset)).samples[0, 0] == number


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        FileCache(1000).read(AudioFile(str(tmp_path / "none.wav")))
