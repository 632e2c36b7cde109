"""VoxCeleb's preparation on a made-up tree of a few files; the real corpus was not at hand."""

import json
import zipfile
from pathlib import Path

import make_data_dirs
import pytest
import unpack_zips
from trees import list_tree
from zip_parts import JoinedFiles

from speakernet.config import UserError
from speakernet.kaldi.tables import read_table

LISTS = ("veri_test2.txt", "list_test_all2.txt", "list_test_hard2.txt")
VOX1 = ["dev/wav/id10001/aaa/00001.wav", "dev/wav/id10001/bbb/00001.wav"]
VOX1_TEST = ["test/wav/id10270/ccc/00001.wav", "test/wav/id10271/ddd/00007.wav"]
VOX2 = ["dev/aac/id00012/eee/00001.m4a", "dev/aac/id00015/fff/00002.m4a"]


def make_files(folder: Path, names: list[str]) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A made-up data root."""
    root = tmp_path / "my corpora"
    make_files(root / "voxceleb1", [*VOX1, *VOX1_TEST])
    make_files(root / "voxceleb2", VOX2)
    for name in LISTS:
        (root / "voxceleb1" / name).write_text(
            "1 id10001/aaa/00001.wav id10001/bbb/00001.wav\n"
            "0 id10270/ccc/00001.wav id10271/ddd/00007.wav\n"
        )
    return root


def prepare(root: Path, *options: str) -> Path:
    out = root.parent / "out"
    make_data_dirs.main(["--data-root", str(root), "--out", str(out), *options])
    return out


def test_ids_are_the_paths_of_the_official_lists(root: Path) -> None:
    out = prepare(root, "--partial")
    wavs = read_table(out / "voxceleb1" / "wav.scp", is_sorted=True)
    assert wavs["id10271/ddd/00007.wav"] == f"{root}/voxceleb1/test/wav/id10271/ddd/00007.wav"
    assert list(read_table(out / "voxceleb1_dev" / "utt2spk")) == [
        "id10001/aaa/00001.wav",
        "id10001/bbb/00001.wav",
    ]
    assert (out / "voxceleb1" / "trials_o_clean").read_text() == (
        "id10001/aaa/00001.wav id10001/bbb/00001.wav target\n"
        "id10270/ccc/00001.wav id10271/ddd/00007.wav nontarget\n"
    )


def test_m4a_files_become_pipes_with_quoted_paths(root: Path) -> None:
    wavs = read_table(prepare(root, "--partial") / "voxceleb2_dev" / "wav.scp")
    entry = wavs["id00012/eee/00001.wav"]
    assert entry.endswith("|")
    assert f"'{root}/voxceleb2/dev/aac/id00012/eee/00001.m4a'" in entry


def test_the_size_of_the_corpus_is_checked(root: Path) -> None:
    message = "voxceleb1_dev: found 1 speakers and 2 utterances; expected 1211 and 148642"
    with pytest.raises(UserError, match=message):
        prepare(root)


def test_the_size_of_a_trial_list_is_checked(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"voxceleb1_dev": (1, 2), "voxceleb1": (3, 4), "voxceleb2_dev": (2, 2)}
    monkeypatch.setattr(make_data_dirs, "_SIZES", sizes)
    with pytest.raises(UserError, match="found 1 target and 1 nontarget trials; expected 18802"):
        prepare(root)


def test_a_trial_of_an_unknown_utterance_is_an_error(root: Path) -> None:
    (root / "voxceleb1" / LISTS[0]).write_text("1 id10001/aaa/00001.wav id10001/zzz/00001.wav\n")
    message = r"veri_test2\.txt: utterance id10001/zzz/00001\.wav is not in VoxCeleb1's trees"
    with pytest.raises(UserError, match=message):
        prepare(root, "--partial")


def test_a_missing_list_is_an_error(root: Path) -> None:
    (root / "voxceleb1" / LISTS[1]).unlink()
    with pytest.raises(UserError, match=r"no list_test_all2\.txt \(VoxCeleb's trial list\)"):
        prepare(root, "--partial")


def test_a_missing_tree_is_an_error(root: Path) -> None:
    (root / "voxceleb2").rename(root / "elsewhere")
    with pytest.raises(UserError, match=r"VoxCeleb2 is not here; expected folders id\*/ in"):
        prepare(root, "--partial")


def test_an_utterance_in_two_trees_is_an_error(root: Path) -> None:
    trees = [root / "voxceleb1/dev/wav", root / "voxceleb1/dev/wav"]
    with pytest.raises(UserError, match="lies in two places"):
        list_tree(trees, 2)


def make_zip_parts(folder: Path, names: list[str], stem: str, num_parts: int) -> None:
    with zipfile.ZipFile(folder / "whole", "w") as archive:
        for name in names:
            archive.writestr(name, name * 100)
    content = (folder / "whole").read_bytes()
    (folder / "whole").unlink()
    size = -(-len(content) // num_parts)
    for part in range(num_parts):
        path = folder / f"{stem}_parta{'abcdef'[part]}"
        path.write_bytes(content[part * size : (part + 1) * size])


def test_zip_parts_are_unpacked_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = [f"dev/aac/id0000{i}/v/0000{i}.m4a" for i in range(9)]
    make_zip_parts(tmp_path, names, "vox2_dev_aac", 3)
    unpack_zips.main(["--data-root", str(tmp_path), "--nj", "2"])
    found = sorted((tmp_path / "voxceleb2").rglob("*.m4a"))
    assert [str(path.relative_to(tmp_path / "voxceleb2")) for path in found] == names
    assert found[3].read_text() == names[3] * 100
    assert "9 files unpacked" in capsys.readouterr().out
    unpack_zips.main(["--data-root", str(tmp_path)])
    assert capsys.readouterr().out == ""


def test_an_interrupted_unpacking_goes_on(tmp_path: Path) -> None:
    names = [f"dev/aac/id0000{i}/v/0000{i}.m4a" for i in range(3)]
    make_zip_parts(tmp_path, names, "vox2_dev_aac", 2)
    done = tmp_path / "voxceleb2" / names[0]
    done.parent.mkdir(parents=True)
    done.write_text("x" * len(names[0]) * 100)
    (tmp_path / "voxceleb2" / ".unpacking").touch()
    unpack_zips.main(["--data-root", str(tmp_path), "--nj", "1"])
    assert done.read_text()[0] == "x"
    assert (tmp_path / "voxceleb2" / names[2]).read_text() == names[2] * 100


def test_a_missing_part_is_an_error(tmp_path: Path) -> None:
    make_zip_parts(tmp_path, ["dev/aac/id00001/v/1.m4a"] * 1, "vox2_dev_aac", 3)
    (tmp_path / "vox2_dev_aac_partac").unlink()
    with pytest.raises(UserError, match="vox2_dev_aac_partab: not a complete zip"):
        unpack_zips.main(["--data-root", str(tmp_path)])


def test_joined_files_read_as_one(tmp_path: Path) -> None:
    content = json.dumps(list(range(100))).encode()
    for part in range(4):
        (tmp_path / f"{part}").write_bytes(content[part * 97 : (part + 1) * 97])
    parts = [tmp_path / f"{part}" for part in range(4)]
    with JoinedFiles(parts) as joined:
        assert joined.readall() == content[: 4 * 97]
        joined.seek(-10, 2)
        assert joined.tell() == min(len(content), 4 * 97) - 10
        joined.seek(95)
        assert joined.read(1) == content[95:96]
