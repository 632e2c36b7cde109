"""What the plan says of VoxCeleb before stage 1: of archives, and of trees."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import unpack_archives

from speakernet.config import UserError
from speakernet.prepare.corpus_estimate import CorpusEstimate, read_estimate

Ask = Callable[..., CorpusEstimate]
NEEDS = "voxceleb1 voxceleb2_dev trials_o_clean trials_voxsrc20_dev musan RIRS_NOISES"


@pytest.fixture
def said(root: Path) -> Ask:
    def ask(partial: str = "true") -> CorpusEstimate:
        options = ["--data-root", str(root), "--needs", NEEDS, "--partial", partial]
        # Other corpora have programs of this name.
        command = [
            sys.executable,
            "local/voxceleb/estimate_voxceleb.py",
            *options,
            str(root / "out"),
        ]
        with (root / "said").open("wb") as output:
            subprocess.run(command, stdout=output, check=True)
        return read_estimate(root / "said")

    return ask


def test_before_and_after_unpacking(root: Path, said: Ask) -> None:
    before = said()
    assert before.problems == []
    assert {name: (s.utterances, s.speakers) for name, s in before.sets.items()} == {
        "voxceleb1": (8, 4), "voxceleb2_dev": (6, 3)}  # fmt: skip
    assert not any(each.samples for each in before.sets.values())
    folders = {"voxceleb1/dev/wav", "voxceleb1/test/wav", "voxceleb2/dev/aac", "."}
    written = dict(before.writes)
    assert set(written) == {root / folder for folder in folders}
    unpack_archives.main(["--data-root", str(root), *NEEDS.split()])
    for folder in folders - {"."}:
        sizes = [path.stat().st_size for path in (root / folder).rglob("*") if path.is_file()]
        assert sum(sizes) == written[root / folder]
    after = said()
    assert after.writes == []
    assert after.problems == []
    assert after.sets["voxceleb2_dev"].samples[0].startswith("ffmpeg")
    assert {n: s.utterances for n, s in after.sets.items()} == {"voxceleb1": 8, "voxceleb2_dev": 6}


def test_every_problem_is_named_and_is_the_one_of_the_preparation(root: Path, said: Ask) -> None:
    for name in ("vox1_dev_wav_partab", "musan.tar.gz", "veri_test2.txt"):
        (root / name).unlink()
    (root / "rirs_noises.zip").write_text("<!DOCTYPE html><html>sign in</html>")
    found = said("false").problems
    for words in (
        "vox1_dev_wav_partab",
        "voxceleb2_dev: found 3 speakers and 6 utterances",
        "no veri_test2.txt",
        "rirs_noises.zip: found",
        "no musan/ and no musan.tar.gz",
    ):
        assert sum(words in line for line in found) == 1, (words, found)
    with pytest.raises(UserError) as error:
        unpack_archives.main(["--data-root", str(root), *NEEDS.split()])
    assert str(error.value) in found


def test_recordings_of_trials_that_are_in_no_archive(root: Path, said: Ask) -> None:
    with (root / "veri_test2.txt").open("a") as file:
        file.write("0 id10270/nowhere/00001.wav id10271/nowhere/00002.wav\n")
    (only,) = said().problems
    assert "2 recordings of 1 trials are not here" in only
