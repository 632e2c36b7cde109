"""The speakernet command: its overview, its version, dispatch, one-line errors, exit codes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from speakernet.bin.cli import GROUPS, Command, command_names, commands, overview, program_name


def speakernet(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "speakernet.bin.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_overview_has_every_command_once_below_its_group() -> None:
    result = speakernet("--help")
    assert result.returncode == 0
    found = []
    for title, block in zip(GROUPS.values(), result.stdout.split("\n\n")[1:], strict=True):
        heading, *lines = block.rstrip().splitlines()
        assert heading == f"{title}:" and lines
        found += [line.split()[0] for line in lines]
        assert max(map(len, lines)) <= 100
    assert sorted(found) == command_names()


PROGRAM = '''"""Make a thing.

More.
"""

raise RuntimeError("not to be run")


@program("users")
def main(args: Namespace) -> int: ...
'''


def test_a_command_is_read_without_running_it(tmp_path: Path) -> None:
    path = tmp_path / "make_a_thing.py"
    path.write_text(PROGRAM)
    assert Command.read(path) == Command("make-a-thing", "users", "Make a thing.")


def test_version_names_torch_python_and_the_commit(repository: Path) -> None:
    output = speakernet("--version").stdout
    number = r"\d+\.\d+\.\d+\S*"
    commit = r" \([0-9a-f]{10}\+?\)" if (repository / ".git").exists() else ""
    expected = rf"speakernet {number}{commit}, torch {number}, Python {number}\n"
    assert re.fullmatch(expected, output), output


@pytest.mark.parametrize("word", ["resolve-recip", "resolve_recip"])
def test_unknown_command_is_one_line_with_the_nearest_name(word: str) -> None:
    result = speakernet(word)
    assert result.returncode == 1
    assert result.stderr.startswith("speakernet: error: unknown command 'resolve-recip'")
    assert "did you mean 'resolve-recipe'" in result.stderr
    assert result.stderr.count("\n") == 1


def test_users_mistake_is_one_line() -> None:
    result = speakernet("resolve-recipe", "egs/none/none", "exp")
    assert result.returncode == 1
    assert "egs/none/none/recipe.yaml: no such file" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_missing_file_and_a_closed_pipe_are_no_tracebacks(tmp_path: Path) -> None:
    result = speakernet("compare-logs", str(tmp_path / "none"), str(tmp_path / "none"))
    assert result.returncode == 1
    assert result.stderr == f"speakernet compare-logs: error: {tmp_path}/none: no such file\n"
    script = f"{sys.executable} -m speakernet.bin.cli --help | true"
    closed = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert closed.stderr == ""


@pytest.mark.parametrize("stream", ["0<&-", "1>&-", "2>&-", "0<&- 1>&- 2>&-"])
def test_a_stream_that_is_closed_is_no_traceback(stream: str, tmp_path: Path) -> None:
    script = f"{sys.executable} -m speakernet.bin.cli --help {stream}"
    closed = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert closed.stderr == ""
    assert ("usage" in closed.stdout) == ("1>&-" not in stream)


def test_a_program_is_named_as_it_was_called(monkeypatch: pytest.MonkeyPatch) -> None:
    for called, name in (("/x/bin/score.py", "score"), ("/x/bin/cli.py", "speakernet")):
        monkeypatch.setattr("sys.argv", [called])
        assert program_name() == name
    assert [line for line in overview() if "evaluate " in line]
    assert commands()[0].name == command_names()[0]
