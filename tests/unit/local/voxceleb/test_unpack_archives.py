"""A miniature of the corpora, in the forms in which they circulate, and with what can be wrong."""

import hashlib
import logging
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import make_data_dirs
import pytest
import unpack_archives

from speakernet.config import UserError
from speakernet.kaldi.tables import read_table
from tests.miniature.forms import split

SETS = ("voxceleb1", "voxceleb2")
VOX1 = "vox1_dev_wav_part"


def unpack(root: Path, *needs: str, options: tuple[str, ...] = ()) -> None:
    needs = needs or (*SETS, "musan", "RIRS_NOISES")
    unpack_archives.main(["--data-root", str(root), "--nj", "3", *options, *needs])


def recordings(root: Path) -> dict[str, str]:
    """Checksums of the recordings of both corpora, by their ids, and how their sets read."""
    command = ["--data-root", str(root), "--partial", str(root / "out"), *SETS, "trials_o_clean"]
    make_data_dirs.main(command)
    found = {}
    for name in SETS:
        for utt, entry in read_table(root / "out" / name / "wav.scp").items():
            path = shlex.split(entry)[5] if entry.endswith("|") else entry
            found[utt] = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return found


@pytest.fixture(scope="session")
def expected(archives: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    root = Path(shutil.copytree(archives, tmp_path_factory.mktemp("expected") / "root"))
    unpack(root)
    for noise in ("musan/speech/librivox/ANNOTATIONS", "musan/noise/free-sound/LICENSE",
                  "RIRS_NOISES/simulated_rirs/smallroom/rir_list",
                  "RIRS_NOISES/real_rirs_isotropic_noises/rir_list"):  # fmt: skip
        assert (root / noise).stat().st_size > 0
    found = recordings(root)
    assert len(found) == 2 * (2 + 2 + 3 + 1) + 4 + 4  # with VoxSRC's
    return found


def test_what_is_there_is_not_unpacked_again(
    root: Path, expected: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    unpack(root)
    assert caplog.text.count("files unpacked to") == 6
    caplog.clear()
    unpack(root, options=("--delete-archives",))
    assert "unpacked to" not in caplog.text
    assert not list(root.glob("vox*_*_*part*")) and not list(root.glob("vox*.zip"))
    unpack(root)
    assert recordings(root) == expected


def test_whole_zips_in_folders_of_other_names(root: Path, expected: dict[str, str]) -> None:
    (root / "vox1").mkdir()
    (root / "VoxCeleb2").mkdir()
    join(root, "vox1_dev_wav_part", "vox1/vox1_dev_wav.zip")
    join(root, "vox2_dev_aac_part", "VoxCeleb2/vox2_aac.zip")
    for part in root.glob("*_part*"):
        part.unlink()
    unpack(root)
    assert recordings(root) == expected


def test_parts_as_some_browsers_name_them(root: Path, expected: dict[str, str]) -> None:
    (root / f"{VOX1}aa").rename(root / f"{VOX1}aa.zip")
    unpack(root)
    assert recordings(root) == expected


def join(root: Path, stem: str, name: str) -> bytes:
    content = b"".join(path.read_bytes() for path in sorted(root.glob(f"{stem}*")))
    (root / name).write_bytes(content)
    return content


def test_a_tree_that_someone_else_has_unpacked_in_part(
    root: Path, expected: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    unpack(root)
    (root / "voxceleb2/dev").rename(root / "dev")
    shutil.rmtree(root / "voxceleb2")
    (root / "dev").rename(root / "voxceleb2_m4a")
    files = sorted((root / "voxceleb2_m4a").rglob("*.m4a"))
    files[0].write_bytes(b"")
    files[-1].unlink()
    caplog.set_level(logging.INFO)
    unpack(root)
    assert f"(8 parts): 2 files unpacked to {root}/voxceleb2_m4a/aac" in caplog.text
    assert recordings(root) == expected


@pytest.mark.parametrize("letter", "abd")
def test_a_missing_part_is_named_before_anything_is_unpacked(root: Path, letter: str) -> None:
    (root / f"{VOX1}a{letter}").unlink()
    with pytest.raises(UserError, match=f"{VOX1}a{letter} is missing"):
        unpack(root, "voxceleb1")
    assert not (root / "voxceleb1").exists()


@pytest.mark.parametrize(
    ("letter", "message"), [("b", "has .* bytes, others"), ("d", "is cut short")]
)
def test_a_short_part_is_named(root: Path, letter: str, message: str) -> None:
    os.truncate(root / f"{VOX1}a{letter}", (root / f"{VOX1}a{letter}").stat().st_size - 99)
    with pytest.raises(UserError, match=f"{VOX1}a{letter} {message}.*: fetch it again"):
        unpack(root, "voxceleb1")


def test_damaged_bytes_and_a_page_in_place_of_a_part(root: Path) -> None:
    part = root / f"{VOX1}ab"
    content = bytearray(part.read_bytes())
    content[5000:5100] = bytes(100)
    part.write_bytes(content)
    with pytest.raises(UserError, match=rf"{VOX1}a[ab]: wav/id.*\.wav is damaged in it"):
        unpack(root, "voxceleb1")
    part.write_bytes(b"<html>log in</html>")
    with pytest.raises(UserError, match=f"{VOX1}ab: found an HTML page .*or a part of one"):
        unpack(root, "voxceleb1")


def test_noises_that_are_cut_or_something_else(root: Path) -> None:
    os.truncate(root / "musan.tar.gz", 100_000)
    with pytest.raises(UserError, match=r"musan\.tar\.gz: not a complete archive"):
        unpack(root, "musan")
    (root / "musan.tar.gz").write_text("<html>")
    with pytest.raises(UserError, match=r"musan\.tar\.gz: found an HTML page"):
        unpack(root, "musan")
    os.truncate(root / "rirs_noises.zip", 30_000)
    with pytest.raises(UserError, match=r"rirs_noises\.zip: not a complete zip.*fetch it again"):
        unpack(root, "RIRS_NOISES")


def test_it_goes_on_after_a_kill(root: Path, expected: dict[str, str], repository: Path) -> None:
    script = repository / "local/voxceleb/unpack_archives.py"
    command = [sys.executable, str(script), "--data-root", str(root), "--nj", "1", *SETS]
    process = subprocess.Popen([*command, "musan"], cwd=repository)
    while not list(root.glob("voxceleb1/dev/wav/id*/*/*.wav")):
        assert process.poll() is None
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    unpack(root)
    assert recordings(root) == expected
    assert not list(root.glob("voxceleb*/**/*.tmp"))


def test_the_miniature_is_cut_as_split_cuts(tmp_path: Path) -> None:
    split(tmp_path / "x_part", b"0123456789", 4)
    assert [path.read_bytes() for path in sorted(tmp_path.iterdir())] == [
        b"012",
        b"345",
        b"678",
        b"9",
    ]
