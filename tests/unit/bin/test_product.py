"""What a product may be made of."""

from pathlib import Path

import pytest

from speakernet.bin.product import main
from speakernet.config import UserError


@pytest.mark.parametrize("path", ["/", "/usr/..", "//"])
@pytest.mark.parametrize("option", ["--input", "--fixed-input"])
def test_all_files_are_no_input(option: str, path: str, tmp_path: Path) -> None:
    pending = tmp_path / "pending"
    arguments = ["check", option, path, "--pending", str(pending), str(tmp_path / "p"), "--", "x"]
    with pytest.raises(UserError, match="is the root of all files; expected what the product is"):
        main(arguments)
    assert not pending.exists()
