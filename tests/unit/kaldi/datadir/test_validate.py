"""Every kind of fault in a data directory is found, with file and line."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.kaldi import datadir
from tests.unit.kaldi.datadir.data_dirs import UTTERANCES, make, write


def faults(text: str) -> dict[str, list[str]]:
    """Return the columns after the first, by the first; \\n and \\r are line ends."""
    rows = [line.split(" ~ ") for line in text.strip().splitlines()]
    return {
        name: [cell.replace(r"\n", "\n").replace(r"\r", "\r") for cell in cells]
        for name, *cells in rows
    }


@pytest.mark.parametrize("segments", [False, True])
def test_a_good_directory_passes(tmp_path: Path, segments: bool) -> None:
    datadir.validate(make(tmp_path / "a", segments=segments))


# Name of the fault, table, what is there, what comes in its place, message.
BROKEN = faults(
    r"""
three fields ~ utt2spk ~ s1-u0 s1\n ~ s1-u0 s1 x\n ~ utt2spk:1: found 3 fields
one field ~ utt2spk ~ s1-u0 s1\n ~ s1-u0\n ~ utt2spk:1: found 1 fields
duplicate ~ utt2spk ~ s1-u1 s1 ~ s1-u0 s1 ~ utt2spk:2: duplicate id 's1-u0'
order ~ utt2spk ~ s1-u0 s1\ns1-u1 s1\n ~ s1-u1 s1\ns1-u0 s1\n ~ utt2spk:2: 's1-u0' comes
speakers ~ utt2spk ~ s2-u0 s2 ~ s2-u0 s5 ~ utt2spk:5: speaker 's3-é'.*prefixes
inversion ~ spk2utt ~ s2 s2-u0 ~ s2 s2-u1 ~ spk2utt:2: not the inversion
unsorted ~ wav.scp ~ s1-u0 sox ~ s1-u8 sox ~ wav.scp:2: 's1-u1' comes after 's1-u8'
unknown ~ feats.scp ~ s2-u0 ~ s2-u1 ~ feats.scp:4: 's2-u0' of .*utt2spk is missing
extra ~ feats.scp ~ s2-u0 ~ s1-u9 ~ feats.scp:4: 's1-u9' is not in .*utt2spk
windows ~ wav.scp ~ s1-u0.wav - |\n ~ s1-u0.wav - |\r\n ~ wav.scp:1: .*CR LF
no value ~ wav.scp ~ s1-u0 sox s1-u0.wav - | ~ s1-u0 ~ wav.scp:1: 's1-u0' has no value
underscore ~ utt2dur ~ s2-u0 4.5 ~ s2-u0 4_5 ~ utt2dur:4: 's2-u0' 4_5; expected a positive
duration ~ utt2dur ~ s2-u0 4.5 ~ s2-u0 0 ~ utt2dur:4: 's2-u0' 0; expected a positive
nan ~ utt2dur ~ s2-u0 4.5 ~ s2-u0 nan ~ utt2dur:4: .* positive
frames ~ utt2num_frames ~ s2-u0 0  ~ s2-u0 1.5 ~ utt2num_frames:4: .* whole number
gender ~ spk2gender ~ s2 f ~ s2 x ~ spk2gender:2: expected m or f
shift ~ frame_shift ~ 0.01 ~ -1 ~ frame_shift:1: expected a positive
speaker ~ spk2gender ~ s2 f\n ~  ~ spk2gender:2: 's2' of .*spk2utt is missing
"""
)


@pytest.mark.parametrize("fault", BROKEN)
def test_faults_are_found(tmp_path: Path, fault: str) -> None:
    path = make(tmp_path / "a")
    name, old, new, message = BROKEN[fault]
    text = (path / name).read_text()
    assert old in text
    (path / name).write_bytes(text.replace(old, new, 1).encode())
    with pytest.raises(UserError, match=message):
        datadir.validate(path)


SEGMENTS = faults(
    r"""
end ~ segments ~ s2-u0 rec-s2 3 4.5 ~ s2-u0 rec-s2 3 3 ~ segments:4: .* start < end
text ~ segments ~ s2-u0 rec-s2 3 4.5 ~ s2-u0 rec-s2 x 3 ~ segments:4: .* start < end
fields ~ segments ~ s2-u0 rec-s2 3 4.5 ~ s2-u0 rec-s2 3 ~ segments:4: found 3 fields
unused ~ segments ~ s2-u0 rec-s2 ~ s2-u0 rec-s1 ~ 'rec-s2' is not in segments
missing ~ wav.scp ~ rec-s2 sox rec-s2.wav - |\n ~  ~ 'rec-s2' of segments is missing
"""
)


@pytest.mark.parametrize("fault", SEGMENTS)
def test_faults_with_segments(tmp_path: Path, fault: str) -> None:
    path = make(tmp_path / "a", segments=True)
    name, old, new, message = SEGMENTS[fault]
    text = (path / name).read_text()
    assert old in text
    (path / name).write_text(text.replace(old, new, 1))
    with pytest.raises(UserError, match=message):
        datadir.validate(path)


@pytest.mark.parametrize("name", ["utt2spk", "spk2utt", "wav.scp", "feats.scp"])
def test_missing_and_empty_files(tmp_path: Path, name: str) -> None:
    path = make(tmp_path / "a")
    (path / name).write_text("")
    with pytest.raises(UserError, match=f"{name}: the file is empty"):
        datadir.validate(path)
    (path / name).unlink()
    with pytest.raises(UserError, match=f"{name}: no such file"):
        datadir.validate(path)


def test_what_need_not_exist(tmp_path: Path) -> None:
    path = make(tmp_path / "a")
    (path / "feats.scp").unlink()
    (path / "wav.scp").unlink()
    (path / "reco2dur").unlink()
    datadir.validate(path, feats=False, wav=False)
    with pytest.raises(UserError, match=r"text: no such file.*--no-text"):
        datadir.validate(path, feats=False, wav=False, text=True)
    with pytest.raises(UserError, match="no such data directory"):
        datadir.validate(tmp_path / "none")


def test_text_must_be_printable_unless_told(tmp_path: Path) -> None:
    path = make(tmp_path / "a")
    write(path / "text", [f"{utt} a\u200bb" for utt in UTTERANCES])
    datadir.validate(path, text=True, non_print=True)
    with pytest.raises(UserError, match="text:1: character that cannot be printed"):
        datadir.validate(path, text=True)


def test_speakers_out_of_order_are_allowed_when_told(tmp_path: Path) -> None:
    path = make(tmp_path / "a")
    write(path / "utt2spk", [f"{utt} {'zyx'[n % 3]}" for n, utt in enumerate(UTTERANCES)])
    (path / "spk2gender").unlink()
    datadir.fix(path)
    datadir.validate(path, spk_sort=False)
    assert [line[0] for line in (path / "spk2utt").read_text().splitlines()] == ["x", "y", "z"]
    with pytest.raises(UserError, match="prefixes"):
        datadir.validate(path)


def test_two_spellings_of_one_speaker(tmp_path: Path) -> None:
    path = make(tmp_path / "a", ["zoe\u0308-u0", "zo\u00eb-u0"])
    with pytest.raises(UserError, match="utt2spk: .*are one text in two spellings"):
        datadir.validate(path)
    path = make(tmp_path / "b")
    text = (path / "wav.scp").read_text()
    (path / "wav.scp").write_text(text.replace("s3-é-u0 sox", "s3-e\u0301-u0 sox"))
    with pytest.raises(UserError, match=r"wav.scp:5: .*by Unicode normalisation"):
        datadir.validate(path)
