"""VoxCeleb's preparation on a made-up tree of a few files; the real corpus was not at hand."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import make_data_dirs
import pytest
from vox_parts import SETS

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


NEEDS = ("voxceleb1", "voxceleb1_dev", "voxceleb2_dev",
         "trials_o_clean", "trials_e_clean", "trials_h_clean")  # fmt: skip


def prepare(root: Path, *options: str, needs: Sequence[str] = NEEDS) -> Path:
    out = root.parent / "out"
    make_data_dirs.main(["--data-root", str(root), *options, str(out), *needs])
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
    message = "voxceleb1: found 3 speakers and 4 utterances; expected 1251 and 153516"
    with pytest.raises(UserError, match=message):
        prepare(root)


def test_the_size_of_a_trial_list_is_checked(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = {name: replace(s, num_speakers=3, num_utterances=4) for name, s in SETS.items()}
    monkeypatch.setattr(make_data_dirs, "SETS", {"voxceleb1": whole["voxceleb1"]})
    monkeypatch.setattr("missing.SETS", whole)
    with pytest.raises(UserError, match="found 1 target and 1 nontarget trials; expected 18802"):
        prepare(root, needs=["voxceleb1", "trials_o_clean"])


def test_trials_of_missing_recordings_are_left_out_on_request(root: Path) -> None:
    with (root / "voxceleb1" / LISTS[0]).open("a") as file:
        file.write("0 id10001/aaa/00001.wav id10001/zzz/00001.wav\n")
    message = (
        r"veri_test2\.txt: 1 recordings of 1 trials are not here, the first: utterance id10001/z"
    )
    with pytest.raises(UserError, match=message):
        prepare(root, "--partial")
    out = prepare(root, "--partial", "--drop-trials") / "voxceleb1"
    assert len((out / "trials_o_clean").read_text().splitlines()) == 2
    assert (out / "trials_o_clean.left_out").read_text() == (
        "id10001/aaa/00001.wav id10001/zzz/00001.wav nontarget\n"
    )
    counts, *lines = (out / "missing").read_text().splitlines()
    assert counts == "found 3 of 1251 speakers, 4 of 153516 utterances"
    assert {"recording id10001/zzz/00001.wav", "speaker id10002"} <= set(lines)
    assert not (out / "trials_e_clean.left_out").exists()


def test_only_what_is_needed_is_asked_for(root: Path) -> None:
    (root / "voxceleb2").rename(root / "elsewhere")
    (root / "voxceleb1" / LISTS[1]).unlink()
    out = prepare(
        root, "--partial", needs=["voxceleb1", "voxceleb1_dev", "trials_o_clean", "musan"]
    )
    assert sorted(path.name for path in out.iterdir()) == ["voxceleb1", "voxceleb1_dev"]
    assert (out / "voxceleb1/trials_h_clean").exists()
    with pytest.raises(
        UserError, match=r"no list_test_all2\.txt \(the official list of trials_e_c"
    ):
        prepare(root, "--partial")


def test_both_corpora_train_together(root: Path) -> None:
    make_files(root / "voxceleb2", ["test/aac/id00017/x/00001.m4a"])
    out = prepare(root, "--partial", needs=["voxceleb12_dev", "voxceleb12", "voxceleb2"])
    found = {p.name: [line.split()[0] for line in (p / "spk2utt").open()] for p in out.iterdir()}
    assert found == {
        "voxceleb12_dev": ["id00012", "id00015", "id10001"],
        "voxceleb12": ["id00012", "id00015", "id00017", "id10001"],
        "voxceleb2": ["id00012", "id00015", "id00017"],
    }


def test_a_missing_tree_is_an_error(root: Path) -> None:
    (root / "voxceleb2").rename(root / "elsewhere")
    with pytest.raises(
        UserError, match="voxceleb2/dev is not here; expected its archives, or fold"
    ):
        prepare(root)
    with pytest.raises(UserError, match="voxceleb2_dev: no audio file found"):
        prepare(root, "--partial")
    with pytest.raises(UserError, match="--needs: found 'voxceleb3'; expected some of"):
        prepare(root, needs=["voxceleb3"])
