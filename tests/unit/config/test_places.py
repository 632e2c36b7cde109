"""What comes with the package is found in a checkout, and where the package is installed."""

import os
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from speakernet.config.places import shipped
from tests.checkout import copy_checkout


def test_a_checkout_has_its_own(repository: Path) -> None:
    assert shipped("conf") == repository / "conf"
    assert shipped("egs", "voxceleb", "published.tsv").is_file()


@pytest.fixture(scope="module")
def installed(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked wheel, far from the checkout that it was built from."""
    folder = tmp_path_factory.mktemp("wheel")
    checkout = copy_checkout(repository, folder / "checkout")
    # What pip calls, without its own second.
    build = "import sys, setuptools.build_meta as build\nbuild.build_wheel(sys.argv[1])\n"
    command = [sys.executable, "-c", build, str(folder)]
    subprocess.run(command, cwd=checkout, check=True, capture_output=True)
    with ZipFile(next(folder.glob("speakernet-*.whl"))) as wheel:
        wheel.extractall(folder / "site")
    (folder / "elsewhere").mkdir()
    return folder


def test_an_installed_package_needs_no_checkout(installed: Path, made: Path) -> None:
    assert (installed / "site/speakernet/py.typed").is_file()
    program = (
        "import sys, speakernet\n"
        "from speakernet.bin import models\n"
        "from speakernet.signal.extractors import find_features_config\n"
        "print(speakernet.__file__, find_features_config('fbank80').is_file())\n"
        "print(speakernet.load_model(sys.argv[1]).embed(sys.argv[2]).shape)\n"
        "models.main(['tdnn_c8'])\n"
    )
    used = subprocess.run(
        [sys.executable, "-c", program, str(made / "package"), str(made / "data/s0-3.wav")],
        cwd=installed / "elsewhere",
        env={**os.environ, "PYTHONPATH": str(installed / "site"), "PYTHONSAFEPATH": "1"},
        capture_output=True,
        text=True,
    )
    assert used.returncode == 0, used.stderr
    place, shape, table = used.stdout.split("\n", 2)
    assert place == f"{installed}/site/speakernet/__init__.py True"
    assert shape == "(12,)" and table.startswith("network ") and "tdnn_c8" in table
