"""Lengths and parts of utterances equal those of the whole, for every kind of entry."""

import multiprocessing
from pathlib import Path
from shutil import which

import numpy as np
import pytest
import soundfile

from speakernet.arrays import Float32
from speakernet.audio.reader import AudioReader
from speakernet.audio.wav import write_wav
from speakernet.config import UserError
from speakernet.kaldi.wav_scp import Utterance

from .encoded import encode, speech, wav

ENTRIES = {
    "{wav}": 0,
    "{flac}": 0,
    "{stereo}": 0,
    "{other}": 1,
    "{ark}:7": 0,
    "sox -t wav {wav} -t wav - speed 0.9 |": 1,
    "sox {flac} -t wav - speed 1.1 |": 1,
    "cat {wav} | wav-reverberate --volume=0.5 - - |": 0,
    "cat < {wav} |": 0,
}
COMPRESSED = {
    "{m4a}": 1,
    "ffmpeg -v 8 -i {m4a} -f wav -acodec pcm_s16le - |": 1,
    "ffmpeg -v 8 -i {mp3} -ac 1 -ar 16000 -f wav - |": 1,
    "ffmpeg -v 8 -i {flac} -f wav - |": 1,
    "{mp3}": 1,
}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    paths = {name: tmp_path / f"{name}.{name}" for name in ("wav", "flac", "ark", "m4a", "mp3")}
    samples = speech(40_000)
    wav(paths["wav"], samples)
    soundfile.write(paths["flac"], samples, 16000)
    paths["ark"].write_bytes(b"u1     " + paths["wav"].read_bytes())
    paths["stereo"] = tmp_path / "stereo.wav"
    soundfile.write(paths["stereo"], speech(40_000, channels=2), 16000)
    paths["other"] = tmp_path / "other.wav"
    write_wav(paths["other"], speech(88_200, 44_100)[:, 0], 44_100)
    if which("ffmpeg"):
        encode(paths["m4a"], samples, 16000)
        encode(paths["mp3"], speech(88_200, 44_100, 2), 44_100)
    return {name: str(path) for name, path in paths.items()}


def assert_parts(utterance: Utterance, tolerance: int) -> Float32:
    reader = AudioReader()
    whole = reader.read_utterance(utterance)
    length = len(whole)
    assert reader.num_samples(utterance) == length
    for first, number in ((0, 50), (length // 2, 7000), (length - 300, 900), (length, 5), (1, 1)):
        part = reader.read_part(utterance, first, number)
        assert part.dtype == np.float32
        assert part.shape == whole[first : first + number].shape
        np.testing.assert_allclose(part, whole[first : first + number], rtol=0, atol=tolerance)
    return whole


@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("times", [(None, None), (0.3, 1.7), (1.0, -1)])
def test_parts(files: dict[str, str], entry: str, times: tuple[float, float]) -> None:
    assert_parts(Utterance("a", entry.format(**files), "x:1", *times), ENTRIES[entry])


@pytest.mark.skipif(not which("ffmpeg"), reason="needs the program ffmpeg")
@pytest.mark.parametrize("entry", COMPRESSED)
@pytest.mark.parametrize("times", [(None, None), (0.3, 1.7)])
def test_parts_of_compressed(files: dict[str, str], entry: str, times: tuple[float, float]) -> None:
    assert_parts(Utterance("a", entry.format(**files), "x:1", *times), COMPRESSED[entry])


def test_the_channel_that_is_asked_for(files: dict[str, str]) -> None:
    utterance = Utterance("a", files["stereo"], "x:1")
    for channel in ("1", "average"):
        reader = AudioReader(channel=channel)
        whole = reader.read_utterance(utterance)
        np.testing.assert_array_equal(reader.read_part(utterance, 90, 80), whole[90:170])


def test_errors_are_those_of_the_whole(files: dict[str, str], tmp_path: Path) -> None:
    reader = AudioReader()
    utterances = [
        Utterance("a", str(tmp_path / "none.wav"), "x:7"),
        Utterance("a", files["wav"], "x:7", 1.0, 9.0),
        Utterance("a", "-", "x:7"),
        Utterance("a", "false |", "x:7"),
        Utterance("a", files["wav"], "x:7", problem="found '3 1'"),
    ]
    for utterance in utterances:
        with pytest.raises(UserError) as expected:
            reader.read_utterance(utterance)
        for use in (reader.num_samples, lambda u: reader.read_part(u, 0, 10)):
            with pytest.raises(UserError) as found:
                use(utterance)
            assert str(found.value) == str(expected.value)
            assert str(found.value).startswith("x:7: utterance 'a': ")


@pytest.mark.skipif(not which("ffmpeg"), reason="needs the program ffmpeg")
def test_a_file_that_is_open_in_two_processes(files: dict[str, str]) -> None:
    """A forked process does not move the place in its parent's file."""
    utterance, reader = Utterance("a", files["m4a"], "x:1"), AudioReader()
    whole = reader.read_utterance(utterance)
    reader.read_part(utterance, 0, 2000)
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    child = context.Process(target=lambda: queue.put(reader.read_part(utterance, 20_000, 9000)))
    child.start()
    np.testing.assert_array_equal(queue.get(timeout=60), whole[20_000:29_000])
    child.join()
    np.testing.assert_array_equal(reader.read_part(utterance, 2000, 9000), whole[2000:11_000])
