"""Copies of a data dir at another speed, as Kaldi's perturb_data_dir_speed.sh makes them."""

from pathlib import Path

from speakernet.kaldi.datadir import Affixes, AudioChange, NewAudio
from speakernet.kaldi.shell import is_piped, piping, sox_reading
from speakernet.kaldi.tables import iter_table
from speakernet.prepare.copies import write_copy


def write_speed_copy(source: Path, target: Path, factor: str) -> None:
    """Write ``target``: all utterances of ``source`` at ``factor`` times the speed, sp-prefixed."""
    prefix = f"sp{factor}-"
    entries = ((name, speed_entry(entry, factor)) for name, entry in iter_table(source / "wav.scp"))
    new = NewAudio(entries, AudioChange.OTHER_SPEED, float(factor))
    write_copy(source, target, Affixes(utt_prefix=prefix, spk_prefix=prefix), new)


def speed_entry(entry: str, factor: str) -> str:
    """Return Kaldi's command for an entry of ``wav.scp`` at another speed."""
    if is_piped(entry):
        return f"{piping(entry)} sox -t wav - -t wav - speed {factor} |"
    return f"{sox_reading(entry)} -t wav - speed {factor} |"
