"""Programs that stand in for Kaldi's and sox: they write the names of the files to read.

``wav-reverberate`` splits lists at commas and hands what ends in ``|`` to a shell, as Kaldi does.
"""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from speakernet.kaldi.audio_nodes import AudioFile, Node, Resampled, Reverberated
from speakernet.kaldi.pipes import parse_entry

_REVERBERATE = f"""#!{sys.executable} -SE
import os, subprocess, sys
for word in sys.argv[1:-1]:
    name, equals, value = word.partition("=")
    if name == "--impulse-response":
        values = [value]
    elif name == "--additive-signals":
        values = value.split(",")
    else:
        values = [] if word.startswith("--") else [word]
    for value in map(str.strip, values):
        if value.endswith("|"):
            subprocess.run(["sh", "-c", value[:-1]], check=True, stdin=subprocess.DEVNULL)
        elif value == "-":
            sys.stdout.write(sys.stdin.read())
        else:
            print(value, flush=True)
"""
_SOX = """#!/bin/sh
while [ "$1" = -t ]; do shift 2; done
printf '%s\\n' "$1"
"""
_CAT = """#!/bin/sh
printf '%s\\n' "$1"
"""


def assert_read_as_by_a_shell(folder: Path, entries: Iterable[str]) -> None:
    """Check that a shell reads the files that we read, that they exist, and that nothing is run."""
    programs = folder / "programs"
    programs.mkdir()
    for name, text in (("wav-reverberate", _REVERBERATE), ("sox", _SOX), ("cat", _CAT)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    (folder / "cwd").mkdir()
    for entry in entries:
        command = entry.removesuffix("|") if entry.endswith("|") else f"cat {entry}"
        output = subprocess.run(
            ["sh", "-c", command],
            cwd=folder / "cwd",
            env=environment,
            capture_output=True,
            check=True,
        ).stdout.decode()
        assert sorted(output.splitlines()) == sorted(_files(parse_entry(entry)))
        assert all(Path(line).is_file() for line in output.splitlines())
    assert list((folder / "cwd").iterdir()) == []


def _files(node: Node) -> Iterator[str]:
    if isinstance(node, AudioFile):
        yield node.path
    elif isinstance(node, Resampled):
        yield node.file.path
    elif isinstance(node, Reverberated):
        for part in (node.source, node.impulse_response, *node.additive_signals):
            if part is not None:
                yield from _files(part)
    else:
        raise AssertionError(f"a command for a shell: {node}")
