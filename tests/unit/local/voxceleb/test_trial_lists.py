"""Official lists, of VoxSRC, too."""

from pathlib import Path

import pytest
from trial_lists import our_id, read_list, write_known
from voxsrc_audio import list_voxsrc

from speakernet.config import UserError


def test_lists_of_voxsrc_name_recordings_of_our_sets(tmp_path: Path) -> None:
    for name in ("voxceleb1_cd/id10545/000912.wav", "VoxSRC2022_dev/dev_00003.wav"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    path = tmp_path / "voxsrc2020_dev.txt"
    path.write_text("0 voxceleb1/id10955/fM25hh5Dd-E/00003.wav voxceleb1_cd/id10545/000912.wav\n")
    trials = read_list("trials_voxsrc20_dev", path, partial=False)
    assert trials.enroll == ["id10955/fM25hh5Dd-E/00003.wav"]
    assert trials.test == ["id10545/voxceleb1_cd/000912.wav"]
    found = list_voxsrc(tmp_path, {"trials_voxsrc20_dev": path})
    assert [(u.utt, u.speaker) for u in found] == [(trials.test[0], "id10545")]
    found = list_voxsrc(tmp_path, {"trials_voxsrc22_dev": path})
    assert [(u.utt, u.speaker) for u in found] == [("VoxSRC2022_dev/dev_00003.wav",) * 2]
    assert our_id("VoxSRC2022_dev/dev_00003.wav") == "VoxSRC2022_dev/dev_00003.wav"


def test_a_list_without_any_recording_is_no_list(tmp_path: Path) -> None:
    path = tmp_path / "voxsrc2021_val.txt"
    path.write_text("1 id10001/a/1.wav id10001/b/1.wav\n")
    trials = read_list("trials_voxsrc21_dev", path, partial=False)
    with pytest.raises(UserError, match="the recordings of all 1 trials are missing"):
        write_known(tmp_path / "trials", trials, {"id10001/a/1.wav"}, source=path, drop=True)
    assert not (tmp_path / "trials").exists()
