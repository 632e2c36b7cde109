"""The list that run.sh writes."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.planning.products import read_products
from speakernet.work.products import finish_product


def test_a_product_and_what_makes_it(tmp_path: Path) -> None:
    path = tmp_path / "products"
    path.write_text(
        f"4 training\t{tmp_path}/a b\t--input\tx y\t--fixed-input=z\t--output\tfinal.pt\t--\t"
        "steps/train.sh\t--nproc\t\t--cuda-cmd\tsbatch -- x\trecipe.yaml\n"
    )
    (product,) = read_products(path)
    assert (product.stage, product.step) == ("4 training", "train.sh")
    assert product.inputs == (Path("x y"), Path("z"))
    assert product.option("--cuda-cmd") == "sbatch -- x"
    assert product.option("--nproc") == product.option("--nj") == ""
    assert not product.is_done
    (tmp_path / "a b").mkdir()
    (tmp_path / "a b/file").write_text("x")
    finish_product(tmp_path / "a b", ["file"], {})
    assert product.is_done


@pytest.mark.parametrize("line", ["", "3 features", "3 features\tx\t--", "3\t--\tx", "a\tb\tc\td"])
def test_other_lines(line: str, tmp_path: Path) -> None:
    (tmp_path / "products").write_text(f"{line}\n")
    with pytest.raises(UserError, match="products:1: expected stage, product, inputs"):
        read_products(tmp_path / "products")
