"""Copies under other ids, with the source's audio or another."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.kaldi import datadir
from speakernet.kaldi.datadir import Affixes, AudioChange, NewAudio
from speakernet.kaldi.tables import iter_table, read_table
from tests.unit.kaldi.datadir.data_dirs import UTTERANCES, content, make, speakers_of, write


def test_copy_puts_ids_in_order_again(tmp_path: Path) -> None:
    source = make(tmp_path / "a", ["s-u1", "s-u1-x"])
    datadir.copy(source, tmp_path / "b", Affixes(utt_suffix="_1", spk_suffix="_1"))
    datadir.validate(tmp_path / "b")
    assert list(speakers_of(tmp_path / "b")) == ["s-u1-x_1", "s-u1_1"]


def test_copy_keeps_recordings_and_their_segments(tmp_path: Path) -> None:
    source = make(tmp_path / "a", segments=True)
    datadir.copy(source, tmp_path / "b", Affixes(utt_prefix="p-", spk_prefix="p-"))
    datadir.validate(tmp_path / "b")
    assert content(tmp_path / "b")["wav.scp"] == content(source)["wav.scp"]
    assert content(tmp_path / "b")["segments"].startswith("p-s1-u0 rec-s1 0 1.5\n")
    assert content(tmp_path / "b")["spk2gender"].startswith("p-s1 f\n")
    with pytest.raises(UserError, match="white space"):
        datadir.copy(source, tmp_path / "b", Affixes(utt_prefix="p "))
    with pytest.raises(UserError, match="both source"):
        datadir.copy(source, source)


def test_plain_copy_is_equal(tmp_path: Path) -> None:
    source = make(tmp_path / "a")
    write(source / "utt2num_frames", [f"{utt} 5" for utt in UTTERANCES])
    datadir.copy(source, tmp_path / "b")
    assert content(source) == content(tmp_path / "b")


def with_noise(source: Path) -> NewAudio:
    return NewAudio(iter_table(source / "wav.scp"))


def test_a_copy_that_would_not_be_valid_is_not_written(tmp_path: Path) -> None:
    """The suffix sorts 's1_x' behind 's1-b_x', and so speaker 's1' behind 's1-b'."""
    source = tmp_path / "a"
    write(source / "utt2spk", ["s1 s1", "s1-b s1-b"])
    write(source / "wav.scp", ["s1 a.wav", "s1-b b.wav"])
    message = r"b is not written, as it would not be valid: .*/b/utt2spk:2: speaker 's1' comes"
    with pytest.raises(UserError, match=message):
        datadir.copy(source, tmp_path / "b", Affixes(utt_suffix="_x"), new=with_noise(source))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]


def test_entries_of_other_recordings_are_no_copy(tmp_path: Path) -> None:
    source = make(tmp_path / "a")
    for entries in ([("s1-u0", "x")], [*iter_table(source / "wav.scp"), ("s9-u0", "x")]):
        with pytest.raises(UserError, match=r"b/wav.scp:\d+: .*(is missing|is not in)"):
            datadir.copy(source, tmp_path / "b", new=NewAudio(entries))
    assert not (tmp_path / "b").exists()


def test_times_that_are_no_numbers(tmp_path: Path) -> None:
    source = make(tmp_path / "a", segments=True)
    faster = NewAudio(iter_table(source / "wav.scp"), AudioChange.OTHER_SPEED, 1.1)
    write(source / "segments", [f"{utt} rec-s1 0 end" for utt in UTTERANCES])
    with pytest.raises(UserError, match="segments:1: found 'rec-s1 0 end'; expected times in sec"):
        datadir.copy(source, tmp_path / "b", new=faster)


def test_the_end_of_a_recording_is_no_time(tmp_path: Path) -> None:
    source = make(tmp_path / "a", ["s1-u0", "s1-u1"], segments=True)
    write(source / "segments", ["s1-u0 rec-s1 0 1.1", "s1-u1 rec-s1 2.2 -1"])
    faster = NewAudio(iter_table(source / "wav.scp"), AudioChange.OTHER_SPEED, 1.1)
    datadir.copy(source, tmp_path / "b", Affixes(utt_prefix="f-", spk_prefix="f-"), new=faster)
    assert read_table(tmp_path / "b/segments") == {
        "f-s1-u0": "f-rec-s1 0 1",
        "f-s1-u1": "f-rec-s1 2 -1",
    }


@pytest.mark.parametrize("name", ["utt2spk", "wav.scp"])
def test_new_audio_needs_the_source_of_the_old(tmp_path: Path, name: str) -> None:
    source = make(tmp_path / "a")
    new = with_noise(source)
    (source / name).unlink()
    with pytest.raises(UserError, match=rf"a/{name}: no such file"):
        datadir.copy(source, tmp_path / "b", new=new, keep={b"s1-u0"})
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("segments", [False, True])
def test_the_same_audio_elsewhere_keeps_all_tables(tmp_path: Path, segments: bool) -> None:
    source = make(tmp_path / "a", segments=segments)
    places = [
        (name, f"x.ark:{number}") for number, (name, _) in enumerate(iter_table(source / "wav.scp"))
    ]
    datadir.copy(source, tmp_path / "b", new=NewAudio(places, AudioChange.SAME))
    tables = {name: text.replace(" \n", "\n") for name, text in content(source).items()}
    tables["wav.scp"] = "".join(f"{name} {place}\n" for name, place in places)
    assert content(tmp_path / "b") == tables
