"""Which packages are fetched."""

from pathlib import Path

import list_packages
import pytest
from corpus_tables import read_packages


def listed(capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    assert list_packages.main(list(options)) == 0
    return capsys.readouterr().out.splitlines()


def test_each_package_is_listed_once(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = repository / "egs" / "debian_voices"
    everything = listed(capsys, "--tables", str(tables))
    assert everything == sorted(read_packages(tables / "packages.tsv"))
    subset = listed(capsys, "--tables", str(tables), "--subset")
    assert len(subset) == 3
    assert set(subset) < set(everything)
