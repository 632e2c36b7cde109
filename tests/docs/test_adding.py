"""docs/adding.md followed word by word: each thing is the one file it shows, and the tests pass."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# A block whose first line says into which file it goes.
BLOCK = re.compile(r"^```\w+\n# (\S+)\n.*?^```$", re.MULTILINE | re.DOTALL)
PARTS = ("benchmarks", "conf", "docs", "egs", "local", "pyproject.toml", "speakernet", "tests")
ADDED = ("focal", "arcface", "largest", "small_c8", "half_cosine", "adagrad")


@pytest.fixture(scope="module")
def checkout(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository with the files of the page."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in PARTS:
        copy = shutil.copytree if (repository / name).is_dir() else shutil.copy
        copy(repository / name, folder / name)
    for block in BLOCK.finditer((repository / "docs/adding.md").read_text(encoding="utf-8")):
        path = folder / block[1]
        assert not path.exists()
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(block[0].splitlines()[1:-1]) + "\n", encoding="utf-8")
    return folder


def run(checkout: Path, *command: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    done = subprocess.run(
        command, cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_tests_find_what_is_added_and_pass(checkout: Path) -> None:
    page = run(checkout, sys.executable, "-m", "speakernet.bin.recipe_reference")
    assert all(f"`{name.replace('c8', 'c64')}`" in page for name in ADDED)
    (checkout / "docs/recipe_reference.md").write_text(page, encoding="utf-8")
    pytest_here = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider"]
    chosen = ["tests/unit", "tests/training/test_recipes.py", "-k", " or ".join(ADDED)]
    printed = run(checkout, *pytest_here, *chosen)
    passed = [line for line in printed.splitlines() if " PASSED" in line]
    assert all(len([line for line in passed if name in line]) >= 2 for name in ADDED)


def test_the_code_is_as_the_linters_want_it(checkout: Path) -> None:
    ruff = str(Path(sys.executable).with_name("ruff"))
    run(checkout, ruff, "check", "speakernet")
    run(checkout, ruff, "format", "--check", "speakernet")
