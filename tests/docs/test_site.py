"""make docs: the site is built, and what is wrong in it fails the build."""

import subprocess
from pathlib import Path

from tests.checkout import copy_checkout


def test_what_is_broken_is_named(repository: Path, tmp_path: Path) -> None:
    checkout = copy_checkout(repository, tmp_path / "clone")
    (checkout / "docs/stray.md").write_text("# In no menu\n")
    with open(checkout / "README.md", "a", encoding="utf-8") as file:
        file.write("\n[a](docs/gone.md) [b](docs/formats.md#gone) [c](egs/gone) [d](LICENSE)\n")
    result = subprocess.run(["make", "docs"], cwd=checkout, capture_output=True, text=True)
    assert result.returncode != 0
    for name in ("stray.md", "'gone.md'", "'#gone'", "'egs/gone'"):
        assert name in result.stderr
    assert "LICENSE" not in result.stderr
