"""Published figures, and the rows that they stand beside."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.report.published import (
    Published,
    is_list,
    published_figures,
    read_published,
    read_published_sizes,
)


def test_they_stand_beside_the_right_rows() -> None:
    published = [
        Published("m", "v2_aug", True, "40", "600", "asnorm", "vox1_o", "1.0", "0.1", "0.01")
    ]
    row = {"recipe": "voxceleb/m_fbank40", "model": "lm", "scoring": "asnorm",
           "trials": "trials_vox1_o_clean", "mel_bins": "40", "train_set": "v2"}  # fmt: skip
    assert published_figures(row, published) == ("1.0", "0.1")
    for change in ({"model": "base"}, {"scoring": "cosine"}, {"mel_bins": "80"},
                   {"trials": "trials_vox1_e"}, {"recipe": "voxceleb/n"},
                   {"train_set": "v1"}):  # fmt: skip
        assert published_figures({**row, **change}, published) is None


def test_names_of_a_list() -> None:
    assert is_list("Vox1-O", "vox1_o") and is_list("trials_o_clean", "vox1_o")
    assert not is_list("trials_e_clean", "vox1_o") and not is_list("vox1_other", "vox1_o")


def test_the_shipped_table(repository: Path) -> None:
    table = repository / "egs" / "voxceleb" / "published.tsv"
    assert len(read_published(table)) > 100
    sizes = read_published_sizes(table)
    assert sizes["dpn68", 40] == "13.9M"  # of dpn68_voxsrc2020
    assert sizes["resnet34_c32", 80] == "6.6M"  # of resnet34_c32_wespeaker
    assert all(size.endswith("M") for size in sizes.values())


def test_a_table_that_lacks_something(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="x.tsv: no such file"):
        read_published_sizes(tmp_path / "x.tsv")
    (tmp_path / "x.tsv").write_text("system\tmel_bins\n")
    with pytest.raises(UserError, match="x.tsv:1: column 'published_parameters' is missing"):
        read_published_sizes(tmp_path / "x.tsv")
    with pytest.raises(UserError, match="x.tsv:1: column 'train_set' is missing"):
        read_published(tmp_path / "x.tsv")
