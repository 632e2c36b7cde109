"""Enough of the shell's quoting to recognise the commands that Kaldi's scripts write, and to write
such commands.

A command that needs more of a shell than quotes (variables, redirections, lists, globs) is left to
the shell: its ``words`` are None.
"""

import re
from typing import NamedTuple

from speakernet.config.errors import UserError

_TOKEN = re.compile(
    r"""(?P<plain>[^ \t\n'"\\|$`;&<>()*?\[\]{}~#!]+)
    |(?P<space>[ \t]+)
    |'(?P<single>[^']*)'
    |"(?P<double>(?:[^"\\]|\\.)*)"
    |(?P<pipe>\|)
    |\\(?P<escaped>.)
    |(?P<special>.)""",
    re.VERBOSE | re.DOTALL,
)
# In double quotes a backslash is itself, except before one of these.
_UNESCAPE = re.compile(r'\\([$`"\\\n])')
_IN_ARCHIVE = re.compile(r".+:[0-9]+", re.DOTALL)
_UNFIT_FOR_WORD = frozenset(" \t\n'\"\\$`;&<>()*?[]{}~#!|")
# A word by the codes of its bytes, as `listed_word` writes it.
_BY_CODES = re.compile(r"\$\(printf '([A-Za-z0-9_@+=:./\\-]*)'\)")
_CODE = re.compile(rb"\\([0-7]{3})")
_HARMLESS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@+=:./-")


class ShellCommand(NamedTuple):
    """One command of a pipeline: its text and its words (None if only a shell can tell)."""

    text: str
    words: tuple[str, ...] | None


def parse_pipeline(text: str) -> list[ShellCommand]:
    """Split ``a x | b 'y z'`` into its commands.

    Raises UserError for a quote that is never closed and for an empty command.
    """
    stages: list[ShellCommand] = []
    builder = _Words()
    start = 0
    for match in _TOKEN.finditer(text):
        if match.lastgroup == "pipe":
            stages.append(builder.finish(text[start : match.start()]))
            builder, start = _Words(), match.end()
        else:
            builder.add(str(match.lastgroup), match[match.lastgroup])  # type: ignore[index]
    return [*stages, builder.finish(text[start:])]


def quoted(path: str) -> str:
    """Return a file name as one word of a command, and never as an option."""
    if path.startswith("-"):
        path = f"./{path}"
    if not set(path) & _UNFIT_FOR_WORD:
        return path
    return in_quotes(path)


def in_quotes(text: str) -> str:
    """Return any text, in single quotes, as one word of a command."""
    return "'" + text.replace("'", "'\\''") + "'"


def listed_word(text: str) -> str:
    """Return a text as a word of a command that stands in a list of wav-reverberate.

    Kaldi splits such a list at every comma, and it is a quoted word of another command itself: a
    text with a comma, quote or the like becomes ``"$(printf 'a\\054b.wav')"``.
    """
    if "," not in text and quoted(text) == text:
        return text
    if text.startswith("-"):
        text = f"./{text}"
    codes = (chr(byte) if byte in _HARMLESS else f"\\{byte:03o}" for byte in text.encode())
    return f"\"$(printf '{''.join(codes)}')\""


def in_double_quotes(text: str) -> str:
    """Return ``"text"``, as Kaldi's scripts write it, or what ``listed_word`` makes of it."""
    return listed_word(text) if set(text) & set('",$`\\') else f'"{text}"'


def is_piped(entry: str) -> bool:
    """Return whether an entry of ``wav.scp`` is a command, or a place in an archive, ``x.ark:1``,
    whose audio only a command of Kaldi's takes from there.
    """
    return entry.rstrip().endswith("|") or _IN_ARCHIVE.fullmatch(entry) is not None


def piping(entry: str) -> str:
    """Return the command, with ``|`` at its end, that writes the audio of an entry of ``wav.scp``.

    Of a place in an archive it is Kaldi's wav-copy.
    """
    if entry.rstrip().endswith("|"):
        return entry
    return f"wav-copy {quoted(entry)} - |" if is_piped(entry) else f"cat {quoted(entry)} |"


def sox_reading(path: str) -> str:
    """Return the start of a sox command that reads a file, with Kaldi's words for a wav file."""
    # Told that a flac file is a wav file, sox refuses it.
    kind = "-t wav " if path.lower().endswith(".wav") else ""
    return f"sox {kind}{quoted(path)}"


class _Words:
    """Collects the words of one command, token by token."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._word: str | None = None
        self._simple = True

    def add(self, kind: str, token: str) -> None:
        if kind == "space":
            self._end_word()
        elif kind == "special":
            if token in "'\"":
                raise UserError(f"a {token} is never closed")
            # '#' starts a comment only at the start of a word, '~' names a home only there.
            inside = token in "#~!" and self._word is not None
            self._simple = self._simple and inside
            self._word = (self._word or "") + token
        else:
            if kind == "double":
                token = self._unquoted(token)
            self._word = (self._word or "") + token

    def _unquoted(self, token: str) -> str:
        by_codes = _BY_CODES.fullmatch(token)
        if by_codes is not None:
            plain = _CODE.sub(lambda code: bytes([int(code[1], 8) & 255]), by_codes[1].encode())
            return plain.decode(errors="surrogateescape")
        self._simple = self._simple and "$" not in token and "`" not in token
        return _UNESCAPE.sub(r"\1", token)

    def _end_word(self) -> None:
        if self._word is not None:
            self._words.append(self._word)
        self._word = None

    def finish(self, text: str) -> ShellCommand:
        self._end_word()
        if not self._words:
            raise UserError("a command is empty")
        return ShellCommand(text.strip(), tuple(self._words) if self._simple else None)
