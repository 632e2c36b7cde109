"""Check that this Python has what pyproject.toml asks for, in versions that fit.

    python requirements/check.py [EXTRA ...]

Prints the files and folders that the answer depends on, for utils/install/environment.sh to look at
before it asks again. Otherwise one line says what is missing and how to get it, and the exit status
is 1.
"""

import os
import shlex
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module, metadata, util
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAY_NOT_LOAD = {"av", "numba", "soundfile", "torch"}
"""Packages that a fitting version says too little of: they need libraries, numba a fitting NumPy.

Their modules are called like them. Loading all packages would take several times as long.
"""


def main() -> None:
    """Check the dependencies and those of each extra."""
    if not util.find_spec("packaging"):  # compares versions
        refuse({"packaging": "packaging is missing"})
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    problems = {text: load_problem(text) for text in project["dependencies"]}
    for extra in sys.argv[1:]:
        extras = project["optional-dependencies"][extra]
        problems |= {text: version_problem(text) for text in extras}
    problems = {text: problem for text, problem in problems.items() if problem}
    if problems:
        refuse(problems)
    for path in map(Path, [sys.executable, f"{ROOT}/pyproject.toml", __file__, *sys.path[1:]]):
        if path.exists() and path.resolve() != ROOT:
            print(path.absolute())


def refuse(problems: dict[str, str]) -> None:
    """End with a line that has the problem of each requirement."""
    install = shlex.join([sys.executable, "-m", "pip", "install", *problems])
    reasons = ", ".join(problems.values())
    sys.exit(
        f"environment.sh: error: SPEAKERNET_ENV=active: {sys.executable}: {reasons}. "
        f"Either mend it: {install}; or leave SPEAKERNET_ENV unset, which makes .venv"
    )


def version_problem(text: str) -> str:
    """Return what is wrong with the version of a required package, "" if nothing is."""
    from packaging.requirements import Requirement

    requirement = Requirement(text)
    if requirement.name == "speakernet":
        return ""  # its own extras
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return f"{requirement.name} is missing"
    if requirement.specifier.contains(version, prereleases=True):
        return ""
    return f"{requirement.name} is {version}, not {requirement.specifier}"


def load_problem(text: str) -> str:
    """Return what is wrong with a required package, "" if its version fits and it can be loaded."""
    problem = version_problem(text)
    if problem:
        return problem
    name = text.split(">")[0]
    if name not in MAY_NOT_LOAD:
        return ""
    try:
        with no_output():
            import_module(name)
    except Exception as error:  # an OSError where a library is missing
        reason = str(error).partition("\n")[0]
        return f"{name} does not load: {reason or type(error).__name__}"
    return ""


@contextmanager
def no_output() -> Iterator[None]:
    """Drop what packages, their libraries included, print meanwhile: stdout and stderr are ours."""
    sys.stdout.flush()
    kept = {number: os.dup(number) for number in (1, 2)}
    with open(os.devnull, "w") as nowhere:
        for number in kept:
            os.dup2(nowhere.fileno(), number)
    try:
        yield
    finally:
        sys.stdout.flush()
        for number, copy in kept.items():
            os.dup2(copy, number)
            os.close(copy)


if __name__ == "__main__":
    main()
