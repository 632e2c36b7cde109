"""Hostile inputs of all commands and scripts, with a fixed seed; see ``__main__`` for others."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from speakernet.bin.cli import command_names
from tests.hostile.calls import CALLS
from tests.hostile.execution import can_protect
from tests.hostile.known_open import KNOWN_OPEN
from tests.hostile.scripts import BEHIND, SCRIPTS, options_of, scripts_with_options
from tests.hostile.targets import option_targets, uncovered

NUMBER = 1000


def test_every_command_has_calls() -> None:
    missing = [name for name in command_names() if name not in CALLS]
    assert not missing, f"add calls that are right to tests/hostile/calls.py: {missing}"


@pytest.mark.parametrize("command", sorted(CALLS))
def test_every_option_of_files_is_in_a_call(command: str) -> None:
    missing = uncovered(command)
    assert not missing, f"add calls of {command} with {missing} to tests/hostile/calls.py"


def test_every_option_is_changed() -> None:
    options = {target.option for target in option_targets("score")}
    assert {"--set", "--checkpoint", "--cohort-embeddings"} <= options


def test_every_script_has_a_call() -> None:
    missing = [s for s in scripts_with_options() if s not in {*SCRIPTS, *BEHIND.values()}]
    assert not missing, f"add calls that are right to tests/hostile/scripts.py: {missing}"
    assert "max_failed_share" in options_of("run.sh")


@pytest.mark.timeout(1200)
def test_hostile_inputs_are_done_or_refused_in_one_line(repository: Path) -> None:
    if not can_protect():
        pytest.skip("no right to make all other files read-only meanwhile (namespaces, Linux 5.12)")
    command = [sys.executable, "-m", "tests.hostile", "--seed", "0", "--number", str(NUMBER)]
    command += ["--jobs", str(min(4, len(os.sched_getaffinity(0))))]
    result = subprocess.run(command, cwd=repository, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_few_kinds_are_known_and_open() -> None:
    assert len(KNOWN_OPEN) < 12
