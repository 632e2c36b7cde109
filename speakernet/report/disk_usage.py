"""What the products of run.sh take on the disk, by stage, corpus and experiment."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from speakernet.config import UserError
from speakernet.report.tables import markdown_table
from speakernet.work.cleaning import size_text

_FORMATS = ("copy", "wav", "flac")  # of recordings in archives (run.sh --convert)

_COPY = re.compile(r"(_sp[\d.]*|_(reverb|noise|music|babble)(_seed\d+)?|musan_\w+)$|_aug")
_OTHER, _RESULTS = "other files", "results and logs"
_MODELS = ("lm", "untrained")
_BLOCK = 512  # of st_blocks


class Usage(NamedTuple):
    """What one product takes: its stage, where it belongs (corpus or experiment), and its size."""

    stage: int
    owner: str
    product: str
    num_bytes: int


def disk_usage(data: Path, exp: Path) -> list[Usage]:
    """Return all products below ``data`` and ``exp``, the largest first.

    Sizes are those on the disk; a file with several names counts once, links are not followed.
    Raises UserError if there is neither of the folders.
    """
    if not (data.is_dir() or exp.is_dir()):
        raise UserError(f"neither {data} nor {exp} is a folder; expected what run.sh has made")
    sizes: dict[tuple[int, str, str], int] = {}
    seen: set[tuple[int, int]] = set()
    for top, classify in ((data, _of_data), (exp, _of_experiment)):
        for folder, num_bytes in _folders(top, seen):
            key = classify(top, folder.relative_to(top).parts)
            sizes[key] = sizes.get(key, 0) + num_bytes
    usages = [Usage(*key, num_bytes) for key, num_bytes in sizes.items() if num_bytes]
    return sorted(usages, key=lambda usage: (-usage.num_bytes, usage))


def _folders(top: Path, seen: set[tuple[int, int]]) -> Iterator[tuple[Path, int]]:
    """Yield each folder below ``top`` and the bytes of the files directly in it."""
    for name, _, files in os.walk(top):
        num_bytes = 0
        for file in files:
            with suppress(OSError):  # removed meanwhile
                status = os.lstat(os.path.join(name, file))
                if status.st_nlink == 1 or (status.st_dev, status.st_ino) not in seen:
                    num_bytes += status.st_blocks * _BLOCK
                if status.st_nlink > 1:
                    seen.add((status.st_dev, status.st_ino))
        yield Path(name), num_bytes


def _of_data(top: Path, parts: tuple[str, ...]) -> tuple[int, str, str]:
    """Return stage, corpus and product of a folder below data/."""
    corpus, *rest = parts or ("",)
    is_packed = rest[:1] and rest[0] in _FORMATS and (top / corpus / rest[0] / "ark").is_dir()
    packed = rest[:1] if is_packed else []
    owner, rest = "/".join([corpus, *packed]), rest[len(packed) :]
    if not rest:
        return 1, owner, _OTHER
    if rest[0] == "ark" and packed:
        return 1, owner, _set_name(rest[1:])
    if rest[0] == "audio_checks" or (top.joinpath(owner, rest[0], "ark").is_dir()):
        inner = rest[2:] if rest[1:2] == ["ark"] else rest[1:]
        return 3, owner, "/".join(filter(None, [rest[0], _set_name(inner)]))
    return (2 if _COPY.search(rest[0]) else 1), owner, rest[0]


def _set_name(parts: list[str]) -> str:
    return parts[0].removesuffix(".other") if parts else ""


def _of_experiment(top: Path, parts: tuple[str, ...]) -> tuple[int, str, str]:
    """Return stage, experiment and product of a folder below exp/."""
    depth = next((n for n in range(len(parts)) if _is_experiment(top.joinpath(*parts[:n]))), None)
    if depth is None:
        whole = _is_experiment(top.joinpath(*parts))
        return 8, "/".join(parts), _RESULTS if whole else _OTHER
    inner = list(parts[depth:])
    model = inner.pop(0) if inner[0] in _MODELS else ""
    name = inner[0] if inner else ""
    product = "/".join(filter(None, [model, name]))
    if name in ("checkpoints", "tensorboard", ".anew"):
        stage = 5 if model == "lm" else 4
    else:
        stage = 6 if name.startswith("embeddings_") else 7 if name == "scores" else 8
    return stage, "/".join(parts[:depth]), product if stage < 8 else _RESULTS


def _is_experiment(folder: Path) -> bool:
    return (folder / "recipe.yaml").is_file()


def usage_report(usages: Iterable[Usage]) -> str:
    """Return tables of products, stages, and corpora and experiments."""
    some = list(usages)
    products = [[str(u.stage), u.owner, u.product, size_text(u.num_bytes)] for u in some]
    lines = markdown_table(["stage", "corpus or experiment", "product", "size"], products)
    stages = {str(stage): 0 for stage in sorted({usage.stage for usage in some})}
    owners = {usage.owner: 0 for usage in some}
    for usage in some:
        stages[str(usage.stage)] += usage.num_bytes
        owners[usage.owner] += usage.num_bytes
    for title, sums in (("stage", stages), ("corpus or experiment", owners)):
        rows = [[name, size_text(num_bytes)] for name, num_bytes in sums.items()]
        lines += ["", *markdown_table([title, "size"], rows)]
    return "\n".join([*lines, "", f"{size_text(sum(u.num_bytes for u in some))} in all"]) + "\n"


def usage_json(usages: Iterable[Usage]) -> str:
    """Return the same as JSON: a list of objects with stage, owner, product and num_bytes."""
    return json.dumps([usage._asdict() for usage in usages], indent=1) + "\n"
