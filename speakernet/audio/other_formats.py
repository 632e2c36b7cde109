"""Files that hold no audio, or audio that soundfile does not read: what they are, what to do.

Of formats whose header has the size of the file, and of ogg, whose last page is marked, a file that
was cut short is found here: libsndfile reads such a one as far as it goes, without a word.
"""

import io
from typing import BinaryIO

from speakernet.config.errors import UserError
from speakernet.work.input_files import kind_of

FFMPEG_ENTRY = "ffmpeg -v error -nostdin -i FILE -ac 1 -ar 16000 -f wav -acodec pcm_s16le - |"
"""What reads FILE as an entry of wav.scp where this process does not."""
_SPHERE = "sph2pipe -f wav FILE |"

# Where a name stands in the first bytes, the name, what it is called, and the entry that reads it
# if this process does not.
_READERS: tuple[tuple[int, bytes, str, str], ...] = (
    (4, b"ftyp", "MPEG-4 (m4a)", ""),
    (0, b"\x30\x26\xb2\x75", "Windows Media (wma)", ""),
    (0, b"\x1aE\xdf\xa3", "Matroska or WebM", ""),
    (0, b"#!AMR", "AMR", ""),
    (0, b"\xff\xf1", "AAC", ""),
    (0, b"\xff\xf9", "AAC", ""),
    (0, b"wvpk", "WavPack", ""),
    (0, b"MAC ", "Monkey's Audio", ""),
    (0, b"RIFF", "a RIFF file that is no wav file", FFMPEG_ENTRY),
    (0, b"NIST_1A", "NIST SPHERE", _SPHERE),
)
_APPLE_DOUBLE = b"\0\5\x16\7"
_UNKNOWN = 0xFFFFFFFF
_OGG_TAIL_BYTES = 1 << 17


def remedy(head: bytes) -> str:
    """Return what a file that could not be read is, and how to read it; empty if not known."""
    if head.startswith(_APPLE_DOUBLE):
        return "; this is a ._ file of macOS, which holds no audio"
    for place, name, kind, entry in _READERS:
        if head[place:].startswith(name) and head[8:12] != b"WAVE":
            reads = f", which the wav.scp entry '{entry}' reads" if entry else ""
            return f"; this is {kind}{reads}"
    kind = kind_of(head)
    return (
        f"; this is {kind}"
        if kind and not kind.endswith(("wav file", "flac file", "ogg file"))
        else ""
    )


def check_whole(stream: BinaryIO, head: bytes, offset: int) -> None:
    """Raise UserError for a file at ``offset`` that was cut short; leaves ``stream`` there."""
    available = stream.seek(0, io.SEEK_END) - offset
    declared = _declared_size(head)
    if declared > available:
        raise UserError(f"truncated: the header promises {declared} bytes, found {available}")
    if head.startswith(b"OggS") and not _has_last_page(stream, available):
        raise UserError("truncated: the last page of the ogg stream is missing")
    stream.seek(offset)


def _declared_size(head: bytes) -> int:
    if head.startswith((b"FORM", b"RIFX")):
        return 8 + int.from_bytes(head[4:8], "big")
    if head.startswith(b".snd"):
        size = int.from_bytes(head[8:12], "big")
        return 0 if size == _UNKNOWN else int.from_bytes(head[4:8], "big") + size
    return 0


def _has_last_page(stream: BinaryIO, available: int) -> bool:
    stream.seek(-min(available, _OGG_TAIL_BYTES), io.SEEK_END)
    tail = stream.read()
    page = tail.rfind(b"OggS")
    return page >= 0 and bool(tail[page + 5 : page + 6]) and bool(tail[page + 5] & 4)
