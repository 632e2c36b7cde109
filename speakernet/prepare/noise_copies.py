"""Copies of a data dir with noise added: the ``wav.scp`` lines of Kaldi's augment_data_dir.py.

Backgrounds are cut or repeated to the length of the recording, one or several at a time. Foreground
noises follow each other from the start, ``interval_s`` apart, until the recording is over. What an
utterance gets depends on the seed and its id only.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from speakernet.config.errors import UserError
from speakernet.kaldi.shell import in_double_quotes, in_quotes, listed_word, quoted
from speakernet.kaldi.tables import iter_table
from speakernet.prepare.durations import iter_durations


@dataclass(frozen=True)
class NoiseSet:
    """Recordings of noise: their ``wav.scp`` entries, and in the same order their durations."""

    entries: tuple[str, ...]
    durations_s: tuple[float, ...]

    @classmethod
    def from_dir(cls, folder: Path) -> "NoiseSet":
        """Read the ``wav.scp`` (and ``reco2dur`` if it exists) of a data dir."""
        entries = tuple(entry for _, entry in iter_table(folder / "wav.scp"))
        if not entries:
            raise UserError(f"{folder / 'wav.scp'}: found no noises")
        return cls(entries, tuple(seconds for _, seconds in iter_durations(folder)))


@dataclass(frozen=True, kw_only=True)
class NoiseOptions:
    """What to add: ``None`` for no foreground or no background."""

    foreground: NoiseSet | None = None
    background: NoiseSet | None = None
    foreground_snrs_db: Sequence[int] = (20, 10, 0)
    background_snrs_db: Sequence[int] = (20, 10, 0)
    nums_background: Sequence[int] = (1,)
    interval_s: int = 0
    seed: int = 123


def iter_noisy_entries(folder: Path, options: NoiseOptions) -> Iterator[tuple[str, str]]:
    """Yield each recording of ``folder`` with the entry of its noisy copy, in file order.

    Durations are there when this returns: they are read from the audio where no table has them.
    """
    rows = zip(iter_table(folder / "wav.scp"), iter_durations(folder), strict=True)
    return (
        (name, noisy_entry(name, entry, duration, options)) for (name, entry), (_, duration) in rows
    )


def noisy_entry(name: str, entry: str, duration_s: float, options: NoiseOptions) -> str:
    """Return Kaldi's command line for ``entry`` with noise, for the recording ``name``."""
    random = Random(f"{options.seed} {name}")
    parts = [*_backgrounds(random, duration_s, options), *_foregrounds(random, duration_s, options)]
    signals, starts, snrs = zip(*parts, strict=True)
    command = (
        f"wav-reverberate --shift-output=true --additive-signals={in_quotes(','.join(signals))} "
        f"--start-times='{','.join(starts)}' --snrs='{','.join(map(str, snrs))}'"
    )
    if entry.rstrip().endswith("|"):
        return f"{entry} {command} - - |"
    return f"{command} {quoted(entry)} - |"


def _backgrounds(
    random: Random, duration_s: float, options: NoiseOptions
) -> Iterator[tuple[str, str, int]]:
    if options.background is None:
        return
    for _ in range(random.choice(options.nums_background)):
        noise = random.choice(options.background.entries)
        words = f"--duration={duration_s:.9g} {in_double_quotes(noise)}"
        signal = f"wav-reverberate {words} - |"
        yield signal, "0", random.choice(options.background_snrs_db)


def _foregrounds(
    random: Random, duration_s: float, options: NoiseOptions
) -> Iterator[tuple[str, str, int]]:
    noises = options.foreground
    start = 0.0
    while noises is not None and start < duration_s:
        index = random.randrange(len(noises.entries))
        entry = noises.entries[index]
        # Kaldi splits the list at every comma; wav-reverberate without options changes nothing.
        signal = f"wav-reverberate {listed_word(entry)} - |" if "," in entry else entry
        yield signal, f"{start:.9g}", random.choice(options.foreground_snrs_db)
        start += noises.durations_s[index] + options.interval_s
