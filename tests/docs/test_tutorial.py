"""docs/tutorial.md: its commands run, one after the other, and print what it shows."""

import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.checkout import copy_checkout

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Digits, and what stands between those of one number.
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")

pytestmark = pytest.mark.timeout(900)


class Step(NamedTuple):
    """Commands of the tutorial, and the lines that it shows as their output."""

    commands: str
    lines: list[str]


def steps(text: str) -> list[Step]:
    """Return the blocks of commands; a block ``text`` shows output of the one before it."""
    found: list[Step] = []
    for language, content in FENCE.findall(text):
        if language == "bash":
            found.append(Step(content, []))
        elif language == "text":
            found[-1].lines.extend(content.splitlines())
    return found


def pattern(line: str) -> re.Pattern[str]:
    """Return what matches ``line`` with any numbers, any space, and anything for ``…``."""
    words = [
        "".join(
            ".*" if part == "…" else NUMBER.sub(r"[\\d.,]+", re.escape(part).replace(r"\.", "."))
            for part in re.split("(…)", word)
        )
        for word in line.split()
    ]
    return re.compile(r"\s+".join(words))


def lacking(lines: list[str], output: str) -> list[str]:
    """Return the ``lines`` that ``output`` does not have in this order."""
    rest = iter(output.splitlines())
    return [line for line in lines if not any(pattern(line).search(printed) for printed in rest)]


def test_numbers_may_differ_and_words_may_not() -> None:
    assert not lacking(["| base | 7.955 | 0.00 – 20.45 |"], "x\n| base  | 12.5 | 3.1 – 9 |")
    assert not lacking(["… spk.yaml:3: …margn…"], "error: spk.yaml:3: unknown key 'loss.margn'")
    assert lacking(["| base | 7.955 |"], "| lm | 7.955 |")
    assert lacking(["b", "a"], "a\nb")


def test_every_command_runs_and_prints_what_is_shown(repository: Path, tmp_path: Path) -> None:
    checkout = copy_checkout(repository, tmp_path / "clone")
    tutorial = steps((repository / "docs/tutorial.md").read_text(encoding="utf-8"))
    assert len(tutorial) > 5
    script = ["set -euo pipefail"]
    for number, step in enumerate(tutorial):
        script += [f"exec >{tmp_path}/{number}.out 2>&1", step.commands]
    result = subprocess.run(["bash", "-c", "\n".join(script)], cwd=checkout, check=False)
    outputs = [tmp_path / f"{n}.out" for n in range(len(tutorial))]
    reached = [path.read_text(encoding="utf-8") for path in outputs if path.exists()]
    assert result.returncode == 0, f"{tutorial[len(reached) - 1].commands}\n{reached[-1][-4000:]}"
    for step, output in zip(tutorial, reached, strict=True):
        assert not lacking(step.lines, output), f"{step.commands}\n{output[-4000:]}"
