"""Archives of audio: places, frames, bounded reading, several files of bounded size."""

import io
from pathlib import Path

import pytest

from speakernet.config.errors import UserError
from speakernet.kaldi.audio_archives import AudioArchives, FilePart, frame_of, framed_file
from speakernet.kaldi.tables import read_table

FILES = {"a": b"fLaC first", "b-ä": b"", "c": bytes(range(256)) * 300}


def write(prefix: Path, *, framed: bool, max_bytes: int = 1 << 20) -> dict[str, str]:
    with AudioArchives(prefix, framed=framed, max_bytes=max_bytes) as archives:
        for name, data in FILES.items():
            archives.write(name, data)
    return read_table(prefix.with_name(f"{prefix.name}.scp"))


def bytes_at(place: str) -> bytes:
    path, _, offset = place.rpartition(":")
    with open(path, "rb") as stream:
        stream.seek(int(offset))
        framed = framed_file(stream, stream.read(20), int(offset))
        assert framed is not None
        return framed.read()


def test_each_file_is_read_to_its_end_and_no_further(tmp_path: Path) -> None:
    scp = write(tmp_path / "audio.1", framed=True)
    assert {name: bytes_at(place) for name, place in scp.items()} == FILES


def test_without_frames_an_object_follows_its_id_and_a_space(tmp_path: Path) -> None:
    scp = write(tmp_path / "audio.1", framed=False)
    data = (tmp_path / "audio.1.1.ark").read_bytes()
    assert data == b"".join(f"{name} ".encode() + file for name, file in FILES.items())
    assert scp["a"] == f"{tmp_path}/audio.1.1.ark:2"


def test_the_frame_is_kaldiios() -> None:
    assert frame_of(b"x" * 5) == b"AUDIO\x01\x05"
    assert frame_of(b"x" * 0x1234) == b"AUDIO\x02\x34\x12"


def test_archives_are_of_bounded_size_but_for_one_large_object(tmp_path: Path) -> None:
    scp = write(tmp_path / "audio.3", framed=False, max_bytes=10)
    names = [place.rpartition(":")[0].rpartition("/")[2] for place in scp.values()]
    assert names == ["audio.3.1.ark", "audio.3.2.ark", "audio.3.3.ark"]
    assert (tmp_path / "audio.3.3.ark").stat().st_size == 2 + len(FILES["c"])


def test_an_old_index_does_not_outlive_the_begin_of_new_archives(tmp_path: Path) -> None:
    write(tmp_path / "x", framed=False)
    with pytest.raises(KeyError), AudioArchives(tmp_path / "x", framed=False) as archives:
        archives.write("a", b"other")
        raise KeyError
    assert [path.name for path in tmp_path.iterdir()] == ["x.1.ark"]


@pytest.mark.parametrize("name", ["", "a b", " a"])
def test_ids_with_white_space_are_refused(tmp_path: Path, name: str) -> None:
    with (
        pytest.raises(UserError, match="cannot be a key"),
        AudioArchives(tmp_path / "x", framed=True) as archives,
    ):
        archives.write(name, b"")


def test_a_part_is_a_file_of_its_own() -> None:
    part = FilePart(io.BytesIO(b"0123456789"), 2, 5)
    assert part.read() == b"23456"
    assert part.read(1) == b""
    assert (part.seek(-2, io.SEEK_END), part.read(9), part.tell()) == (3, b"56", 5)
    assert (part.seek(1), part.seek(1, io.SEEK_CUR), part.read(1)) == (1, 2, b"4")
    assert (part.seek(70), part.read(1)) == (70, b"")
    with pytest.raises(ValueError, match="negative seek position -1"):
        part.seek(-1)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"AUDIO\x02\x34\x12short", "truncated: the archive promises 4660 bytes, found 5"),
        (b"AUDIO\x00", "a frame whose length has 0 bytes; expected 1 to 8"),
        (b"AUDIO\x09" + bytes(20), "has 9 bytes; expected 1 to 8"),
        (b"AUDIO\x04\x01", "has 4 bytes; expected 1 to 8"),
    ],
)
def test_damaged_frames_are_errors(data: bytes, problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        framed_file(io.BytesIO(data), data, 0)


@pytest.mark.parametrize("data", [b"RIFF\x01\x05xxxx", b"AUDIO", b""])
def test_what_has_no_frame(data: bytes) -> None:
    assert framed_file(io.BytesIO(data), data, 0) is None
