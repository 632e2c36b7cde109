"""A copy of the repository that tests may run recipes in."""

import shutil
import subprocess
from pathlib import Path


def copy_checkout(repository: Path, target: Path) -> Path:
    """Copy what git would give to ``target``, and link the environment that is there already."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    output = subprocess.run(listing, cwd=repository, capture_output=True, check=True).stdout
    for name in filter(None, output.decode().split("\0")):
        if (repository / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(repository / name, target / name, follow_symlinks=False)
    (target / ".venv").symlink_to(repository / ".venv")
    return target
