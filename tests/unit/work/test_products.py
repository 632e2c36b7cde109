"""What a product was made from, told by content; what of it is looked at."""

import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.work.files import open_for_replace
from speakernet.work.products import (
    ARCHIVES,
    RECORD,
    MadeFrom,
    changes,
    describe_inputs,
    finish_product,
    is_done,
    product_errors,
    read_product,
)
from speakernet.work.record import Record, compute_checksum, write_record

HOSTILE = ["a  b", "$(touch bad)", "`touch bad`", "a\nb", "*", "'", '"', "-n", "ü", "a;b", "\udcff"]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Paths are relative to a folder, as in run.sh."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def write(path: str | Path, text: str = "x\n") -> Path:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def made_from(
    inputs: Sequence[str | Path] = (),
    command: Sequence[str] = ("make",),
    fixed: Sequence[str | Path] = (),
    product: str | Path = "p",
) -> MadeFrom:
    return describe_inputs(
        Path(product), command, [Path(i) for i in inputs], [Path(i) for i in fixed]
    )


def finish(product: str | Path, *outputs: str, **description: Sequence[str]) -> Record:
    finish_product(Path(product), outputs, made_from(product=product, **description))
    record = read_product(Path(product))
    assert record is not None
    return record


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


def test_a_corpus_is_there_or_not() -> None:
    write("corpus/speaker/1.wav")
    before = made_from(["corpus"])
    write("corpus/speaker/2.wav")
    assert made_from(["corpus"]) == before
    assert before["inputs"] == {"corpus": {}}


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


def test_a_product_that_lacks_a_file_is_another(here: Path) -> None:
    for name in ("a", "b"):
        write(f"d/{name}", name)
    finish("d")
    before = made_from(["d"])
    Path("d/a").unlink()
    assert list(changes(before, made_from(["d"]))) == ["inputs, d, a is gone"]
    Path("d/b").unlink()
    assert list(changes(before, made_from(["d"]))) == [
        "inputs, d, a is gone",
        "inputs, d, b is gone",
    ]


@pytest.mark.parametrize("text", ["", "{", "null", "\0"])
def test_a_damaged_record_is_none(text: str) -> None:
    write("d/wav.scp")
    before = made_from(["d"])
    write(f"d/{RECORD}", text)
    assert made_from(["d"]) == before
    assert read_product(Path("d")) is None


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


# Done or not


def test_a_product_that_is_done_is_said_to_be(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    write("input", "one")
    assert not is_done(Path("p"), (), made_from(["input"]))  # there is no record
    assert caplog.messages == []
    write("p/out")
    finish("p", inputs=["input"])
    assert is_done(Path("p"), (), made_from(["input"]))
    assert caplog.messages == ["done before, skipped"]


def test_why_a_product_is_made_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    write("input", "one")
    write("p/out", "o")
    finish("p", inputs=["input"])
    write("input", "two")
    assert not is_done(Path("p"), (), made_from(["input"], ["make", "x" * 500]))
    long, change = caplog.messages
    assert change == "made again: inputs, input, content (changed)"
    assert long.startswith("made again: command: make xxx") and len(long) < 250
    caplog.clear()
    write("input", "one")
    write("p/out", "O")
    assert not is_done(Path("p"), (), made_from(["input"]))
    write("p/out", "o")
    assert not is_done(Path("p"), ["other"], made_from(["input"]))
    assert caplog.messages == [
        "made again: p/out was changed after it had been made",
        "made again: p/other is missing or empty",
    ]


@pytest.mark.parametrize("outputs", [[], ["other"]], ids=["whole", "incomplete"])
def test_what_took_days_is_kept(outputs: list[str]) -> None:
    write("data/wav.scp", "one")
    write("p/out")
    finish("p", fixed=["data"])
    write("data/wav.scp", "two")
    with pytest.raises(UserError) as caught:
        is_done(Path("p"), outputs, made_from(fixed=["data"]))
    assert str(caught.value).startswith(
        "p: was made from other inputs: fixed inputs, data, wav.scp (changed); it is kept: undo"
    )
    write("data/wav.scp", "one")
    assert is_done(Path("p"), [], made_from(fixed=["data"]))


# Outputs


def test_the_files_directly_in_it_are_the_product_unless_others_are_named() -> None:
    for name in ("a", "b", ".hidden", "c.tmp", "d.log", "log/x", "sub/c", "sub/d", "sub/e/f"):
        write(f"p/{name}", name)
    assert sorted(finish("p").files) == ["a", "b"]
    assert sorted(finish("p", "a").files) == ["a"]
    assert sorted(finish("p", "b", "sub").files) == ["b", "sub/c", "sub/d"]
    assert sorted(finish("p", "sub/e/f").files) == ["sub/e/f"]


def test_a_finished_product_is_whole_until_it_is_touched() -> None:
    for name in ("a", "b", "sub/c"):
        write(f"p/{name}", name)
    record = finish("p", ".", "sub")
    product = Path("p")
    assert product_errors(product, record, ["."]) == []
    os.utime("p/a", (1, 1))
    assert product_errors(product, record, ["."]) == []
    write("p/sub/c", "C")
    Path("p/b").unlink()
    assert product_errors(product, record, ["."]) == [
        "p/b is missing",
        "p/sub/c was changed after it had been made",
    ]


def test_an_output_that_was_never_asked_for_before_is_missed() -> None:
    record = finish(write("p/a").parent)
    assert product_errors(Path("p"), record, ["a"]) == []
    assert product_errors(Path("p"), record, ["b"]) == ["p/b is missing or empty"]


def empty_folder(path: Path) -> None:
    path.mkdir()


def only_hidden_files(path: Path) -> None:
    for name in (".done", "x.tmp", "x.log", "sub/a"):
        write(path / name)


def link_to_nothing(path: Path) -> None:
    path.symlink_to("nothing")


def empty_file(path: Path) -> None:
    path.touch()


def nothing(path: Path) -> None:
    pass


@pytest.mark.parametrize(
    "make", [nothing, empty_file, empty_folder, only_hidden_files, link_to_nothing]
)
def test_an_output_that_is_missing_or_empty(make: Callable[[Path], None]) -> None:
    write("p/a")
    make(Path("p/b"))
    with pytest.raises(UserError, match="the command succeeded, but p/b is missing or empty"):
        finish("p", "a", "b")
    assert read_product(Path("p")) is None


def test_a_product_without_any_file() -> None:
    Path("p").mkdir()
    with pytest.raises(UserError, match="but p is missing or empty"):
        finish("p")
    shutil.rmtree("p")
    with pytest.raises(UserError, match="but p is missing or empty"):
        finish("p")


def archives(folder: str, *names: str) -> None:
    """Write archives beside ``folder`` and their record in it, as feature jobs do."""
    for name in names:
        write(f"ark/{name}", name)
    checksums = {f"../ark/{name}": compute_checksum(Path("ark", name)) for name in names}
    write_record(Path(folder, ARCHIVES), {}, checksums)


def test_archives_that_lie_elsewhere_belong_to_the_product() -> None:
    write("d/feats.scp", "u ark/1.ark:0\n")
    archives("d", "1.ark", "2.ark")
    record = finish("d")
    assert sorted(record.files) == ["../ark/1.ark", "../ark/2.ark", "feats.scp"]
    before = made_from(["d"])
    Path("ark/2.ark").unlink()
    write("ark/1.ark", "other")
    assert product_errors(Path("d"), record, []) == [
        "d/../ark/1.ark was changed after it had been made",
        "d/../ark/2.ark is missing",
    ]
    archives("d", "1.ark", "2.ark")
    finish("d")
    assert made_from(["d"]) == before


def test_features_that_changed_where_their_index_did_not() -> None:
    """Compressed matrices have the same sizes whatever is in them."""
    write("d/feats.scp", "u ark/1.ark:0\n")
    archives("d", "1.ark")
    finish("d")
    before = made_from(["d"])
    write("ark/1.ark", "1.kra")
    write_record(Path("d", ARCHIVES), {}, {"../ark/1.ark": compute_checksum(Path("ark/1.ark"))})
    finish("d")
    assert list(changes(before, made_from(["d"]))) == ["inputs, d, ../ark/1.ark"]


def test_archives_of_a_folder_that_is_an_output() -> None:
    write("p/set/feats.scp")
    archives("p/set", "1.ark")
    Path("ark").rename("p/ark")
    assert sorted(finish("p", "set").files) == ["ark/1.ark", "set/feats.scp"]


def test_a_record_of_archives_that_is_none_is_a_file() -> None:
    write(f"d/{ARCHIVES}", "{}")
    assert list(finish("d").files) == [ARCHIVES]


def test_an_unfinished_product_has_no_record() -> None:
    with pytest.raises(KeyError), open_for_replace(write("d/a").parent / "b"):
        raise KeyError
    assert read_product(Path("d")) is None
    assert read_product(Path("none")) is None
