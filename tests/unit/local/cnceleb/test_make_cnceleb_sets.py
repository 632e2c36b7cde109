"""CN-Celeb's sets, from trees with its layout."""

from pathlib import Path

import make_cnceleb_sets
import pytest

from speakernet.config import UserError
from speakernet.kaldi.datadir import read_spk2utt
from speakernet.kaldi.tables import read_table
from speakernet.kaldi.trials import read_trials


def touch(tree: Path, *names: str) -> None:
    for name in names:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(b"fLaC")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    one, two = tmp_path / "c/CN-Celeb_flac", tmp_path / "c/CN-Celeb2_flac"
    touch(one, "data/id00000/singing-01-001.flac", "data/id00001/vlog-02-004.flac")
    parts = ["id00800/interview-01-001", "id00800/vlog-01-002", "id00801/speech-01-001"]
    touch(one, *(f"data/{part}.flac" for part in parts))
    tests = ["test/id00800-singing-01-001", "test/id00801-drama-02-003"]
    enroll = ["enroll/id00800-enroll", "enroll/id00801-enroll"]
    touch(one, *(f"eval/{name}.flac" for name in (*tests, *enroll)))
    (one / "dev").mkdir()
    (one / "dev/dev.lst").write_text("id00000\nid00001\n")
    lists = one / "eval/lists"
    lists.mkdir()
    # The lists name wav files, whatever the archive holds.
    (lists / "enroll.lst").write_text("".join(f"{x[7:]} {x}.wav\n" for x in enroll))
    (lists / "enroll.map").write_text(
        f"id00800-enroll {parts[0]}.wav {parts[1]}.wav\nid00801-enroll {parts[2]}.wav\n"
    )
    (lists / "trials.lst").write_text(
        f"id00800-enroll {tests[0]}.wav 1\nid00800-enroll {tests[1]}.wav 0\n"
        f"id00801-enroll {tests[1]}.wav 1\n"
    )
    touch(two, "data/id10000/movie-01-001.flac", "data/id10001/play-01-001.flac")
    (two / "spk.lst").write_text("id10000\nid10001\n")
    return tmp_path / "c"


def prepare(root: Path) -> Path:
    make_cnceleb_sets.main(["--data-root", str(root), str(root.parent / "out")])
    return root.parent / "out"


def test_models_are_averages_or_joined_recordings(root: Path) -> None:
    out = prepare(root)
    models = read_spk2utt(out / "test/enroll_spk2utt")
    assert models["id00800-enroll-avg"] == [
        "id00800-enroll_interview-01-001", "id00800-enroll_vlog-01-002",
    ]  # fmt: skip
    assert models["id00801-enroll-concat"] == ["id00801-enroll"]
    trials = read_trials(out / "test/trials_avg")
    assert trials.enroll[1] == "id00800-enroll-avg" and trials.test[1] == "id00801-drama-02-003"
    assert trials.is_target.tolist() == [True, False, True]
    assert {utt for some in models.values() for utt in some} <= read_table(
        out / "test/wav.scp"
    ).keys()


def test_the_second_corpus_joins_the_first(root: Path) -> None:
    out = prepare(root)
    speakers = set(read_table(out / "cnceleb_train/utt2spk").values())
    assert speakers == {"id00000", "id00001", "id10000", "id10001"}
    assert read_table(out / "cnceleb1_dev/utt2session")["id00001-vlog-02-004"] == "id00001-vlog-02"


def test_the_first_version_has_no_averages(root: Path) -> None:
    (root / "CN-Celeb_flac/eval/lists/enroll.map").unlink()
    (root / "CN-Celeb_flac").rename(root / "CN-Celeb")
    out = prepare(root)
    assert [path.name for path in out.glob("test/trials*")] == ["trials_concat"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("eval/test/id00801-drama-02-003.flac", "trials.lst: no such file .*id00801-drama-02-003"),
        ("data/id00800/vlog-01-002.flac", "enroll.map:1: no such file .*vlog-01-002"),
        ("eval/enroll/id00801-enroll.flac", "enroll.lst:2: no such file .*id00801-enroll"),
    ],
)
def test_a_missing_file_is_named(root: Path, name: str, message: str) -> None:
    (root / "CN-Celeb_flac" / name).unlink()
    with pytest.raises(UserError, match=message):
        prepare(root)


def test_a_missing_speaker_and_a_missing_corpus_are_named(root: Path) -> None:
    (root / "CN-Celeb2_flac/spk.lst").write_text("id10000\nid10002\n")
    with pytest.raises(UserError, match="data has no folder id10002; unpack it again"):
        prepare(root)
    with pytest.raises(UserError, match="found no CN-Celeb; expected CN-Celeb_flac/data"):
        prepare(root / "CN-Celeb2_flac")
