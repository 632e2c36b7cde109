"""Lists of rooms and noises that are wrong."""

import re
from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.data.room_lists import read_noises, read_responses


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--rir-id r a.wav", "--room-id is missing"),
        ("--rir-id r --rom-id q a.wav", "unknown option --rom-id (did you mean 'room-id'?)"),
        ("--rir-id r --room-id q", "found no file"),
        ("--rir-id r --room-id q --probability much a.wav", "'much' is no number"),
        ("", "found no lines"),
    ],
)
def test_broken_room_lists(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "rir_list"
    path.write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(UserError, match=re.escape(message)):
        read_responses([str(path)])


@pytest.mark.parametrize("name", ["a b.wav", "it's.wav", 'a"b.wav', "a(1).wav", "$a.wav"])
def test_a_path_that_a_nested_command_cannot_hold(tmp_path: Path, name: str) -> None:
    path = tmp_path / "list"
    path.write_text(
        f"--rir-id r --room-id q a.wav\n--rir-id s --room-id q {name}\n", encoding="utf-8"
    )
    with pytest.raises(UserError, match=rf"list:2: found .* in '{re.escape(name)}'; expected"):
        read_responses([str(path)], sample_rate=16000)
    path.write_text(f"--noise-id n --noise-type point-source {name}\n", encoding="utf-8")
    with pytest.raises(UserError, match=rf"list:1: found .* in '{re.escape(name)}'; expected"):
        read_noises([str(path)], sample_rate=16000)
    path.write_text("--rir-id r --room-id q cat 'a b.wav' |\n", encoding="utf-8")
    assert read_responses([str(path)], sample_rate=16000)[0].location == "cat 'a b.wav' |"


def test_broken_noise_lists(tmp_path: Path) -> None:
    path = tmp_path / "noise_list"
    for line, message in (
        ("--noise-id n a.wav", "expected point-source or isotropic"),
        ("--noise-id n --noise-type isotropic a.wav", "needs --room-linkage"),
        ("--noise-id n --noise-type isotropic --bg-fg-type x a.wav", "background or foreground"),
    ):
        path.write_text(f"{line}\n", encoding="utf-8")
        with pytest.raises(UserError, match=message):
            read_noises([str(path)])
    with pytest.raises(UserError, match="expected FILE or 'WEIGHT, FILE'"):
        read_noises(["many, noise_list"])
