"""What a product was made from, told by content."""

import os
import shutil
from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.work.made_from import MadeFrom, changes
from speakernet.work.record import RECORD
from tests.unit.work.small_products import finish, made_from, write

pytestmark = pytest.mark.usefixtures("here")

HOSTILE = ["a  b", "$(touch bad)", "`touch bad`", "a\nb", "*", "'", '"', "-n", "ü", "a;b", "\udcff"]


# Inputs


def test_every_way_to_an_input_is_the_same(here: Path) -> None:
    write("data/set/wav.scp")
    os.symlink("data/set", "link")
    (here.parent / "out").symlink_to("project")
    ways: list[str | Path] = [
        "data/set",
        "data/set/",
        "./data//set",
        "data/../data/set",
        here / "data/set",
        "link/",
    ]
    ways += [here.parent / "out/data/set", "../project/data/set"]
    told = [made_from([way], ["make", str(way), "-o", "p"]) for way in ways]
    assert all(one == told[0] for one in told)
    assert told[0]["command"] == ["make", "<set>", "-o", "<product>"]


@pytest.mark.parametrize("by_link", [True, False], ids=["link", "nothing"])
def test_data_may_move(here: Path, by_link: bool) -> None:
    """To another disk, with its products; a link may take its place."""

    def told(data: Path | str) -> MadeFrom:
        command = ["make", "--musan", f"{data}/musan", f"{data}/train", f"{data}/train_aug"]
        return made_from([f"{data}/train"], command, [f"{data}/noise"], f"{data}/train_aug")

    for name in ("train", "noise"):
        write(f"data/{name}/wav.scp", name)
    before = told("data")
    disk = here.parent / "disk"
    shutil.move("data", disk)
    if by_link:
        os.symlink(disk, "data")
    assert told("data" if by_link else disk) == before


def test_an_experiment_may_move(here: Path) -> None:
    def told(exp: Path | str) -> MadeFrom:
        command = ["embed", "--untrained", "true", f"{exp}/tdnn", f"{exp}/tdnn/x/embeddings"]
        return made_from([f"{exp}/tdnn/model.pt"], command, product=f"{exp}/tdnn/x/embeddings")

    write("exp/tdnn/model.pt")
    before = told("exp")
    assert before["command"][3] == "<product>/../.."
    shutil.move("exp", here.parent / "scratch")
    assert told(here.parent / "scratch") == before


def test_the_project_may_move(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> MadeFrom:
        return made_from(["conf/a.conf"], ["steps/make.sh", os.path.abspath("exp"), "conf/a.conf"])

    write("conf/a.conf")
    before = told()
    shutil.move(here, here.parent / "moved")
    monkeypatch.chdir(here.parent / "moved")
    assert told() == before


def test_inputs_of_one_name_are_told_apart(here: Path) -> None:
    for folder in ("base/a/train", "lm/a/train", "dev"):
        write(f"{folder}/wav.scp", folder)
    told = made_from(["base/a/train", "dev"], ["make", "lm/a/train/x"], ["lm/a/train"])
    assert list(told["inputs"]) == ["base/a/train", "dev"]
    assert list(told["fixed inputs"]) == ["lm/a/train"]
    assert told["command"] == ["make", "<lm/a/train>/x"]
    assert told != made_from(["lm/a/train", "dev"], ["make", "lm/a/train/x"], ["base/a/train"])


def test_an_input_that_is_not_there() -> None:
    with pytest.raises(UserError, match="no such input: data/none"):
        made_from(["data/none"])


def test_a_file_is_its_content(here: Path) -> None:
    before = made_from([write("a.conf", "one")])
    write("a.conf", "two")
    write("b/a.conf", "one")
    assert made_from(["a.conf"]) != before == made_from(["b/a.conf"])


def test_a_data_dir_without_a_record_is_its_tables() -> None:
    for name in ("wav.scp", "utt2spk", "notes", "trials"):
        write(f"d/{name}", name)
    before = made_from(["d"])
    write("d/notes", "other")
    assert made_from(["d"]) == before
    for change in (
        lambda: write("d/utt2spk", "other"),
        lambda: write("d/segments"),
        lambda: Path("d/trials").unlink(),
    ):
        change()
        assert made_from(["d"]) != before
        before = made_from(["d"])


def test_a_folder_without_tables_is_all_of_its_files() -> None:
    for name in ("speaker/1.wav", "speaker/2.wav", "LICENSE"):
        write(f"noises/{name}", name)
    before = made_from(["noises"])
    for name in (".hidden", "speaker/__pycache__/x.pyc"):
        write(f"noises/{name}")
    os.symlink("..", "noises/speaker/above")
    os.utime("noises/speaker/1.wav", (1, 1))
    assert made_from(["noises"]) == before
    shutil.move("noises", "elsewhere/noises")
    os.makedirs("noises")
    assert made_from(["elsewhere/noises"]) == before
    write("elsewhere/noises/speaker/2.wav", "speaker/3.wav")
    assert made_from(["elsewhere/noises"]) != before


def test_a_product_is_all_of_its_files(here: Path) -> None:
    for name in ("feats.scp", "anything"):
        write(f"d/{name}", name)
    finish("d")
    before = made_from(["d"])
    write("d/anything", "other")
    assert list(changes(before, made_from(["d"]))) == ["inputs, d, anything"]
    finish("d")
    assert list(changes(before, made_from(["d"]))) == ["inputs, d, anything"]
    write("d/anything", "anything")
    finish("d", command=["otherwise"])
    assert made_from(["d"]) == before


def test_a_product_that_lacks_a_file_is_no_input(here: Path) -> None:
    for name in ("a", "b"):
        write(f"d/{name}", name)
    finish("d")
    before = made_from(["d"])
    Path("d/a").unlink()
    with pytest.raises(UserError, match="d/a is missing: run the stage or step that makes d again"):
        made_from(["d"])
    write("d/a", "a")
    assert made_from(["d"]) == before


@pytest.mark.parametrize("text", ["", "{", "null", "\0"])
def test_a_damaged_record_is_none(text: str) -> None:
    write("d/wav.scp")
    before = made_from(["d"])
    write(f"d/{RECORD}", text)
    assert made_from(["d"]) == before


@pytest.mark.parametrize("name", HOSTILE)
def test_paths_of_any_kind(here: Path, name: str) -> None:
    write(f"{name}/in/wav.scp")
    write(f"{name}/p/out")
    command = ["make", name, f"{name}/in", f"{name}/p/", f"echo {name} >x/y"]
    record = finish(f"{name}/p", command=command, inputs=[f"{name}/in"])
    again = made_from([f"./{name}//in"], command, product=here / name / "p")
    assert list(changes(record.made_from, again)) == []
    assert again["command"][2:4] == ["<in>", "<product>"]
    assert record.made_from["inputs"].keys() == {"in"}
    assert os.listdir(here) == [name]


def test_a_product_is_named_the_same_before_and_after_it_is_made(here: Path) -> None:
    for product in ("p", "a b/p", str(here / "c d/p"), "./q/"):
        before = made_from(command=["make", product, f"{product}/x"], product=product)
        write(f"{product}/x")
        assert made_from(command=["make", product, f"{product}/x"], product=product) == before
        assert before["command"] == ["make", "<product>", "<product>/x"]


# Commands


def test_options_without_effect() -> None:
    def words(*words: str) -> list[str]:
        return made_from(command=words)["command"]

    plain = words("steps/x.sh", "--seed", "1", "data")
    options = ["--nj", "8", "--cmd", "queue.pl --mem 4G", "--cuda-cmd", "", "--nproc", "2"]
    assert words("steps/x.sh", *options, "--seed", "1", "data") == plain
    assert words("steps/x.sh", "--seed", "1", *options, "data") == plain
    assert words("steps/x.sh", "--seed", "2", "data") != plain
    assert words("steps/x.sh", "--nj") == ["steps/x.sh"]  # the step itself complains


def test_words_that_are_no_paths_stay_as_they_are() -> None:
    words = ["python", "-m", "a.b", "--x", "", "1e-3", "0,1", "--rate=8k", "a | b", ".", "x  y\n"]
    assert made_from(command=words)["command"] == words
    assert made_from(command=["a"]) != made_from(command=["a", ""])


def test_places_outside_are_told_in_full(here: Path) -> None:
    assert made_from(command=["make", "/corpora//v1/", "../v2"])["command"] == [
        "make",
        "/corpora/v1",
        str(here.parent / "v2"),
    ]


# Settings


def test_settings_are_compared_one_by_one() -> None:
    old = made_from([write("x/training.settings", "a: 1\nb: 2: 3\nc: \n")])
    assert old["inputs"] == {"training.settings": {"a": "1", "b": "2: 3", "c": ""}}
    new = made_from([write("x/training.settings", "a: 1\nb: 4\ncommand: 5\n")])
    assert list(changes(old, new)) == [
        "setting b was 2: 3, is 4",
        "setting c was , is None",
        "setting command was None, is 5",
    ]


@pytest.mark.parametrize("text", ["a: 1\nb\n", "a: 1\n\n", "a: 1\nb:2\n"])
def test_settings_that_are_none(text: str) -> None:
    with pytest.raises(UserError, match=r"x\.settings:2: found '.*'; expected 'key: value'"):
        made_from([write("x.settings", text)])


# Changes


def test_each_change_has_a_line() -> None:
    old = {
        "command": ["make", "a"],
        "inputs": {"same": {"x": "1"}, "d": {"x": "1", "y": "1"}, "gone": {"x": "1"}, "e": {}},
        "fixed inputs": {"f": {"content": "1"}},
    }
    new = {
        "command": ["make", "b  c"],
        "inputs": {"same": {"x": "1"}, "d": {"x": "2", "z": "1"}, "new": {}, "e": {}},
        "fixed inputs": {"f": {"content": "2"}},
    }
    assert list(changes(old, new)) == [
        "command: make b  c",
        "inputs, d, x",
        "inputs, d, y is gone",
        "inputs, d, z is new",
        "inputs, gone is gone",
        "inputs, new is new",
        "fixed inputs, f, content",
    ]
    assert list(changes(old, old)) == []


def test_an_input_may_be_called_like_anything() -> None:
    write("command", "one")
    old = made_from(["command"])
    write("command", "two")
    assert list(changes(old, made_from(["command"]))) == ["inputs, command, content"]
    assert list(changes(old, made_from())) == ["inputs, command is gone"]
