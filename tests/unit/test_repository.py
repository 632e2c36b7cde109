"""The repository itself: no paths of one machine, layers, locks that fit, one place for a thing."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests import source_rules

# Folders of the machines that this is written on, and package registries that only they use.
MACHINE_PATH = re.compile(r"(?<![\w.$}~-])/(work|farm|root|home/\w+|Users/\w+)/")
MODULES = {
    "pydantic-core": "pydantic_core",
    "pyyaml": "yaml",
    "scikit-learn": "sklearn",
}  # packages whose module is called otherwise
SECTIONS = ("run.lock", "torch-cpu.lock", "torch-cuda.lock", "dev.lock")


def text_files(repository: Path) -> list[Path]:
    """The files that git knows or would add (or all files), binary ones left out."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=repository, capture_output=True, text=True)
    names = listing.stdout.splitlines() if listing.returncode == 0 else []
    files = [repository / name for name in names] or [
        p for p in repository.rglob("*") if ".venv" not in p.parts
    ]
    return [p for p in files if p.is_file() and b"\0" not in p.read_bytes()[:8000]]


def lines_with(pattern: re.Pattern[str], repository: Path) -> list[str]:
    """The lines of all text files but this one in which ``pattern`` is found."""
    return [
        f"{path.relative_to(repository)}:{number}: {line.strip()}"
        for path in text_files(repository)
        if path != Path(__file__).resolve()
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_machine_paths(repository: Path) -> None:
    assert not lines_with(MACHINE_PATH, repository)


def test_machine_paths_are_recognised() -> None:
    assert MACHINE_PATH.search("cd /home/somebody/speakernet")
    assert not MACHINE_PATH.search("$HOME/.cache, exp/work/x, https://example.org/home/a/")


def lint_imports(folder: Path) -> "subprocess.CompletedProcess[str]":
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("config/upwards.py", "import speakernet.bin.cli"),
        ("kaldi/sideways.py", "import speakernet.signal"),
        ("unknown_layer.py", "import speakernet.config"),
    ],
)
def test_a_breach_of_the_layers_is_found(
    repository: Path, tmp_path: Path, module: str, line: str
) -> None:
    for name in ("speakernet", "pyproject.toml"):
        copy = shutil.copytree if (repository / name).is_dir() else shutil.copy
        copy(repository / name, tmp_path / name)
    (tmp_path / "speakernet" / module).write_text(f"{line}\n")
    result = lint_imports(tmp_path)
    assert result.returncode == 1
    assert Path(module).stem in result.stdout


def locked_versions(repository: Path) -> dict[str, set[str]]:
    versions: dict[str, set[str]] = {}
    for lock in SECTIONS:
        text = (repository / "requirements" / lock).read_text()
        for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", text, flags=re.MULTILINE):
            versions.setdefault(name.lower(), set()).add(version)
    return versions


def required_names(repository: Path, *groups: str) -> set[str]:
    """Names in pyproject.toml: of dependencies and of the given optional ones."""
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"]]
    for group in groups:
        wanted += project["optional-dependencies"][group]
    names = {re.split(r"[<>=]", item)[0].lower() for item in wanted}
    return {name for name in names if not name.startswith("speakernet[")}


def imported_modules(folder: Path) -> set[str]:
    """Top-level names of what the files below ``folder`` import, wherever in them."""
    trees = [ast.parse(path.read_text()) for path in folder.rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return {name.split(".")[0] for name in names}


def test_every_dependency_is_imported_and_locked_once(repository: Path) -> None:
    folders = [repository / name for name in ("speakernet", "local", "requirements")]
    modules = set().union(*map(imported_modules, folders))
    required = required_names(repository) - {"tensorboard"}  # which torch.utils.tensorboard imports
    assert {MODULES.get(name, name) for name in required} <= modules
    assert (
        required_names(repository, "dev", "benchmarks", "export")
        <= locked_versions(repository).keys()
    )


def test_every_import_is_a_dependency_or_ours(repository: Path) -> None:
    others = imported_modules(repository / "speakernet") - sys.stdlib_module_names - {"speakernet"}
    required = required_names(repository, "export")
    assert others <= {MODULES.get(name, name) for name in required}


def test_torch_is_locked_twice_and_nothing_else(repository: Path) -> None:
    locked = locked_versions(repository)
    assert locked.pop("torch") == {"2.13.0", "2.13.0+cpu"}
    assert [name for name, versions in locked.items() if len(versions) > 1] == []


def test_every_locked_package_has_a_checksum(repository: Path) -> None:
    for lock in SECTIONS:
        text = (repository / "requirements" / lock).read_text()
        for entry in re.split(r"\n(?=[a-z])", text):
            assert entry.startswith("#") or "--hash=sha256:" in entry, entry


CODE = ("speakernet", "local", "benchmarks", "requirements")
# Where the rules below have their one place.
THE_RENAMER, THE_ARRAYS = "speakernet/work/files.py", "speakernet/arrays.py"
PROGRAMS = (".py", ".sh", ".pl", ".pm")
WRITERS = ("speakernet/work/temporary.py", "speakernet/work/products.py", "utils/common.sh")
# A name of a temporary file that all its writers share; numbers of processes make it their own.
SHARED_NAME = re.compile(r"(?<!\$\$)(?<!\\\$)(?<!%d)(?<!\*)\.tmp\b")
# The published systems had numbers in our notes; their names are voxsrc2020 and tdy.
NUMBERED_SYSTEM = re.compile(r"(?<![a-z-])seed[ _-]?[12](?![\d.])", re.IGNORECASE)


def lines(found: Iterable[str]) -> str:
    """What was found, one a line: pytest shows a long list in part only."""
    return "\n".join(found)


def sources(repository: Path, *folders: str) -> dict[str, str]:
    """The Python files of ``folders``, by their paths."""
    files = (path for path in text_files(repository) if path.suffix == ".py")
    names = {path.relative_to(repository).as_posix(): path for path in files}
    return {name: path.read_text() for name, path in names.items() if name.split("/")[0] in folders}


def lines_that_break(
    repository: Path, rule: Callable[[str], list[int]], *folders: str, place: str = ""
) -> str:
    """Where files other than ``place`` break a rule that is made for ``place``."""
    files = sources(repository, *folders)
    assert not place or rule(files.pop(place)), f"{place} is not what the rule takes it for"
    return lines(f"{name}:{line}" for name, text in files.items() for line in rule(text))


@pytest.mark.parametrize(
    ("rule", "broken", "kept"),
    [
        (source_rules.renames, "os.replace(a, b)", "text.replace('a', 'b')"),
        (source_rules.renames, "Path('a').rename(b)", "replace(options, dither=0.0)"),
        (source_rules.renames, "in_order(a).replace(b)", "named.replace(field=b)"),
        (source_rules.renames, "from shutil import copy, move", "from shutil import copy"),
        (source_rules.renames, "shutil.move(a, b)", "files.move(a, b)"),
        (source_rules.array_aliases, "Array = NDArray[Any]", "x: NDArray[Any] = f()"),
        (source_rules.array_aliases, "A: TypeAlias = int | np.ndarray", "Row = list[int]"),
        (source_rules.array_aliases, "A = npt.NDArray", "A = Callable[[NDArray[Any]], None]"),
        (source_rules.misnamed_loggers, "log = logging.getLogger(__name__)", "log = math.log"),
        (
            source_rules.misnamed_loggers,
            "logger = logging.getLogger('x')",
            "logger = logging.getLogger(__name__)",
        ),
    ],
)
def test_a_breach_of_a_rule_is_found(
    rule: Callable[[str], list[int]], broken: str, kept: str
) -> None:
    assert rule(f"import a\n{broken}\n") == [2]
    assert rule(f"import a\n{kept}\n") == []


def test_files_are_renamed_in_one_place(repository: Path) -> None:
    assert lines_that_break(repository, source_rules.renames, *CODE, place=THE_RENAMER) == ""


def test_array_types_have_one_name_each(repository: Path) -> None:
    assert lines_that_break(repository, source_rules.array_aliases, *CODE, place=THE_ARRAYS) == ""


def test_loggers_have_one_name(repository: Path) -> None:
    assert lines_that_break(repository, source_rules.misnamed_loggers, *CODE) == ""


def test_a_public_class_of_the_library_is_one_class(repository: Path) -> None:
    """Programs have names of their own, as nothing imports them."""
    files = sources(repository, "speakernet").items()
    library = [text for name, text in files if not name.startswith("speakernet/bin/")]
    counts = Counter(name for text in library for name in source_rules.public_classes(text))
    assert counts["Recipe"] == 1
    assert lines(name for name, count in counts.items() if count > 1) == ""


def test_temporary_names_belong_to_one_writer(repository: Path) -> None:
    assert SHARED_NAME.search('mv "$file.tmp" "$file"')
    assert not SHARED_NAME.search('mv "$file.$$.tmp" "$file" && rm -f "$file".*.tmp')
    found = {line: Path(line.split(":")[0]) for line in lines_with(SHARED_NAME, repository)}
    programs = {line: path for line, path in found.items() if path.suffix in PROGRAMS}
    others = [
        line
        for line, path in programs.items()
        if path.parts[0] != "tests" and path.as_posix() not in WRITERS
    ]
    assert lines(others) == ""


def test_systems_have_names(repository: Path) -> None:
    assert NUMBERED_SYSTEM.search("the EER of seed 1") and NUMBERED_SYSTEM.search("_seed2_eer")
    assert not NUMBERED_SYSTEM.search("--seed 1, seeds 0, 1, 2, seed=1, reseed 1, seed 1.5")
    assert not lines_with(NUMBERED_SYSTEM, repository)


def test_unit_tests_mirror_modules(repository: Path) -> None:
    folder = repository / "tests/unit"
    known = set(text_files(repository))
    files = [path for path in folder.rglob("test_*.py") if path in known]
    assert folder / "train/test_step.py" in files
    others = [path for path in files if not source_rules.has_a_module(repository, path)]
    assert lines(sorted(str(path.relative_to(folder)) for path in others)) == "test_repository.py"
