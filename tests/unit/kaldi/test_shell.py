"""Words of commands, as the shell itself reads them."""

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speakernet.config import UserError
from speakernet.kaldi.shell import (
    in_double_quotes,
    is_piped,
    listed_word,
    parse_pipeline,
    piping,
    quoted,
    sox_reading,
)

PATHS = [
    "a b.wav",
    "-a.wav",
    "a\u00a0b\u3000c.wav",
    "a,'b,%d\\n\\054$(x)é.wav",
    "it's.wav",
    'a"b.wav',
    "$HOME/`x`.wav",
    "a(1)[2]{3}.wav",
    "a;b&c|d.wav",
    "~a#b!c",
]


def words_of_shell(command: str) -> list[str]:
    """Return what a program would be called with."""
    script = f"printf '%s\\0' {command}"
    output = subprocess.run(["sh", "-c", script], capture_output=True, check=True).stdout
    return output.decode().split("\0")[:-1]


@pytest.mark.parametrize("path", PATHS)
def test_a_quoted_path_is_one_word(path: str) -> None:
    for word in (quoted(path), listed_word(path), in_double_quotes(path)):
        found = words_of_shell(word)
        assert found[0].removeprefix("./") == path and len(found) == 1
        assert parse_pipeline(f"cat {word}")[0].words == ("cat", *found)
    assert not {",", "`"} & set(listed_word(path))


@settings(max_examples=60)
@given(st.text(st.sampled_from("ab '\"\\ \t\\$"), min_size=1, max_size=12).filter(str.strip))
def test_words_are_those_of_the_shell(text: str) -> None:
    """Where we claim to know the words, the shell finds the same ones."""
    try:
        (command,) = parse_pipeline(text)
    except UserError:
        return
    if command.words is not None:
        assert list(command.words) == words_of_shell(text)


@pytest.mark.parametrize("text", ["echo $x", "cat a > b", "cat *.wav", "a && b", 'cat "$x"', "(a)"])
def test_what_only_a_shell_understands_has_no_words(text: str) -> None:
    assert [command.words for command in parse_pipeline(text)] == [None]


def test_sox_is_told_of_wav_files_alone() -> None:
    assert sox_reading("/a/b.WAV") == "sox -t wav /a/b.WAV"
    assert sox_reading("/a b/c.flac") == "sox '/a b/c.flac'"


@pytest.mark.parametrize(
    ("entry", "command", "has_one"),
    [
        ("/a b/c.wav", "cat '/a b/c.wav' |", False),
        ("/a b/c.ark:70", "wav-copy '/a b/c.ark:70' - |", True),
        ("sox x.wav -t wav - | ", "sox x.wav -t wav - | ", True),
        ("/a/12:30 noon.wav", "cat '/a/12:30 noon.wav' |", False),
    ],
)
def test_any_entry_as_a_command(entry: str, command: str, has_one: bool) -> None:
    assert (piping(entry), is_piped(entry)) == (command, has_one)
