"""What ``run.sh --clean`` may remove: its table, and experiments that share the data."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from speakernet.config import UserError
from speakernet.config.files import read_text
from speakernet.prepare.stage_values import has_features_of, read_stage_values
from speakernet.work.cleaning import Removal

NEEDED_BY, PART = "needed-by", "part"


def read_removals(table: Path) -> list[Removal]:
    """Read ``product <tab> needed-by|part <tab> path`` lines. Raises UserError for others."""
    removals: dict[str, Removal] = {}
    for number, line in enumerate(read_text(table).splitlines(), start=1):
        fields = line.split("\t")
        if len(fields) != 3 or fields[1] not in (NEEDED_BY, PART) or not all(fields):
            raise UserError(
                f"{table}:{number}: found '{line}'; expected a product, {NEEDED_BY} or {PART}, "
                "and a path, with tabs between them"
            )
        removal = removals.setdefault(fields[0], Removal(Path(fields[0])))
        (removal.needed_by if fields[1] == NEEDED_BY else removal.parts).append(Path(fields[2]))
    return list(removals.values())


def check_other_experiments(removals: Iterable[Removal], data: Path, exp: Path) -> None:
    """Raise UserError if the training of an experiment below ``exp`` has begun and needs one."""
    products = {removal.product.resolve(): removal.product for removal in removals}
    for stages in sorted(exp.rglob("settings/stages")):
        checkpoints = stages.parents[1] / "checkpoints"
        if not any(checkpoints.glob("*.pt")) or (checkpoints / ".done").exists():
            continue
        for folder in _read_by(stages, data):
            if product := products.get(folder.resolve()):
                raise UserError(
                    f"{product}: is still needed: the training of {stages.parents[1]} has begun; "
                    "nothing was removed"
                )


def _read_by(stages: Path, data: Path) -> Iterator[Path]:
    """Yield what a training reads; for fine-tuning, also the features of all copies."""
    recipe = read_stage_values(stages)
    yield data / recipe.train_data
    yield data / recipe.train_set
    yield data / recipe.feature_folder / recipe.train_data
    base = stages.parents[2] / "settings" / "stages"
    if stages.parents[1].name == "lm" and base.is_file():
        whole = read_stage_values(base)
        if has_features_of(whole, recipe):
            yield data / whole.feature_folder / whole.train_data
