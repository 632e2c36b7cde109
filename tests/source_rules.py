"""Rules for sources, which most of them answer with the lines that break them."""

import ast
from collections.abc import Iterator
from pathlib import Path

RENAMING = {"os": {"replace", "rename", "renames"}, "shutil": {"move"}}
ARRAY_TYPES = {"NDArray", "ndarray", "ArrayLike"}


def renames(source: str) -> list[int]:
    """Lines that rename a file: by os, by shutil, or as a method of a path.

    ``replace`` of a text has two arguments, and that of a data class names of fields.
    """
    nodes = (n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.ImportFrom | ast.Call))
    return [node.lineno for node in nodes if _is_rename(node)]


def _is_rename(node: ast.ImportFrom | ast.Call) -> bool:
    if isinstance(node, ast.ImportFrom):
        names = RENAMING.get(node.module or "", set())
        return any(alias.name in names for alias in node.names)
    if not isinstance(node.func, ast.Attribute):
        return False
    owner, name = node.func.value, node.func.attr
    if isinstance(owner, ast.Name) and owner.id in RENAMING:
        return name in RENAMING[owner.id]
    return name in ("rename", "replace") and len(node.args) == 1 and not node.keywords


def array_aliases(source: str) -> list[int]:
    """Lines that give an array type another name: ``Floats = NDArray[np.float32]``."""
    return [node.lineno for node, value in _assignments(source) if _is_array_type(value)]


def _is_array_type(value: ast.expr) -> bool:
    if isinstance(value, ast.BinOp):
        return _is_array_type(value.left) or _is_array_type(value.right)
    base = value.value if isinstance(value, ast.Subscript) else value
    name = base.attr if isinstance(base, ast.Attribute) else getattr(base, "id", "")
    return name in ARRAY_TYPES


def misnamed_loggers(source: str) -> list[int]:
    """Lines that make a module's logger and do not call it ``logger``, after its module."""
    return [
        node.lineno
        for node, value in _assignments(source)
        if "getLogger" in ast.unparse(value)
        and ast.unparse(node) != "logger = logging.getLogger(__name__)"
    ]


def _assignments(source: str) -> Iterator[tuple[ast.Assign | ast.AnnAssign, ast.expr]]:
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            yield node, node.value


def public_classes(source: str) -> list[str]:
    """Names of the module's classes that others may import."""
    classes = (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef))
    return [node.name for node in classes if not node.name.startswith("_")]


def has_a_module(repository: Path, test: Path) -> bool:
    """Whether tests/unit/x/test_y.py has a speakernet/x/y.py; test_package.py is about all of x.

    Benchmarks and corpora lie beside the package, and some of their programs are scripts.
    """
    relative = test.relative_to(repository / "tests/unit")
    top = repository if relative.parts[0] in ("benchmarks", "local") else repository / "speakernet"
    name, folder = relative.stem.removeprefix("test_"), top / relative.parent
    if name == "package":
        return folder.is_dir()
    return any((folder / f"{name}{suffix}").is_file() for suffix in (".py", ".sh"))
