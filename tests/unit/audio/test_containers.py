"""Formats are told by what files hold, and only what libav shall read has a demuxer."""

import io

import pytest

from speakernet.audio.containers import demuxer_of

ID3 = b"ID3\4\0\0\0\0\1\x48" + bytes(200)  # 128 + 72 bytes follow the ten of the header
HEADS = {
    b"\0\0\0\x20ftypM4A ": "mp4",
    b"\0\0\1\0moov": "mp4",
    b"\x1aE\xdf\xa3": "matroska",
    b"\x30\x26\xb2\x75\x8e\x66": "asf",
    b"#!AMR\n": "amr",
    b"\xff\xf1\x60": "aac",
    b"\xff\xfb\x90": "mp3",
    b"\xff\xf3\x40": "mp3",
    ID3 + b"\xff\xfb\x90\0": "mp3",
    ID3 + b"\xff\xf1\x60\0": "aac",
    ID3 + b"fLaC": "",
    ID3 + b"abcd": "mp3",
    b"ID3\xff": "",
    b"OggS" + bytes(24) + b"OpusHead": "ogg",
    b"OggS" + bytes(24) + b"\1vorbis": "",
    b"RIFF\0\0\0\0WAVE": "",
    b"fLaC": "",
    b"#EXTM3U\n": "",
    b"ffconcat version 1.0\n": "",
    b"\xff\xff\xff": "",
    b"\xff": "",
    b"": "",
}


@pytest.mark.parametrize("head", HEADS)
def test_by_content(head: bytes) -> None:
    data = b"x" * 5 + head
    assert demuxer_of(io.BytesIO(data), head[:4096], 5) == HEADS[head]
