"""When a product is whole, done, or made again."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.work.files import open_for_replace
from speakernet.work.made_from import Inputs, changes, describe_folders, describe_inputs
from speakernet.work.products import (
    ARCHIVES,
    finish_product,
    folders_in_place,
    is_done,
    product_errors,
    read_product,
)
from speakernet.work.record import compute_checksum, write_record
from tests.unit.work.small_products import finish, made_from, write

pytestmark = pytest.mark.usefixtures("here")


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
    assert list(changes(before, made_from(["d"]))) == ["inputs, d, ../ark/1.ark is new"]
    write_record(Path("d", ARCHIVES), {}, {"../ark/1.ark": compute_checksum(Path("ark/1.ark"))})
    finish("d", command=["otherwise"])
    assert list(changes(before, made_from(["d"]))) == ["inputs, d, made from"]


def test_features_of_another_number_of_jobs_are_the_same() -> None:
    for names in (["1.ark", "2.ark"], ["1.ark"]):
        write("d/feats.scp", f"u ark/{names[-1]}:0\n")
        archives("d", *names)
        finish("d")
        if len(names) == 2:
            before = made_from(["d"])
    assert made_from(["d"]) == before


def test_what_has_moved_is_followed(here: Path) -> None:
    """Tables name other folders, and are no other product for it."""
    write("old/ark/1.ark", "1")
    write("old/d/feats.scp", f"u {here}/old/ark/1.ark:0\nv x{here}/old/ark/1.ark:0\n")
    folders = describe_folders(Path("old/d"), Inputs())
    finish_product(Path("old/d"), ["feats.scp"], made_from(product="old/d"), folders)
    before = made_from(["old/d"])
    for old, new in (("old", "new"), ("new", "a  b")):
        shutil.move(old, new)
        folders = describe_folders(Path(new, "d"), Inputs())
        assert is_done(Path(new, "d"), ["feats.scp"], made_from(product=f"{new}/d"), folders)
        assert made_from([f"{new}/d"]) == before
        text = f"u {here}/{new}/ark/1.ark:0\nv x{here}/old/ark/1.ark:0\n"
        assert Path(new, "d/feats.scp").read_text() == text


def test_a_path_with_blanks_is_not_put_into_commands(here: Path) -> None:
    """The command would be cut at the blank, or run what is behind a semicolon."""
    for new in ("my disk", "disk;touch x"):
        write("disk/a.m4a", "sound")
        for name, entry in (("plain", "{}/disk/a.m4a"), ("command", "ffmpeg -i {}/disk/a.m4a - |")):
            table = write(f"{name}/wav.scp", f"u {entry.format(here)}\n")
            finish_product(Path(name), [], made_from(), {"": str(here / "disk")})
        shutil.move("disk", new)
        folders = {"": str(here / new)}
        assert is_done(Path("plain"), [], made_from(), folders)
        assert Path("plain/wav.scp").read_text() == f"u {here}/{new}/a.m4a\n"
        before = table.read_text()
        with pytest.raises(
            UserError, match=f"command/wav.scp: has commands .*{new}' now; .*rename"
        ):
            is_done(Path("command"), [], made_from(), folders)
        assert table.read_text() == before
        shutil.rmtree(new)


def test_a_path_with_blanks_goes_where_quotes_are(here: Path) -> None:
    for new, is_possible in (("your disk", True), ("don't", False)):
        write("my disk/a.m4a", "sound")
        table = write("command/wav.scp", f"u ffmpeg -i '{here}/my disk/a.m4a' -f wav - |\n")
        finish_product(Path("command"), [], made_from(), {"": str(here / "my disk")})
        shutil.move("my disk", new)
        folders = {"": str(here / new)}
        if is_possible:
            assert is_done(Path("command"), [], made_from(), folders)
            assert table.read_text() == f"u ffmpeg -i '{here}/{new}/a.m4a' -f wav - |\n"
        else:
            with pytest.raises(UserError, match="command/wav.scp: has commands with paths in"):
                is_done(Path("command"), [], made_from(), folders)
        shutil.rmtree(new)


def test_a_copy_beside_the_original_is_left_alone(here: Path) -> None:
    write("old/d/feats.scp", f"u {here}/old/ark/1.ark:0\n")
    folders = describe_folders(Path("old/d"), Inputs())
    finish_product(Path("old/d"), [], made_from(product="old/d"), folders)
    shutil.copytree("old", "new")
    before = Path("new/d/feats.scp").read_text()
    folders = describe_folders(Path("new/d"), Inputs())
    assert is_done(Path("new/d"), [], made_from(product="new/d"), folders)
    assert Path("new/d/feats.scp").read_text() == before


def test_a_corpus_may_move_but_not_be_another(here: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Tables of stage 1 follow it; another folder beside the old one is looked into."""

    def is_done_with(place: str) -> bool:
        inputs = Inputs(place=Path(place))
        told = describe_inputs(Path("p"), ["prepare", place], inputs)
        return is_done(Path("p"), ["set"], told, describe_folders(Path("p"), inputs))

    write("disk1/v1/lists.txt")
    write("p/set/wav.scp", f"u {here}/disk1/v1/u.wav\n")
    inputs = Inputs(place=Path("disk1/v1"))
    told = describe_inputs(Path("p"), ["prepare", "disk1/v1/"], inputs)
    finish_product(Path("p"), ["set"], told, describe_folders(Path("p"), inputs))
    os.symlink("disk1", "link")
    for place in ("disk1/v1", "./disk1//v1/", here / "disk1/v1", "link/v1"):
        assert is_done_with(str(place))
    shutil.move("disk1/v1", "disk2")
    assert is_done_with("disk2")
    assert Path("p/set/wav.scp").read_text() == f"u {here}/disk2/u.wav\n"
    shutil.copytree("disk2", "disk3")
    caplog.set_level("INFO")
    assert not is_done_with("disk3")
    assert f"{here}/disk2 is {here}/disk3 now" in caplog.text
    write("disk2/lists.txt", "others")
    assert not is_done_with("disk2")


def test_times_of_unchanged_files_are_noted() -> None:
    write("p/out")
    finish("p")
    os.utime("p/out", (1, 1))
    assert is_done(Path("p"), [], made_from())
    record = read_product(Path("p"))
    assert record is not None and record.files["out"].mtime_ns == 1_000_000_000


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
    write("e/.done", "{")
    assert [read_product(Path(name)) for name in ("d", "e", "none")] == [None, None, None]


def test_recordings_are_looked_for_only_where_something_has_moved(here: Path) -> None:
    for name in ("old", "data"):
        Path(name).mkdir()
    Path("data/wav.scp").write_text(f"a {here}/old/x.wav\n")
    Path("out").mkdir()
    Path("out/table").write_text("a 1\n")
    inputs = Inputs([Path("data")])
    folders = describe_folders(Path("out"), inputs)
    assert folders["data/recordings"] == f"{here}/old"
    finish_product(Path("out"), [], {}, folders)
    Path("data/wav.scp").write_text(f"a {here}/new/x.wav\n")
    known = folders_in_place(Path("out"))
    assert describe_folders(Path("out"), inputs, known) == folders
    Path("old").rename("new")
    known = folders_in_place(Path("out"))
    moved = describe_folders(Path("out"), inputs, known)
    assert moved == folders | {"data/recordings": f"{here}/new"}
    assert folders_in_place(Path("nothing")) == {}
