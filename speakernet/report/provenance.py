"""Where results come from: the commit of the code, the recipe of an experiment."""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from speakernet.config import load_plain
from speakernet.prepare.partial_sets import partial_note

SOURCE = Path(__file__).parents[1]


def source_commit() -> str:
    """Return the short commit of this package's source, with ``+`` if it was changed.

    ``""`` where it is no checkout: an installed package may lie in a folder of another repository.
    """
    if not (SOURCE.parent / ".git").exists():
        return ""
    git = ["git", "-C", str(SOURCE)]
    try:
        head = subprocess.run([*git, "rev-parse", "--short=10", "HEAD"], capture_output=True)
        diff = subprocess.run([*git, "diff", "--quiet", "HEAD", "--", "."], capture_output=True)
    except OSError:
        return ""
    if head.returncode:
        return ""
    return head.stdout.decode().strip() + ("+" if diff.returncode else "")


def experiment_name(exp_dir: Path) -> str:
    """Return ``<corpus>/<recipe>`` of an experiment's folder."""
    return "/".join(exp_dir.resolve().parts[-2:])


def experiment_facts(exp_dir: Path, trials: Sequence[Path] = ()) -> dict[str, Any]:
    """Return what every row of an experiment's results has beside its figures.

    recipe and commit; train_set where recipe.yaml names one; mel_bins where features are filter
    banks (``fbank80``), as others have none; partial, a sentence for each set that was not whole:
    the training set, and that of the lists ``trials``, which lie beside each other.
    """
    path = exp_dir / "recipe.yaml"
    recipe = load_plain(path) if path.exists() else {}
    facts: dict[str, Any] = {"recipe": experiment_name(exp_dir), "commit": source_commit()}
    if "train_set" in recipe:
        facts["train_set"] = str(recipe["train_set"])
    digits = str(recipe.get("features", "")).removeprefix("fbank")
    if digits.isdecimal():
        facts["mel_bins"] = digits
    if partial := _partial_notes(facts.get("train_set"), trials):
        facts["partial"] = partial
    return facts


def _partial_notes(train_set: str | None, trials: Sequence[Path]) -> list[str]:
    tests = dict.fromkeys(path.parent for path in trials)
    trains = dict.fromkeys(folder.parent / train_set for folder in tests) if train_set else ()
    roles = [*(("Training set", each) for each in trains), *(("Test set", each) for each in tests)]
    found = [(role, partial_note(folder)) for role, folder in roles]
    return [f"{role} {note}" for role, note in found if note]
