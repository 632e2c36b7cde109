"""Copies of a data dir at another speed, as Kaldi's perturb_data_dir_speed.sh makes them."""

from collections.abc import Iterator
from pathlib import Path

from speakernet.kaldi.copies import Naming, write_sorted_table
from speakernet.kaldi.shell import sox_reading
from speakernet.kaldi.tables import iter_table
from speakernet.prepare.copies import write_copy

_TIMES = ("reco2dur", "utt2dur")
# Values that another speed makes wrong.
_STALE = ("utt2num_frames", "vad.scp")


def write_speed_copy(source: Path, target: Path, factor: str) -> None:
    """Write ``target``: all utterances of ``source`` at ``factor`` times the speed, sp-prefixed."""
    naming = Naming(prefix=f"sp{factor}-", speakers=True)
    entries = ((name, speed_entry(entry, factor)) for name, entry in iter_table(source / "wav.scp"))
    write_copy(source, target, entries, naming)
    for name in _STALE:
        (target / name).unlink(missing_ok=True)
    for name in _TIMES:
        if (target / name).exists():
            write_sorted_table(target / name, list(_scaled(target / name, float(factor))))
    if (target / "segments").exists():
        segments = list(_scaled_segments(target / "segments", float(factor)))
        write_sorted_table(target / "segments", segments)


def speed_entry(entry: str, factor: str) -> str:
    """Return Kaldi's command for an entry of ``wav.scp`` at another speed."""
    if entry.rstrip().endswith("|"):
        return f"{entry} sox -t wav - -t wav - speed {factor} |"
    return f"{sox_reading(entry)} -t wav - speed {factor} |"


def _scaled(path: Path, factor: float) -> Iterator[tuple[str, str]]:
    for name, seconds in iter_table(path, num_fields=2):
        yield name, f"{float(seconds) / factor:.9g}"


def _scaled_segments(path: Path, factor: float) -> Iterator[tuple[str, str]]:
    for name, value in iter_table(path, num_fields=4):
        recording, start, end = value.split()
        times = [time if time == "-1" else f"{float(time) / factor:.9g}" for time in (start, end)]
        yield name, " ".join((recording, *times))
