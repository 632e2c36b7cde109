"""Which characters a table may hold, and how an id is shown where its spelling is in doubt.

Fields are separated by ASCII's space and tab, as in Kaldi. Any other white space, and every
character that one cannot see, is refused in an id: two ids that look alike would be different ones,
and other programs would split a line elsewhere.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from speakernet.config import UserError

_CONTROL_CHARACTERS = bytes(set(range(32)) - set(b"\t\n")) + b"\x7f"
# Blanks, separators, control characters, formats such as zero width; and marks and letters without
# ink. Code points that this version of Unicode does not know may be letters of the next one.
_HIDDEN_CATEGORIES = ("Zs", "Zl", "Zp", "Cc", "Cf")
_WITHOUT_INK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
_MAX_SHOWN = 100


def check_key(key: str, place: str | Path) -> None:
    """Raise UserError, starting with ``place``, for a key that would not be one field of a line."""
    if key.split() != [key]:
        raise UserError(f"{place}: '{key}' cannot be a key: empty or with white space")


def check_characters(path: Path, number: int, block: bytes) -> None:
    """Check lines of a table, the first of which is line ``number``.

    Raises UserError (``file:line: …``) for control characters, bytes that are not UTF-8, a line
    that starts with a space, and what cannot be seen in the line's id.
    """
    if _is_plain(block) and (block.isascii() or _block_is_visible(block)):
        return
    for place, line in enumerate(block.split(b"\n"), number):
        where = f"{path}:{place}"
        if line.endswith(b"\r"):
            raise UserError(f"{where}: the line ends in CR LF (Windows); expected LF alone")
        if len(line.translate(None, _CONTROL_CHARACTERS)) != len(line):
            raise UserError(f"{where}: control character in {_shown(line)}")
        if line[:1] in (b" ", b"\t"):
            raise UserError(f"{where}: the line starts with a space: {_shown(line)}")
        try:
            line.decode()
        except UnicodeDecodeError:
            raise UserError(f"{where}: not valid UTF-8: {_shown(line)}") from None
        _check_id(where, line.partition(b" ")[0].partition(b"\t")[0])


def check_ids(path: Path, first: int, lines: Sequence[bytes]) -> None:
    """Check lines whose fields all are ids or numbers. Raises UserError as for the first field."""
    joined = b" ".join(lines)
    if not joined.isascii() and not _block_is_visible(joined):
        for number, line in enumerate(lines, first):
            _check_id(f"{path}:{number}", line)


def _is_plain(block: bytes) -> bool:
    """Return whether a block has no control characters and no line that starts with a space."""
    characters = np.frombuffer(block, np.uint8)
    newlines = np.flatnonzero(characters == 10)
    num_others = np.count_nonzero(characters < 32) - len(newlines)
    starts = characters[np.minimum(newlines + 1, len(block) - 1)]
    return (
        (num_others == 0 or num_others == block.count(b"\t"))
        and b"\x7f" not in block
        and not block.startswith((b" ", b"\t"))
        and not ((starts == 9) | (starts == 32)).any()
    )


def _block_is_visible(block: bytes) -> bool:
    """Return whether lines are UTF-8 without white space but ASCII's, and without hidden ones."""
    try:
        return is_visible(block.translate(None, b"\n\t").decode())
    except UnicodeDecodeError:
        return False


def is_visible(text: str) -> bool:
    """Return whether a text has no white space but ASCII's space and no hidden character."""
    if text.isprintable():
        return not _WITHOUT_INK.search(text)
    return not any(map(_is_hidden, text))


def _is_hidden(character: str) -> bool:
    hidden = character != " " and unicodedata.category(character) in _HIDDEN_CATEGORIES
    return hidden or bool(_WITHOUT_INK.match(character))


def _check_id(where: str, name: bytes) -> None:
    for character in name.decode().replace("\t", ""):
        if _is_hidden(character):
            raise UserError(f"{where}: {_hidden_problem(character, name.decode())}")


def _hidden_problem(character: str, name: str) -> str:
    code, meaning = _code(character), unicodedata.name(character, "no name").lower()
    hint = "; save the file as UTF-8 without a byte-order mark" if code == "U+FEFF" else ""
    return (
        f"{code} ({meaning}) in '{spelled(name)}'; expected ids of characters that can be seen, "
        f"separated by spaces or tabs{hint}"
    )


def _code(character: str) -> str:
    return f"U+{ord(character):04X}"


def spelled(name: str) -> str:
    """Return an id with every character but ASCII's as ``<U+00E9>``."""
    return "".join(c if c.isascii() else f"<{_code(c)}>" for c in name)


def check_spellings(path: Path, seen: dict[str, str], names: Iterable[bytes]) -> None:
    """Raise UserError for two ids that Unicode takes for the same text.

    ``seen``: for all calls that concern one kind of ids, empty in the beginning. Only ids beyond
    ASCII are remembered.
    """
    for name in {name.decode() for name in names if not name.isascii()}:
        other = seen.setdefault(unicodedata.normalize("NFC", name), name)
        if other != name:
            raise UserError(
                f"{path}: '{spelled(other)}' and '{spelled(name)}' are one text in two spellings "
                "(Unicode normalisation); expected one id"
            )


def near_miss(name: str, known: Iterable[str]) -> str:
    """Return a hint to an id that differs from ``name`` only in case or normalisation, or ''."""
    wanted = _folded(name)
    for other in known:
        if other != name and _folded(other) == wanted:
            kind = "in case" if _composed(name) != _composed(other) else "by Unicode normalisation"
            return f" ('{spelled(other)}' is there, which differs from '{spelled(name)}' {kind})"
    return ""


def _composed(name: str) -> str:
    return unicodedata.normalize("NFC", name)


def _folded(name: str) -> str:
    return name.lower() if name.isascii() else unicodedata.normalize("NFKC", name).casefold()


def _shown(line: bytes) -> str:
    return repr(line) if len(line) <= _MAX_SHOWN else f"{line[:_MAX_SHOWN]!r}…"
