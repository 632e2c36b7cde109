"""What would stop a recipe after hours is found before."""

import wave
from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.prepare.early_checks import (
    FeatureRoom,
    check_noises,
    check_programs,
    check_room,
    check_rooms,
    check_trials,
    duration_of,
    existing_parent,
)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def write_wav(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(bytes(3200))


@pytest.fixture
def musan(tmp_path: Path) -> Path:
    for part in ("noise", "music", "speech"):
        write_wav(tmp_path / "mus, an" / part / "a" / f"{part}.wav")
    return tmp_path / "mus, an"


@pytest.fixture
def rirs(tmp_path: Path) -> Path:
    folder = tmp_path / "ri, rs"
    write_wav(folder / "r 1.wav")
    for room in ("smallroom", "mediumroom"):
        write(folder / f"{room}_rir_list", "--rir-id r --room-id x r 1.wav\n")
    return folder


def test_noises_and_rooms_that_are_there(musan: Path, rirs: Path) -> None:
    check_noises(musan)
    check_rooms(rirs)


def test_noises_that_are_missing_or_damaged(musan: Path) -> None:
    file = musan / "music/a/music.wav"
    file.write_bytes(b"version https://git-lfs")
    with pytest.raises(UserError, match=r"music\.wav: "):
        check_noises(musan)
    file.unlink()
    with pytest.raises(UserError, match="music: found no audio; expected a tree like MUSAN's"):
        check_noises(musan)


def test_each_of_many_responses_is_looked_at(rirs: Path) -> None:
    for number in range(45):
        write_wav(rirs / f"{number}.wav")
    rooms = (f"--rir-id {number} --room-id x {number}.wav\n" for number in range(45))
    write(rirs / "smallroom_rir_list", "".join(rooms))
    (rirs / "37.wav").write_bytes(b"")
    with pytest.raises(UserError, match=r"37\.wav: "):
        check_rooms(rirs)


def test_rooms_that_are_missing_or_damaged(rirs: Path) -> None:
    (rirs / "r 1.wav").write_bytes(b"RIFF")
    with pytest.raises(UserError, match=r"r 1\.wav: "):
        check_rooms(rirs)
    write(rirs / "mediumroom_rir_list", "--rir-id r --room-id x /none/r.wav\n")
    write_wav(rirs / "r 1.wav")
    with pytest.raises(UserError, match="mediumroom_rir_list: 1 of 1 files are missing.*/none/r"):
        check_rooms(rirs)
    (rirs / "smallroom_rir_list").unlink()
    with pytest.raises(UserError, match="no rir_list of smallroom"):
        check_rooms(rirs)


def test_trials_of_the_test_set_only(tmp_path: Path) -> None:
    write(tmp_path / "test/utt2spk", "a s\nb t\n")
    lists = [write(tmp_path / "trials", "a b nontarget\n"), tmp_path / "more"]
    check_trials(lists[:1], tmp_path / "test")
    write(lists[1], "1 a b\n0 x y\n")
    with pytest.raises(UserError, match=r"more: 2 utterances are not in .*test/utt2spk.*: 'x'"):
        check_trials(lists, tmp_path / "test")


def test_trials_of_models(tmp_path: Path) -> None:
    write(tmp_path / "test/utt2spk", "a s\nb t\nc t\n")
    models = write(tmp_path / "models", "m a b\n")
    lists = [write(tmp_path / "trials", "m c nontarget\n"), tmp_path / "more"]
    check_trials(lists[:1], tmp_path / "test", models)
    write(lists[1], "a c target\n")
    with pytest.raises(UserError, match=r"more: 1 models are not in .*models, the first: 'a'"):
        check_trials(lists, tmp_path / "test", models)
    write(models, "m a x\n")
    with pytest.raises(UserError, match=r"models: 1 utterances are not in .*utt2spk.*: 'x'"):
        check_trials(lists[:1], tmp_path / "test", models)


@pytest.mark.parametrize(
    ("entry", "missing"),
    [
        ("x.wav", None),
        ("cat x.wav |", None),
        ("sox x.wav -t wav - speed 0.9 |", None),
        ("cat x.wav | tr a b |", None),
        ("no-such-program x.sph |", "no-such-program"),
        ("cat x.sph | no-such-program - |", "no-such-program"),
        ("A=1 no-such-program 'x | y' |", "no-such-program"),
    ],
)
def test_programs_that_wav_scp_calls(entry: str, missing: str | None, tmp_path: Path) -> None:
    write(tmp_path / "wav.scp", f"u {entry}\nv {entry}\n")
    if missing is None:
        check_programs([tmp_path])
        return
    with pytest.raises(UserError, match=f"'u' needs the program '{missing}', which is not"):
        check_programs([tmp_path])


def test_room_for_the_features_that_are_to_come(tmp_path: Path) -> None:
    room = FeatureRoom(7200, tmp_path / "fbank/set", copies=5, num_bins=80)
    assert room.num_bytes() == 5 * 7200 * 100 * 82
    gigabyte = 10**9
    check_room([room], tmp_path, lambda _: gigabyte)
    with pytest.raises(UserError, match=r"take about 0\.9 GB, and 0\.9 GB are free.*--data"):
        check_room([room, room, room], tmp_path, lambda _: gigabyte * 9 // 10)
    write(tmp_path / "fbank/set/feats.scp", "")
    check_room([room], tmp_path, lambda _: 0)


def test_the_duration_of_a_set(tmp_path: Path) -> None:
    write(tmp_path / "set/utt2spk", "a s\nb s\n")
    assert duration_of(tmp_path / "set") == 2 * 8
    write(tmp_path / "set/utt2dur", "a 3600\nb 3600\n")
    assert duration_of(tmp_path / "set") == 7200


def test_the_nearest_folder_that_is_there(tmp_path: Path) -> None:
    assert existing_parent(tmp_path) == tmp_path
    assert existing_parent(tmp_path / "a/b") == tmp_path
