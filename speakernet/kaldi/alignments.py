"""When which phone was spoken: Kaldi's ctm, and TIMIT's .PHN.

<utt> <channel> <start, s> <duration, s> <phone> [<confidence>]      ctm, a line for each phone
<start, samples of 16 kHz> <end> <phone>                             DIR/<utt>.PHN or .phn
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from speakernet.config.errors import UserError
from speakernet.config.files import is_given, read_text
from speakernet.config.numbers import parse_number

_PHN_RATE = 16000
_ENDINGS = (".PHN", ".phn")


class Phone(NamedTuple):
    """A phone of an utterance, in seconds from its beginning."""

    start_s: float
    end_s: float
    label: str


def read_alignments(path: Path, utterances: Iterable[str]) -> dict[str, list[Phone]]:
    """Return the phones, in order of time, of those ``utterances`` that ``path`` has.

    ``path`` is a ctm file, or a folder of .PHN files. Raises UserError for a line that is none.
    """
    wanted = set(utterances)
    if not path.is_dir():
        return {name: phones for name, phones in _read_ctm(path).items() if name in wanted}
    files = ((name, _phn_file(path, name)) for name in sorted(wanted))
    return {name: _read_phn(file) for name, file in files if file is not None}


def _read_ctm(path: Path) -> dict[str, list[Phone]]:
    phones: dict[str, list[Phone]] = {}
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if not line.strip() or line.startswith(";;"):
            continue
        fields = line.split()
        if len(fields) not in (5, 6):
            found = f"found {len(fields)} fields"
            raise UserError(f"{path}:{number}: {found}; expected utt channel start duration phone")
        start, duration = _times(fields[2:4], f"{path}:{number}", "start and duration in seconds")
        phones.setdefault(fields[0], []).append(Phone(start, start + duration, fields[4]))
    return {name: sorted(each) for name, each in phones.items()}


def _phn_file(folder: Path, name: str) -> Path | None:
    found = (folder / f"{name}{ending}" for ending in _ENDINGS)
    return next((file for file in found if is_given(file)), None)


def _read_phn(path: Path) -> list[Phone]:
    phones = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        fields = line.split()
        if len(fields) != 3:
            found = f"found {len(fields)} fields"
            raise UserError(f"{path}:{number}: {found}; expected first sample, last sample, phone")
        start, end = _times(fields[:2], f"{path}:{number}", "samples")
        phones.append(Phone(start / _PHN_RATE, end / _PHN_RATE, fields[2]))
    return sorted(phones)


def _times(fields: Sequence[str], place: str, expected: str) -> list[float]:
    try:
        values = [parse_number(field) for field in fields]
    except ValueError:
        values = [-1.0]
    if not all(value >= 0 for value in values):
        raise UserError(f"{place}: found '{' '.join(fields)}'; expected {expected}")
    return values
