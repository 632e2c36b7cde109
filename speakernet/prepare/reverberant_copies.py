"""Copies of a data dir in other rooms: the ``wav.scp`` lines of Kaldi's reverberate_data_dir.py.

A room is drawn with the probability of its impulse responses, then one of these; point-source
noises come from other positions in the same room, isotropic noises belong to a room. What a
recording gets depends on the seed, the number of the copy and the recording's id only.
"""

from bisect import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Generic, TypeVar

from speakernet.kaldi.datadir import Affixes, AudioChange, NewAudio, combine
from speakernet.kaldi.room_lists import Response, RoomNoise
from speakernet.kaldi.shell import in_double_quotes, in_quotes, listed_word, piping
from speakernet.kaldi.tables import iter_table
from speakernet.prepare.copies import write_copy
from speakernet.prepare.durations import iter_durations
from speakernet.work.files import scratch_folder

Item = TypeVar("Item", Response, RoomNoise)


class Choice(Generic[Item]):
    """Items to draw from, each with its ``probability``."""

    def __init__(self, items: Sequence[Item]) -> None:
        """Prepare to draw from ``items``."""
        self._items: Sequence[Item] = items
        self._cumulated = list(accumulate(item.probability for item in items))

    def draw(self, random: Random) -> Item:
        """Return one item."""
        position = random.uniform(0, self._cumulated[-1])
        return self._items[min(bisect(self._cumulated, position), len(self._items) - 1)]


def _by_room(items: Sequence[Item]) -> dict[str, Choice[Item]]:
    grouped: dict[str, list[Item]] = {}
    for item in items:
        grouped.setdefault(item.room, []).append(item)
    return {room: Choice(members) for room, members in grouped.items()}


@dataclass(frozen=True, kw_only=True)
class RoomOptions:
    """Options of reverberate_data_dir.py that decide a line; probabilities from 0 to 1."""

    responses: Sequence[Response]
    noises: Sequence[RoomNoise] = ()
    foreground_snrs_db: Sequence[float] = (20, 10, 0)
    background_snrs_db: Sequence[float] = (20, 10, 0)
    speech_probability: float = 1.0
    pointsource_probability: float = 1.0
    isotropic_probability: float = 1.0
    max_noises_per_minute: int = 2
    shift_output: bool = True
    seed: int = 0

    @cached_property
    def any_response(self) -> Choice[Response]:
        """All responses: drawing one draws its room with the right probability, too."""
        return Choice(self.responses)

    @cached_property
    def responses_of(self) -> dict[str, Choice[Response]]:
        """The responses of each room."""
        return _by_room(self.responses)

    @cached_property
    def pointsource(self) -> Choice[RoomNoise] | None:
        """The noises that can be anywhere in a room."""
        noises = [noise for noise in self.noises if noise.kind == "point-source"]
        return Choice(noises) if noises else None

    @cached_property
    def isotropic_of(self) -> dict[str, Choice[RoomNoise]]:
        """The diffuse noises of each room."""
        return _by_room([noise for noise in self.noises if noise.kind == "isotropic"])


def write_reverberant_copies(
    source: Path,
    target: Path,
    options: RoomOptions,
    copies: Mapping[int, Affixes],
    *,
    num_utterances: int = 0,
) -> None:
    """Write ``target``: reverberant copies of ``source`` by number, 0 for the audio as it is.

    ``num_utterances`` greater than 0 takes a random subset of that size, the same for all copies.
    """

    def write(number: int, place: Path) -> None:
        new = _new_audio(source, options, number)
        write_copy(
            source, place, copies[number], new, num_utterances=num_utterances, seed=options.seed
        )

    if len(copies) == 1:
        write(min(copies), target)
        return
    with scratch_folder(target.with_name(f"{target.name}.copies")) as folder:
        for number in copies:
            write(number, folder / str(number))
        combine(target, [folder / str(number) for number in copies])


def _new_audio(source: Path, options: RoomOptions, number: int) -> NewAudio:
    if not number:
        return NewAudio(iter_table(source / "wav.scp"))
    # Not shifted, what a room adds makes a recording longer.
    audio = AudioChange.SAME_LENGTH if options.shift_output else AudioChange.OTHER_LENGTH
    return NewAudio(iter_reverberant_entries(source, options, number), audio)


def iter_reverberant_entries(
    folder: Path, options: RoomOptions, copy: int = 1
) -> Iterator[tuple[str, str]]:
    """Yield each recording of ``folder`` with the entry of its reverberant copy, in file order.

    Durations are there when this returns: they are read from the audio where no table has them.
    """
    rows = zip(iter_table(folder / "wav.scp"), iter_durations(folder), strict=True)
    return (
        (name, reverberant_entry(name, entry, duration, options, copy))
        for (name, entry), (_, duration) in rows
    )


def reverberant_entry(
    name: str, entry: str, duration_s: float, options: RoomOptions, copy: int = 1
) -> str:
    """Return Kaldi's command line for ``entry`` in a room, for the recording ``name``."""
    random = Random(f"{options.seed} {copy} {name}")
    source = piping(entry)
    response = options.any_response.draw(random)
    words = []
    if random.random() < options.speech_probability:
        words.append(f"--impulse-response={in_double_quotes(response.location)}")
    noises = [
        *_isotropic(random, response.room, duration_s, options),
        *_pointsource(random, response.room, duration_s, options),
    ]
    if noises:
        signals, starts, snrs = zip(*noises, strict=True)
        words.append(f"--additive-signals={in_quotes(','.join(signals))}")
        words.append(f"--start-times='{','.join(starts)}' --snrs='{','.join(snrs)}'")
    if not words:
        return source
    shift = str(options.shift_output).lower()
    return f"{source} wav-reverberate --shift-output={shift} {' '.join(words)} - - |"


def _isotropic(
    random: Random, room: str, duration_s: float, options: RoomOptions
) -> Iterator[tuple[str, str, str]]:
    choice = options.isotropic_of.get(room)
    if choice is not None and random.random() < options.isotropic_probability:
        noise = choice.draw(random)
        snr_db = random.choice(options.background_snrs_db)
        yield _through(noise.location, f"--duration={duration_s:.9g}"), "0", f"{snr_db:g}"


def _pointsource(
    random: Random, room: str, duration_s: float, options: RoomOptions
) -> Iterator[tuple[str, str, str]]:
    most = int(options.max_noises_per_minute * duration_s / 60)
    choice = options.pointsource
    if choice is None or most < 1 or random.random() >= options.pointsource_probability:
        return
    for _ in range(random.randint(1, most)):
        noise, response = choice.draw(random), options.responses_of[room].draw(random)
        words = f"--impulse-response={in_double_quotes(response.location)}"
        if noise.is_background:
            words += f" --duration={duration_s:.9g}"
            start, snr_db = "0", random.choice(options.background_snrs_db)
        else:
            start = f"{round(random.random() * duration_s, 2):g}"
            snr_db = random.choice(options.foreground_snrs_db)
        yield _through(noise.location, words), start, f"{snr_db:g}"


def _through(location: str, words: str) -> str:
    if location.rstrip().endswith("|"):
        return f"{location} wav-reverberate {words} - - |"
    return f"wav-reverberate {words} {listed_word(location)} - |"
