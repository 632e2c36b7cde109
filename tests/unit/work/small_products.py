"""Small products: what they are made from, and their records."""

from collections.abc import Sequence
from pathlib import Path

from speakernet.work.made_from import Inputs, MadeFrom, describe_inputs
from speakernet.work.products import finish_product, read_product
from speakernet.work.record import Record


def write(path: str | Path, text: str = "x\n") -> Path:
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def made_from(
    inputs: Sequence[str | Path] = (),
    command: Sequence[str] = ("make",),
    fixed: Sequence[str | Path] = (),
    product: str | Path = "p",
) -> MadeFrom:
    paths = Inputs([Path(i) for i in inputs], [Path(i) for i in fixed])
    return describe_inputs(Path(product), command, paths)


def finish(product: str | Path, *outputs: str, **description: Sequence[str]) -> Record:
    finish_product(Path(product), outputs, made_from(product=product, **description))
    record = read_product(Path(product))
    assert record is not None
    return record
