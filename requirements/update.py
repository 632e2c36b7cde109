"""Write the lock files beside this script from the dependencies in pyproject.toml.

    pip install uv && . ./path.sh && python requirements/update.py [--upgrade]

run.lock        what the recipe needs at run time, without torch
torch-cuda.lock PyPI's torch and the CUDA libraries that it asks for
dev.lock        what the tests and linters need on top

Versions that are locked already stay as they are unless --upgrade is given. torch-cpu.lock is kept
by hand: the wheels and checksums of https://download.pytorch.org/whl/cpu/torch/.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from speakernet.work.files import open_for_replace

HERE = Path(__file__).resolve().parent
CUDA = re.compile(r"(torch|triton|nvidia-.*|cuda-.*)$")
NAME = re.compile(r"[\w.-]+")


def compile_lock(known: str, *options: str) -> list[str]:
    """Return the entries of a lock of pyproject.toml; each is a requirement with its hashes.

    ``known`` holds entries whose versions are kept if they fit.
    """
    command = ["uv", "pip", "compile", "--no-config", "--quiet", "--universal", "--generate-hashes"]
    command += ["--no-annotate", "--no-header", "--fork-strategy", "fewest"]
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "output.lock")
        output.write_text(known)
        command += ["--python-version", "3.11", "--output-file", str(output), *options]
        command.append(str(HERE.parent / "pyproject.toml"))
        subprocess.run(command, check=True)
        return re.split(r"\n(?=\S)", output.read_text().strip())


def is_cuda(entry: str) -> bool:
    """Tell whether an entry belongs to torch and its CUDA libraries."""
    name = NAME.match(entry)
    return name is not None and CUDA.match(name[0]) is not None


def write(name: str, entries: list[str]) -> None:
    """Write a lock file."""
    text = "# Written by requirements/update.py from pyproject.toml.\n"
    with open_for_replace(HERE / name) as file:
        file.write((text + "\n".join(entries) + "\n").encode())


def main() -> None:
    """Write all lock files."""
    locks = [HERE / name for name in ("run.lock", "torch-cuda.lock", "dev.lock")]
    known = "".join(lock.read_text() for lock in locks if lock.exists())
    run = compile_lock(known, *sys.argv[1:])
    everything = compile_lock(known, "--extra", "dev", *sys.argv[1:])
    write("run.lock", [entry for entry in run if not is_cuda(entry)])
    write("torch-cuda.lock", [entry for entry in run if is_cuda(entry)])
    write("dev.lock", [entry for entry in everything if entry not in run])


if __name__ == "__main__":
    main()
