"""Where results come from."""

import subprocess
from pathlib import Path

import pytest

from speakernet.report import provenance
from speakernet.report.provenance import experiment_facts, source_commit


@pytest.mark.parametrize(
    ("recipe", "facts"),
    [
        ("features: fbank40\ntrain_set: a_b\n", {"train_set": "a_b", "mel_bins": "40"}),
        ("features: mfcc\n", {}),
        ("features: waveform\ntrain_set: x\n", {"train_set": "x"}),
        (None, {}),
    ],
)
def test_facts_of_a_recipe(tmp_path: Path, recipe: str | None, facts: dict[str, str]) -> None:
    exp_dir = tmp_path / "corpus" / "system"
    exp_dir.mkdir(parents=True)
    if recipe is not None:
        (exp_dir / "recipe.yaml").write_text(recipe)
    commit = source_commit()
    assert experiment_facts(exp_dir) == {"recipe": "corpus/system", "commit": commit, **facts}


def git(folder: Path, *arguments: str) -> str:
    name = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    command = ["git", "-C", str(folder), *name, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_commit_of_a_checkout_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "checkout" / "speakernet"
    package.mkdir(parents=True)
    monkeypatch.setattr(provenance, "SOURCE", package)
    (package / "a.py").write_text("1\n")
    git(package.parent, "init", "--quiet")
    assert source_commit() == ""  # nothing committed yet
    git(package.parent, "add", ".")
    git(package.parent, "commit", "--quiet", "--message", "x")
    commit = git(package.parent, "rev-parse", "--short=10", "HEAD")
    assert source_commit() == commit
    (package / "a.py").write_text("2\n")
    assert source_commit() == f"{commit}+"
    # Installed somewhere below another repository: its commit is not ours.
    installed = package.parent / "venv" / "speakernet"
    installed.mkdir(parents=True)
    monkeypatch.setattr(provenance, "SOURCE", installed)
    assert source_commit() == ""
