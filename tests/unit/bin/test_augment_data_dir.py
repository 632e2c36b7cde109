"""Options of augment_data_dir that do not fit together."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from speakernet.bin import augment_data_dir
from speakernet.config import UserError


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "neither --fg-noise-dir nor --bg-noise-dir"),
        (["--fg-noise-dir", "m", "--fg-interval", "-1"], "a whole number, 0 or more"),
        (["--fg-noise-dir", "m", "--utt-suffix", "a", "--utt-prefix", "b"], "expected one of them"),
    ],
)
def test_options_that_do_not_fit(tmp_path: Path, options: Sequence[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        augment_data_dir.main([*options, str(tmp_path / "in"), str(tmp_path / "out")])
    assert not (tmp_path / "out").exists()
