"""Parts of noises through a cache: the samples of the file, whatever was cached before."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from speakernet.audio.cached_parts import CachedParts
from speakernet.audio.reader import AudioReader
from speakernet.audio.shared_cache import SharedCache
from speakernet.config import UserError
from tests.recordings import speech_like

RATE = 8000
SAMPLES = speech_like(21 * RATE + 77, 5)


@pytest.mark.parametrize("suffix", ["flac", "wav"])
@pytest.mark.parametrize("megabytes", [0, 4])
def test_parts_are_those_of_the_file(tmp_path: Path, suffix: str, megabytes: int) -> None:
    path = tmp_path / f"noise.{suffix}"
    soundfile.write(path, SAMPLES, RATE, subtype="PCM_16")
    shared = SharedCache.create(megabytes << 20)
    parts = CachedParts(AudioReader(RATE), shared)
    assert parts.num_samples(str(path)) == len(SAMPLES)
    rng = np.random.default_rng(1)
    for _ in range(40):
        first, count = int(rng.integers(len(SAMPLES))), int(rng.integers(1, 12 * RATE))
        part = parts.read(str(path), first, count)
        np.testing.assert_array_equal(part, SAMPLES[first : first + count])
    cached = suffix == "flac" and megabytes > 0
    assert (shared.counts().hits > 30) == cached
    assert (shared.counts().used_bytes > 0) == cached


def test_other_readers_find_what_one_has_decoded(tmp_path: Path) -> None:
    path = tmp_path / "noise.flac"
    soundfile.write(path, SAMPLES, RATE, subtype="PCM_16")
    shared = SharedCache.create(4 << 20)
    CachedParts(AudioReader(RATE), shared).read(str(path), 0, len(SAMPLES))
    misses = shared.counts().misses
    other = CachedParts(AudioReader(RATE), SharedCache.attach(shared.address))
    np.testing.assert_array_equal(other.read(str(path), 9 * RATE, 400), SAMPLES[9 * RATE :][:400])
    assert shared.counts().misses == misses


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "noise.flac").write_bytes(b"fLaC no audio")
    with pytest.raises(UserError, match=r"noise\.flac: "):
        CachedParts(AudioReader(RATE), SharedCache.create(0)).num_samples(f"{tmp_path}/noise.flac")
