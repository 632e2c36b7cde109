"""Lists of rooms and noises: what they weigh, and what is wrong with them."""

import re
from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.kaldi.audio_nodes import AudioFile, Resampled
from speakernet.kaldi.pipes import parse_entry
from speakernet.kaldi.room_lists import read_noises, read_responses

BROKEN = """
--rir-id r a.wav => --room-id is missing
--rir-id r --rom-id q a.wav => unknown option --rom-id (did you mean 'room-id'?)
--rir-id r --room-id q => found no file
--rir-id r --room-id q --probability much a.wav => 'much' is not a number
 => found no lines
"""


@pytest.mark.parametrize("case", BROKEN.strip("\n").splitlines())
def test_broken_room_lists(tmp_path: Path, case: str) -> None:
    line, _, message = case.partition(" => ")
    path = tmp_path / "rir_list"
    path.write_text(f"{line}\n", encoding="utf-8")
    with pytest.raises(UserError, match=re.escape(message)):
        read_responses([str(path)])


@pytest.mark.parametrize("name", ["a b.wav", "it's.wav", 'a"b.wav', "a(1),2.wav", "$a`b`.wav"])
def test_any_path_is_one_word_of_the_command_around_it(tmp_path: Path, name: str) -> None:
    path = tmp_path / "list"
    path.write_text(f"--rir-id r --room-id q {name}\n", encoding="utf-8")
    location = read_responses([str(path)], sample_rate=16000)[0].location
    node = parse_entry(location)
    assert isinstance(node, Resampled) and node.file == AudioFile(name)
    assert "," not in location
    path.write_text("--rir-id r --room-id q cat 'a b.wav' |\n", encoding="utf-8")
    assert read_responses([str(path)], sample_rate=16000)[0].location == "cat 'a b.wav' |"


def test_what_is_no_list_is_named(tmp_path: Path) -> None:
    for content, message in (
        (b"\x1f\x8b\xff", "found gzip"),
        (b"--rir-id r --room-id q a\x85.wav\n", "not UTF-8"),
        (b"--rir-id r --room-id q a.wav\r\n", "list:1: control character"),
        (b"--rir-id r --room-id q --probability nan a.wav\n", "'nan' is not a number"),
    ):
        (tmp_path / "list").write_bytes(content)
        with pytest.raises(UserError, match=message):
            read_responses([str(tmp_path / "list")])
    with pytest.raises(UserError, match="expected FILE or"):
        read_responses([f"inf, {tmp_path}/list"])


@pytest.mark.parametrize(
    "name",
    [
        "RIRS_NOISES/simulated_rirs/smallroom/Room001/Room001-00001.wav",
        "RIRS_NOISES/real_rirs_isotropic_noises/air_type1_air_binaural_aula_carolina_0_1_1.wav",
        "RIRS_NOISES/real_rirs_isotropic_noises/RVB2014_type1_rir_largeroom1_near_angla.wav",
        "RIRS_NOISES/real_rirs_isotropic_noises/RWCP_type2_rir_cirline_jr1_imp010.wav",
        "RIRS_NOISES/pointsource_noises/noise-free-sound-0000.wav",
        "/corpora/v1.0+x_y=z@home:a%/ä_1.wav",
    ],
)
def test_paths_that_a_nested_command_holds_as_they_are(tmp_path: Path, name: str) -> None:
    path = tmp_path / "list"
    path.write_text(f"--rir-id r --room-id q {name}\n", encoding="utf-8")
    responses = read_responses([str(path)], sample_rate=16000)
    assert responses[0].location == f"sox {name} -r 16000 -t wav - |"


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


def test_rooms_are_drawn_by_their_weights(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("".join(f"--rir-id {n} --room-id {n % 2} r{n}.wav\n" for n in range(6)))
    other.write_text(
        "--rir-id x --room-id y --probability 0.2 x.wav\n--rir-id z --room-id y z.wav\n"
    )
    responses = read_responses([f"0.75, {one}", str(other)], smoothing=0.0)
    by_file = {response.location: response.probability for response in responses}
    assert by_file["r0.wav"] == pytest.approx(0.75 / 6)
    assert by_file["x.wav"] == pytest.approx(0.25 * 0.2)
    assert by_file["z.wav"] == pytest.approx(0.25 * 0.8)
