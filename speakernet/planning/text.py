"""A plan as text: per stage what is read and written, and what it takes."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby

from speakernet.planning.checks import Costs, Disk
from speakernet.planning.costs import Cost
from speakernet.planning.products import PlannedProduct
from speakernet.planning.work import Work
from speakernet.work.progress import duration

_WIDTH = 12


def plan_lines(costs: Costs, disks: Iterable[Disk], work: Work) -> Iterator[str]:
    """Yield the lines of a plan: products with what they take, totals, disks and rates."""
    folders = {f"{work.data}/": "D/", f"{work.exp_dir}/": "E/"}
    yield "".join(f"{text[0]}: {folder[:-1]}  " for folder, text in folders.items()).strip()
    yield "".join(f"{title:>{_WIDTH}}" for title in ("disk", "time", "memory")) + "  product"
    for stage, group in groupby(costs, key=lambda pair: pair[0].stage):
        yield f"stage {stage}"
        for product, cost in group:
            yield _short(_product(product, cost), folders)
            yield from (_short(line, folders) for line in _inputs(product))
    yield "all stages that are not done"
    yield _cells(_total([cost for product, cost in costs if not product.is_done]))
    for disk in disks:
        yield f"disk of {disk.folder}: {_bytes(disk.needed)} needed, {_bytes(disk.free)} free"
    yield from _rates(work)


def _short(line: str, folders: Mapping[str, str]) -> str:
    for folder, text in folders.items():
        line = line.replace(folder, text)
    return line


def _product(product: PlannedProduct, cost: Cost) -> str:
    if product.is_done:
        return f"{'done before':>{3 * _WIDTH}}  {product.path}/"
    return f"{_cells(cost)}  {product.path}/" + (f"  ({cost.note})" if cost.note else "")


def _inputs(product: PlannedProduct) -> Iterator[str]:
    """Yield the inputs of a product, those left out that only hold settings of the recipe."""
    names = [f"{path}" for path in product.inputs if path.parent.name != "settings"]
    if names and not product.is_done:
        yield f"{'reads':>{3 * _WIDTH}}    {' '.join(names)}"


def _cells(cost: Cost) -> str:
    size = "?" if cost.size is None else _bytes(cost.size)
    seconds = "-" if cost.seconds is None else duration(cost.seconds)
    memory = "-" if cost.memory is None else _bytes(cost.memory)
    return "".join(f"{text:>{_WIDTH}}" for text in (size, seconds, memory))


def _total(costs: list[Cost]) -> Cost:
    sizes = [cost.size for cost in costs]
    known = [cost.seconds for cost in costs if cost.seconds is not None]
    return Cost(
        None if None in sizes else sum(filter(None, sizes)),
        sum(known) if known else None,
        max((cost.memory for cost in costs if cost.memory is not None), default=None),
    )


def _bytes(number: float) -> str:
    return f"{number / 1e9:.1f} GB" if number >= 1e8 else f"{number / 1e6:.1f} MB"


def _rates(work: Work) -> Iterator[str]:
    """Yield what was measured: hours of audio that a core does in an hour, utterances a second."""
    for features, rates in work.measured_audio.items():
        parts = {"decoded": rates.decode, "augmented": rates.augment, features: rates.features}
        texts = [f"{1 / cost:,.0f} {part}" for part, cost in parts.items() if cost]
        yield f"measured: hours of audio an hour and core: {', '.join(texts)}; of {rates.source}"
    measured = [(work.recipe(f).model.name, rates) for f, rates in work.measured_networks.items()]
    for name, network in dict.fromkeys(measured):
        yield (
            f"measured: {name} on {network.device}: "
            f"{1 / network.train:,.1f} crops a second in training; "
            f"{1 / network.embed:,.1f} s of audio embedded a second"
        )
