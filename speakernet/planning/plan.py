"""The plan of a run: costs of its products, and everything that would end it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from speakernet.config import UserError, load_config
from speakernet.config.files import is_given
from speakernet.kaldi.tables import iter_line_blocks
from speakernet.planning.checks import (
    Costs,
    disks_of,
    failures,
    memory_problems,
    missing_programs,
    unwritable,
)
from speakernet.planning.costs import Cost, cost_of
from speakernet.planning.products import PlannedProduct, read_products
from speakernet.planning.text import plan_lines
from speakernet.planning.work import Work
from speakernet.prepare.corpus_estimate import CorpusEstimate, read_estimate
from speakernet.prepare.recipe_inputs import Check, RecipeInputs, read_recipes
from speakernet.recipe import Recipe


@dataclass(frozen=True)
class PlanFiles:
    """What run.sh tells of a run: see ``speakernet plan --help``."""

    products: Path
    resolved: Path
    data: Path
    exp_dir: Path
    test_set: str
    cohort_set: str
    trials: list[Path]
    musan_root: Path | None
    rirs: Path | None
    enroll_spk2utt: Path | None
    estimate: Path | None
    cmd: list[str]
    nj: int
    nproc: int
    measure: bool


@dataclass(frozen=True)
class RunPlan:
    """``lines`` to print, and a line of each problem."""

    lines: list[str]
    problems: list[str]


def make_plan(files: PlanFiles) -> RunPlan:
    """Compute and measure what the products take, and look for problems. Raises UserError where
    the files are no plan of run.sh.
    """
    products = read_products(files.products)
    estimate = read_estimate(files.estimate) if files.estimate else CorpusEstimate()
    work = _work(files, estimate)
    problems = list(estimate.problems)
    costs = [(product, _cost(product, work, problems)) for product in products]
    todo = [(product, cost) for product, cost in costs if not product.is_done]
    disks = disks_of(todo, estimate.writes if _makes_corpus(todo) else [])
    problems += failures([*_checks(files, products), *(disk.check for disk in disks)])
    problems += memory_problems(todo)
    problems += missing_programs(work, files.cmd)
    problems += unwritable(product.path for product, _ in todo)
    problems += _missing_inputs(products, _from_stage_1(files, products))
    problems = list(dict.fromkeys(problems))
    return RunPlan([*plan_lines(costs, disks, work), *_problem_lines(problems)], problems)


def _problem_lines(problems: list[str]) -> Iterator[str]:
    yield f"problems: {len(problems) or 'none'}"
    yield from (f"  {problem}" for problem in problems)


def _work(files: PlanFiles, estimate: CorpusEstimate) -> Work:
    experiments = files.exp_dir.parent
    written = (
        folder / model / "recipe.yaml"
        for folder in sorted(files.resolved.iterdir())
        for model in (".", "lm")
    )
    recipes = {
        experiments / path.parent.relative_to(files.resolved): load_config(Recipe, path)
        for path in written
        if is_given(path)
    }
    work = Work(files.data, files.exp_dir, recipes, files.nj, files.nproc, estimate, files.test_set,
                files.cohort_set, measures=files.measure)  # fmt: skip
    work.num_trials = sum(_num_lines(path) for path in files.trials if path.is_file())
    return work


def _num_lines(path: Path) -> int:
    return sum(len(lines) for _, lines in iter_line_blocks(path))


def _cost(product: PlannedProduct, work: Work, problems: list[str]) -> Cost:
    try:
        return cost_of(product, work)
    except UserError as error:
        problems.append(str(error))
        return Cost(note="cannot be made")


def _makes_corpus(todo: Costs) -> bool:
    return any(product.stage.startswith("1 ") for product, _ in todo)


def _checks(files: PlanFiles, products: list[PlannedProduct]) -> Iterator[Check]:
    """Yield the checks of what is there; what stage 1 makes first is checked after it."""
    inputs = RecipeInputs(
        read_recipes(files.resolved / files.exp_dir.name),
        files.data, files.test_set, files.cohort_set,
        [path for path in files.trials if path.is_file()], files.musan_root, files.rirs,
        files.enroll_spk2utt,
    )  # fmt: skip
    if not _from_stage_1(files, products):
        yield from inputs.source_checks()
    if is_given(files.data / files.test_set / "utt2spk"):
        yield from inputs.set_checks()
    for path in files.trials:
        if not _is_made(path, products):
            yield partial(_require_file, path)


def _from_stage_1(files: PlanFiles, products: list[PlannedProduct]) -> set[Path]:
    """Return noises and rooms that are not there and that stage 1 may make or unpack."""
    if not any(product.stage.startswith("1 ") for product in products):
        return set()
    return {path for path in (files.musan_root, files.rirs) if path and not path.is_dir()}


def _require_file(path: Path) -> None:
    if not path.is_file():
        raise UserError(f"no such list of trials: {path}")


def _missing_inputs(products: list[PlannedProduct], to_come: set[Path]) -> Iterator[str]:
    """Yield a line for each input that is not there and that no product before it brings."""
    for number, product in enumerate(products):
        for path in product.inputs:
            is_known = path.parent.name == "settings" or path in to_come
            if not path.exists() and not is_known and not _is_made(path, products[:number]):
                yield f"{product.path} needs {path}: not there, and no stage that runs makes it"


def _is_made(path: Path, products: list[PlannedProduct]) -> bool:
    """Return whether a path that is not there will be (in) a product."""
    makers = [product.path for product in products]
    return not path.exists() and any(path == maker or maker in path.parents for maker in makers)
