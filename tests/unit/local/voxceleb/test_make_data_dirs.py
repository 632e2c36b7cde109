"""VoxCeleb's preparation on a made-up tree of a few files; the real corpus was not at hand."""

from pathlib import Path

import make_data_dirs
import pytest

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
    make_data_dirs.main(["--data-root", str(root), *options, str(out)])
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


def test_m4a_files_need_no_ffmpeg(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(root))
    assert "ffmpeg " in (prepare(root, "--partial") / "voxceleb2_dev/wav.scp").read_text()


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
