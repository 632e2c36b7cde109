"""The corpus's reviewed tables in ``egs/debian_voices``: who speaks where, which files are noise or
music, which packages.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from speakernet.config import UserError

ROLES = ("train", "test", "cohort", "babble", "exclude")
_SPEAKER_ID = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True)
class SpeakerRow:
    """Files of one package that one person speaks."""

    speaker: str
    language: str
    gender: str
    role: str
    package: str
    pattern: re.Pattern[str]
    session: str
    subset: bool

    def session_of(self, name: str) -> str | None:
        """Return the session that file ``name`` belongs to, or None if this row does not cover the
        file.

        ``session`` is a template as of ``re.Match.expand``; where it expands to nothing, the
        session is ``plain``.
        """
        match = self.pattern.fullmatch(name)
        if match is None:
            return None
        return re.sub(r"[^a-z0-9_]", "", match.expand(self.session).lower()).strip("_") or "plain"


@dataclass(frozen=True)
class SoundRow:
    """Files of one package that are noise or music."""

    kind: str
    source: str
    package: str
    pattern: re.Pattern[str]
    genre: str
    subset: bool


class _Row(Protocol):
    @property
    def subset(self) -> bool: ...


_AnyRow = TypeVar("_AnyRow", bound=_Row)


def read_tsv(path: Path, columns: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    """Return ``(file:line, fields by column)`` of each line after the header. Raises UserError."""
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or lines[0].split("\t") != list(columns):
        raise UserError(f"{path}:1: expected the columns {' '.join(columns)}, separated by tabs")
    rows = []
    for number, line in enumerate(lines[1:], 2):
        fields = line.split("\t")
        if len(fields) != len(columns):
            raise UserError(f"{path}:{number}: found {len(fields)} fields; expected {len(columns)}")
        rows.append((f"{path}:{number}", dict(zip(columns, fields, strict=True))))
    return rows


def _columns(row: type[SpeakerRow] | type[SoundRow]) -> list[str]:
    """Return the header of a table: it has a column for each field of a row."""
    return [field.name for field in dataclasses.fields(row)]


def _parsed(where: str, fields: dict[str, str]) -> dict[str, Any]:
    """Return the fields with the types that rows have."""
    pattern, subset = _compile(where, fields["pattern"]), _flag(where, fields["subset"])
    return {**fields, "pattern": pattern, "subset": subset}


def _compile(where: str, pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise UserError(f"{where}: pattern '{pattern}': {error}") from None


def read_speakers(path: Path) -> list[SpeakerRow]:
    """Read ``speakers.tsv``. Raises UserError for a malformed line or a speaker with two roles."""
    table = read_tsv(path, _columns(SpeakerRow))
    rows = [_speaker_row(where, fields) for where, fields in table]
    roles: dict[str, str] = {}
    for row in rows:
        if roles.setdefault(row.speaker, row.role) != row.role:
            raise UserError(
                f"{path}: speaker '{row.speaker}' has roles {roles[row.speaker]} and {row.role}"
            )
    return rows


def _speaker_row(where: str, fields: dict[str, str]) -> SpeakerRow:
    # '-' sorts before every character allowed here, so that sorting by utterance also sorts by
    # speaker.
    if not _SPEAKER_ID.fullmatch(fields["speaker"]):
        raise UserError(f"{where}: speaker '{fields['speaker']}'; expected only a-z, 0-9 and _")
    if fields["role"] not in ROLES:
        raise UserError(f"{where}: role '{fields['role']}'; expected one of {' '.join(ROLES)}")
    return SpeakerRow(**_parsed(where, fields))


def read_sounds(path: Path) -> list[SoundRow]:
    """Read ``sounds.tsv``. Raises UserError for a malformed line."""
    table = read_tsv(path, _columns(SoundRow))
    return [_sound_row(where, fields) for where, fields in table]


def _sound_row(where: str, fields: dict[str, str]) -> SoundRow:
    if fields["kind"] not in ("noise", "music"):
        raise UserError(f"{where}: kind '{fields['kind']}'; expected noise or music")
    return SoundRow(**_parsed(where, fields))


def _flag(where: str, text: str) -> bool:
    if text not in ("yes", "-"):
        raise UserError(f"{where}: subset '{text}'; expected yes or -")
    return text == "yes"


@dataclass(frozen=True)
class Package:
    """A Debian package: its file, named as ``apt-get download`` does, and its audio's licences."""

    file: str
    licence: str


def read_packages(path: Path) -> dict[str, Package]:
    """Read ``packages.tsv``, by name of the package. Raises UserError for a malformed line."""
    columns = ("package", "version", "sha256", "size", "licence")
    return {
        fields["package"]: Package(
            f"{fields['package']}_{fields['version'].replace(':', '%3a')}_all.deb",
            fields["licence"],
        )
        for _, fields in read_tsv(path, columns)
    }


def select(rows: Iterable[_AnyRow], *, subset: bool) -> list[_AnyRow]:
    """Return all rows, or only those of the small subset."""
    return [row for row in rows if row.subset or not subset]
