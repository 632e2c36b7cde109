"""Archives in parts, unpacked where their trees are missing."""

import logging
import zipfile
from pathlib import Path

import pytest
import unpack_zips

from speakernet.config import UserError


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


def test_zip_parts_are_unpacked_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    names = [f"dev/aac/id0000{i}/v/0000{i}.m4a" for i in range(9)]
    make_zip_parts(tmp_path, names, "vox2_dev_aac", 3)
    unpack_zips.main(["--data-root", str(tmp_path), "--nj", "2"])
    found = sorted((tmp_path / "voxceleb2").rglob("*.m4a"))
    assert [str(path.relative_to(tmp_path / "voxceleb2")) for path in found] == names
    assert found[3].read_text() == names[3] * 100
    assert "9 files unpacked" in caplog.text
    caplog.clear()
    unpack_zips.main(["--data-root", str(tmp_path)])
    assert caplog.text == ""


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
