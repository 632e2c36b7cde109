"""Noises and music are cut and named as in MUSAN."""

import re
from pathlib import Path

import pytest
import soundfile
from corpus_tables import SoundRow
from sounds import write_sounds
from utterances import Clip

from tests.unit.local.debian_voices.debs import tone, wav_bytes


def row(kind: str) -> SoundRow:
    return SoundRow(kind, "source", "package", re.compile(".*"), "folk", False)


def test_a_noise_is_trimmed_and_no_longer_than_half_a_minute(tmp_path: Path) -> None:
    clips = [
        Clip("b.wav", wav_bytes(tone(40.0))),
        Clip("a.wav", wav_bytes(tone(1.0))),
        Clip("c.wav", wav_bytes(tone(0.1))),
        Clip("d.wav", b"RIFF"),
    ]
    sounds = write_sounds(tmp_path, row("noise"), clips)
    assert sounds.annotations == ["noise-source-0000 a.wav", "noise-source-0001 b.wav"]
    assert (sounds.num_files, sounds.num_dropped) == (4, 2)
    lengths = [soundfile.info(path).frames / 16000 for path in sorted(tmp_path.iterdir())]
    assert lengths == pytest.approx([1.0, 30.0], abs=0.1)
    assert sounds.seconds == pytest.approx(sum(lengths))


@pytest.mark.parametrize(("seconds", "num_pieces"), [(10.0, 0), (20.0, 1), (50.0, 3), (90.0, 4)])
def test_music_gives_pieces_from_all_over_the_file(
    tmp_path: Path, seconds: float, num_pieces: int
) -> None:
    clip = Clip("song.wav", wav_bytes(tone(seconds, rate_hz=8000), 8000))
    sounds = write_sounds(tmp_path, row("music"), [clip])
    expected = [f"music-source-{n:04d} folk N source" for n in range(num_pieces)]
    assert sounds.annotations == expected
    assert sounds.num_dropped == (not num_pieces)
    for path in tmp_path.iterdir():
        assert soundfile.info(path).frames == 20 * 16000
