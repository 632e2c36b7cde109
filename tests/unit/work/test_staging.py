"""Files that appear together or not at all."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.work.staging import files_for_replace


def test_all_files_appear_and_others_stay(tmp_path: Path) -> None:
    folder = tmp_path / "scores"
    (folder / "calibration").mkdir(parents=True)
    (folder / "other").write_text("stays")
    (folder / "calibration/trials").write_text("old")
    with files_for_replace(folder) as new:
        (new / "calibration").mkdir()
        (new / "calibration/trials").write_text("new")
        (new / "cosine").write_text("1")
        assert (folder / "calibration/trials").read_text() == "old"
    found = {str(p.relative_to(folder)): p.read_text() for p in folder.rglob("*") if p.is_file()}
    assert found == {"other": "stays", "calibration/trials": "new", "cosine": "1"}
    assert [path.name for path in tmp_path.iterdir()] == ["scores"]


def test_nothing_appears_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="wrong"), files_for_replace(tmp_path / "a/b") as new:
        (new / "cosine").write_text("1")
        raise UserError("wrong")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "scores").write_text("")
    with (
        pytest.raises(UserError, match=rf"{tmp_path}/scores"),
        files_for_replace(tmp_path / "scores"),
    ):
        pass
