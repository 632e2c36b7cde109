"""Builds the package; all but the folders that are copied into it is said in pyproject.toml."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

_SHIPPED = ("conf", "egs")  # speakernet/config/places.py finds them


class BuildWithFolders(build_py):
    """Also copy the folders that an installed package reads."""

    def run(self) -> None:
        """Copy them after the modules; a checkout that is installed in place has its own."""
        super().run()
        if self.editable_mode:
            return
        for name in _SHIPPED:
            target = Path(self.build_lib, "speakernet", "shipped", name)
            shutil.copytree(Path(__file__).parent / name, target, dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithFolders})
