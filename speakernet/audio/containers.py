"""Which of libav's demuxers reads a file, by what the file begins with, never by its name.

A demuxer that is named can only read this file; one that libav chooses may be a playlist's, which
opens other files and addresses.
"""

from typing import BinaryIO

_MAGIC: tuple[tuple[int, bytes, str], ...] = (
    (4, b"ftyp", "mp4"),
    (4, b"moov", "mp4"),
    (4, b"mdat", "mp4"),
    (0, b"\x30\x26\xb2\x75", "asf"),
    (0, b"\x1aE\xdf\xa3", "matroska"),
    (0, b"#!AMR", "amr"),
    (0, b"wvpk", "wv"),
    (0, b"MAC ", "ape"),
)
# Other codecs in ogg are soundfile's.
_OGG_CODECS = (b"OpusHead", b"Speex   ")
_OGG_HEAD_BYTES = 512
_ID3_BYTES = 10


def demuxer_of(stream: BinaryIO, head: bytes, offset: int, *, any_ogg: bool = False) -> str:
    """Return the demuxer of compressed audio at ``offset``, which begins with ``head``.

    Empty for wav, flac and everything that is no known format, and for ogg vorbis without
    ``any_ogg``.
    """
    if head[:3] == b"ID3":
        return _behind_tag(stream, head, offset)
    if head.startswith(b"OggS"):
        return (
            "ogg"
            if any_ogg or any(codec in head[:_OGG_HEAD_BYTES] for codec in _OGG_CODECS)
            else ""
        )
    for place, magic, name in _MAGIC:
        if head[place:].startswith(magic):
            return name
    return _by_sync_word(head)


def _behind_tag(stream: BinaryIO, head: bytes, offset: int) -> str:
    """Return what follows an ID3 tag: mp3 and AAC have such tags, some flac files, too."""
    if len(head) < _ID3_BYTES or max(head[6:_ID3_BYTES]) > 0x7F:
        return ""
    size = _ID3_BYTES + int("".join(f"{byte:07b}" for byte in head[6:_ID3_BYTES]), 2)
    stream.seek(offset + size)
    behind = stream.read(4)
    if behind == b"fLaC":
        return ""
    return _by_sync_word(behind) or "mp3"


def _by_sync_word(head: bytes) -> str:
    """Return the demuxer of frames that begin with eleven or twelve bits of one."""
    if len(head) < 3 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return ""
    if head[1] & 0xF6 == 0xF0:  # layer 0: ADTS
        return "aac"
    has_layer = head[1] & 0x06 != 0 and head[1] & 0x18 != 0x08
    has_rates = head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C
    return "mp3" if has_layer and has_rates else ""
