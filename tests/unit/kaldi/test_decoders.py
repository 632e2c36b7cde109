"""Which commands only decode, as corpora's scripts write them; others are not recognised."""

import pytest

from speakernet.kaldi.decoders import Decoding, parse_ffmpeg, parse_flac

DECODING = {
    # Kaldi's make_voxceleb2.pl, and make_voxceleb1.pl of hyperion
    "-v 8 -i x/a.m4a -f wav -acodec pcm_s16le -": Decoding("x/a.m4a", None, None),
    # ours
    "-nostdin -v error -i a.m4a -ac 1 -ar 16000 -f wav -acodec pcm_s16le -": Decoding(
        "a.m4a", 16000, 1
    ),
    # voxceleb_trainer's and wespeaker's options
    "-y -i a.m4a -ac 1 -vn -acodec pcm_s16le -ar 16000 -f wav pipe:1": Decoding("a.m4a", 16000, 1),
    "-loglevel quiet -hide_banner -threads 1 -i a.mp3 -f wav pipe:": Decoding("a.mp3", None, None),
    "-i a.mp4 -c:a pcm_s16le -ar 8k -v 0 -f wav -sn -dn -": Decoding("a.mp4", 8000, None),
    "-i a.webm -codec:a pcm_s16le -ar 8000 -ar 44100 -f wav -y -": Decoding("a.webm", 44100, None),
    "-i /data/12:30.m4a -f wav /dev/stdout": Decoding("/data/12:30.m4a", None, None),
}
MORE = [
    "",
    "-i",
    "-i a.m4a -",
    "-i a.m4a -f wav",
    "-i a.m4a -f wav b.wav",
    "-i a.m4a -i b.m4a -f wav -",
    "-ss 3 -i a.m4a -f wav -",
    "-i a.m4a -t 3 -f wav -",
    "-i a.m4a -af volume=2 -f wav -",
    "-i a.m4a -ac 2 -f wav -",
    "-ac 1 -i a.m4a -f wav -",
    "-ar 16000 -i a.m4a -f wav -",
    "-f wav -i a.m4a -",
    "-i a.m4a -f flac -",
    "-i a.m4a -f s16le -",
    "-i a.m4a -acodec pcm_s24le -f wav -",
    "-i a.m4a -map 0:2 -f wav -",
    "-i a.m4a -ar 0 -f wav -",
    "-i a.m4a -ar fast -f wav -",
    "-i a.m4a -f wav - -ac 1",
    "-i a.m4a -f wav -ar -",
    "-i http://x/a.m4a -f wav -",
    "-i concat:a|b -f wav -",
    "-i pipe:0 -f wav -",
    "-i - -f wav -",
]


@pytest.mark.parametrize(("words", "decoding"), DECODING.items())
def test_commands_that_only_decode(words: str, decoding: Decoding) -> None:
    assert parse_ffmpeg(words.split(" ")) == decoding


@pytest.mark.parametrize("words", MORE)
def test_commands_that_do_more(words: str) -> None:
    assert parse_ffmpeg(words.split()) is None


@pytest.mark.parametrize(
    ("words", "path"),
    [
        ("-c -d -s a.flac", "a.flac"),
        ("-dcs a.flac", "a.flac"),
        ("--decode --stdout --totally-silent a.flac", "a.flac"),
        ("-d a.flac", None),
        ("-c -d -s a.flac b.flac", None),
        ("-c -d --skip=100 a.flac", None),
        ("-c -s a.wav", None),
        ("-c -d -", None),
        ("", None),
    ],
)
def test_flac(words: str, path: str | None) -> None:
    assert parse_flac(words.split()) == path
