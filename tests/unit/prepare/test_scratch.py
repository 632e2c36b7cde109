"""A copy on a local disk: the same features, checked; what cannot be copied is said."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.kaldi.ark import read_matrix
from speakernet.kaldi.tables import iter_table
from speakernet.prepare import scratch
from speakernet.prepare.scratch import copy_to_scratch
from speakernet.work.record import compute_checksum, write_record
from tests.training.corpus import write_features


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = write_features(tmp_path / "data", num_speakers=3, num_each=5)
    (folder / "utt2num_frames").write_text("s00-00 50\n")
    (folder / ".features.lock").touch()
    return folder


def note_archive(data: Path) -> None:
    archive = data / "feats.ark"
    write_record(data / "archives.json", {}, {"feats.ark": compute_checksum(archive)})


def test_features_are_the_same_and_lie_elsewhere(data: Path, tmp_path: Path) -> None:
    note_archive(data)
    target = tmp_path / "local/copy"
    assert copy_to_scratch(data, target) == (data / "feats.ark").stat().st_size
    old, new = (list(iter_table(folder / "feats.scp")) for folder in (data, target))
    assert [key for key, _ in old] == [key for key, _ in new]
    for (_, before), (_, after) in zip(old, new, strict=True):
        assert after.startswith(f"{target}/")
        assert (read_matrix(before) == read_matrix(after)).all()
    names = {path.name for path in target.iterdir()}
    assert names == {"1.ark", "feats.scp", "utt2spk", "utt2num_frames"}


def test_packed_recordings_are_copied_and_other_entries_stay(data: Path, tmp_path: Path) -> None:
    (data / "feats.scp").unlink()
    entries = [f"a {data}/feats.ark:7", "b /elsewhere/b.wav", f"c cat {data}/feats.ark:9 |"]
    (data / "wav.scp").write_text("\n".join(entries) + "\n")
    copy_to_scratch(data, tmp_path / "copy")
    expected = [f"a {tmp_path}/copy/1.ark:7", *entries[1:]]
    assert (tmp_path / "copy/wav.scp").read_text().splitlines() == expected


def test_an_archive_that_has_changed_is_not_used(data: Path, tmp_path: Path) -> None:
    note_archive(data)
    content = bytearray((data / "feats.ark").read_bytes())
    content[-3] ^= 1
    (data / "feats.ark").write_bytes(content)
    with pytest.raises(UserError, match="is not what .*feats.ark was when it was made"):
        copy_to_scratch(data, tmp_path / "copy")


@pytest.mark.parametrize("size", [0, 40, None])
def test_a_file_that_is_not_the_archive_it_was(
    size: int | None, data: Path, tmp_path: Path
) -> None:
    archive = data / "feats.ark"
    content = archive.read_bytes()
    archive.write_bytes(content[:size] if size is not None else b"<html>" * len(content))
    with pytest.raises(UserError, match=r"feats\.ark: has no entry at byte \d+"):
        copy_to_scratch(data, tmp_path / "copy")
    assert not list((tmp_path / "copy").glob("*.ark"))


def test_too_little_room(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scratch, "free_bytes", lambda _: 256 << 20)
    with pytest.raises(UserError, match="have 0.0 GB, and 0.3 GB are free there"):
        copy_to_scratch(data, tmp_path / "copy")
    assert not list((tmp_path / "copy").glob("*.ark"))


@pytest.mark.parametrize(
    ("text", "message"),
    [("a b.wav\n", "no entries in archives"), ("a /no/such.ark:5\n", "expected an archive")],
)
def test_nothing_to_copy(text: str, message: str, data: Path, tmp_path: Path) -> None:
    (data / "feats.scp").write_text(text)
    with pytest.raises(UserError, match=message):
        copy_to_scratch(data, tmp_path / "copy")
