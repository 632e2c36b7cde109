"""Import of all modules of a package, so that a new file there registers itself."""

import pkgutil
from collections.abc import Iterable
from importlib import import_module


def import_siblings(package: str, path: Iterable[str]) -> None:
    """Import every module of ``package``, whose ``__path__`` is ``path``."""
    for module in pkgutil.iter_modules(path):
        import_module(f"{package}.{module.name}")
