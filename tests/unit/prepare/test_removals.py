"""The table of what may be removed, and experiments that need it."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.prepare.removals import check_other_experiments, read_removals
from speakernet.work.cleaning import Removal

VALUES = "train|train_sp|train_sp_aug|fbank40|fbank40_seed5|noise|0.9|5|_seed5|false|false|true\n"


def test_lines_are_gathered_by_product(tmp_path: Path) -> None:
    table = tmp_path / "table"
    table.write_text("d/a\tneeded-by\tx y\nd/b\tneeded-by\tz\nd/a\tpart\td/c\nd/a\tneeded-by\tw\n")
    a = Removal(Path("d/a"), [Path("x y"), Path("w")], [Path("d/c")])
    assert read_removals(table) == [a, Removal(Path("d/b"), [Path("z")])]


@pytest.mark.parametrize("line", ["d/a", "d/a\tneeds\tx", "d/a\tpart\t", "\tpart\tx", "a\tb\tc\td"])
def test_other_lines_are_named(line: str, tmp_path: Path) -> None:
    (tmp_path / "table").write_text(f"d/a\tpart\tx\n{line}\n")
    with pytest.raises(UserError, match="table:2: found .*; expected a product"):
        read_removals(tmp_path / "table")


def test_a_training_that_has_begun_needs_its_data(tmp_path: Path) -> None:
    data, other = tmp_path / "data", tmp_path / "exp/other/lm"
    for folder in (other / "settings", other / "checkpoints"):
        folder.mkdir(parents=True)
    (other / "settings/stages").write_text(VALUES)
    needed = [Removal(data / n) for n in ("fbank40_seed5/train_sp_aug", "train_sp_aug", "train")]
    free = [Removal(data / n) for n in ("fbank40/train_sp_aug", "fbank40_seed5/test", "train_sp")]
    check_other_experiments(needed, data, tmp_path / "exp")  # it has not begun
    (other / "checkpoints/step-00000007.pt").touch()
    check_other_experiments(free, data, tmp_path / "exp")
    for removal in needed:
        with pytest.raises(UserError, match=r"is still needed: the training of .*/other/lm has"):
            check_other_experiments([removal], data, tmp_path / "exp")
    clean = VALUES.replace("train_sp_aug|", "train_sp|").replace("noise", "")
    (other / "settings/stages").write_text(clean)
    check_other_experiments(needed[:1], data, tmp_path / "exp")
    (other.parent / "settings").mkdir()
    (other.parent / "settings/stages").write_text(VALUES)
    with pytest.raises(UserError, match=r"train_sp_aug: is still needed: .*/other/lm has begun"):
        check_other_experiments(needed[:1], data, tmp_path / "exp")
    (other / "settings/stages").write_text(VALUES)
    (other / "checkpoints/.done").touch()
    check_other_experiments(needed, data, tmp_path / "exp")
