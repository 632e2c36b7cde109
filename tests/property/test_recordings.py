"""Commands of a wav.scp are cut into words as a shell's reader cuts them."""

import re
import shlex
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from speakernet.work.recordings import recording_files

PIECES = ("/a", "b.wav", "x ", "'", '"', "\\", "\t", "--o=", " | ", "$(c)", "é/")


def files_by_shlex(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    pairs = zip(["|", *words], words, strict=False)
    names = [word for before, word in pairs if before != "|" and not word.startswith("-")]
    return [n for n in names if "/" in n or re.fullmatch(r".+\.[A-Za-z][A-Za-z0-9]{1,4}", n, re.S)]


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_quoted_words_of_commands_are_those_of_shlex(text: str) -> None:
    command = f"cat {text}".strip() + " |"
    with tempfile.TemporaryDirectory() as folder:
        scp = Path(folder, "wav.scp")
        scp.write_text(f"utt {command}\n", encoding="utf-8")
        assert list(recording_files(scp)) == files_by_shlex(command)
