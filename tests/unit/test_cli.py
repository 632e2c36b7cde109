"""The speakernet command: dispatch, one-line errors, exit codes."""

import subprocess
import sys

import pytest

from speakernet.bin.cli import commands


def speakernet(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "speakernet.bin.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_help_lists_every_command() -> None:
    result = speakernet("--help")
    assert result.returncode == 0
    assert all(name in result.stdout for name in commands())


@pytest.mark.parametrize("name", commands())
def test_every_command_has_help(name: str) -> None:
    result = speakernet(name, "--help")
    assert result.returncode == 0, result.stderr
    assert result.stdout.startswith("usage: ")


def test_unknown_command_is_one_line_with_the_nearest_name() -> None:
    result = speakernet("resolve-recip")
    assert result.returncode == 1
    assert "did you mean 'resolve-recipe'" in result.stderr
    assert result.stderr.count("\n") == 1


def test_users_mistake_is_one_line() -> None:
    result = speakernet("resolve-recipe", "egs/none/none", "exp")
    assert result.returncode == 1
    assert "egs/none/none/recipe.yaml: no such file" in result.stderr
    assert result.stderr.count("\n") == 1
