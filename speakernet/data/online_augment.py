"""On-the-fly augmentation of crops during training, as in tdy.

One kind per crop, all equally likely, unless the recipe says otherwise: reverberation by a
simulated room impulse response (Ko et al. 2017, https://doi.org/10.1109/ICASSP.2017.7953152); or
noise, music or babble of several voices from MUSAN (Snyder et al. 2015,
https://arxiv.org/abs/1510.08484). Noises start at a random position and are repeated where they are
shorter than the crop. Signal-to-noise ratios are uniform in dB; the power of the crop is kept.
"""

import resource
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np

from speakernet.arrays import Float32
from speakernet.audio.cached_parts import CachedParts
from speakernet.audio.reader import AudioReader
from speakernet.audio.shared_cache import SharedCache
from speakernet.config.errors import UserError, naming
from speakernet.data.config import OnlineAugmentConfig
from speakernet.kaldi.room_lists import read_responses
from speakernet.kaldi.tables import read_table
from speakernet.signal.reverberate import ImpulseResponse, Noise, reverberate
from speakernet.signal.rooms import reverberate_all

# Noises and rooms that stay open, if the limit of open files allows it.
_MAX_OPEN = 256
# Number of the first kind.
_ROOM = 0
_RIR_LISTS = ("{room}_rir_list", "simulated_rirs/{room}/rir_list")


class OnlineAugment:
    """Draws and applies augmentations.

    ``musan``: PREFIX of the data dirs PREFIX_noise, PREFIX_music and PREFIX_speech. ``rirs``: a
    folder of impulse responses laid out like RIRS_NOISES (https://www.openslr.org/28), of which
    those of small and medium rooms are used. ``shared`` keeps what was decoded. Raises
    UserError if a table or list is missing.
    """

    def __init__(
        self,
        config: OnlineAugmentConfig,
        musan: Path,
        rirs: Path,
        sample_rate: int,
        shared: SharedCache | None = None,
    ) -> None:
        self.config = config
        self.sample_rate = sample_rate
        self._parts = CachedParts(
            AudioReader(sample_rate, max_open=_max_open()), shared or SharedCache(None)
        )
        self._noises = {
            kind: _noises(Path(f"{musan}_{kind}", "wav.scp"))
            for kind in ("noise", "music", "speech")
        }
        lists = [find_rir_list(rirs, room) for room in ("smallroom", "mediumroom")]
        self._responses = [
            (str(path), response.location)
            for path in lists
            for response in read_responses([str(path)])
        ]
        # In the order in which they are applied, if there are several; before them the room.
        self._kinds: tuple[Callable[[Float32, np.random.Generator], Float32], ...] = (
            self._noise,
            self._music,
            self._babble,
        )
        kinds = config.kinds
        self._weights = [kinds.reverb, kinds.noise, kinds.music, kinds.babble]

    def __call__(self, crop: Float32, rng: np.random.Generator) -> Float32:
        """Return ``crop`` (samples,), augmented with ``config.probability``."""
        return self.batch([crop], [rng])[0]

    def batch(self, crops: Sequence[Float32], rngs: Sequence[np.random.Generator]) -> list[Float32]:
        """Return crops, each augmented by its own draws: the rooms of all first, together."""
        results = list(crops)
        drawn = [self._draw_kinds(rng) for rng in rngs]
        rooms = [number for number, kinds in enumerate(drawn) if _ROOM in kinds]
        responses = [self._response(rngs[number]) for number in rooms]
        signals = [results[number] for number in rooms]
        for number, crop in zip(rooms, reverberate_all(signals, responses), strict=True):
            results[number] = crop
        for number, (kinds, rng) in enumerate(zip(drawn, rngs, strict=True)):
            for kind in kinds:
                if kind != _ROOM:
                    results[number] = self._kinds[kind - 1](results[number], rng)
        return results

    def _draw_kinds(self, rng: np.random.Generator) -> list[int]:
        """Return different kinds in order, drawn by their weights; none for a crop to be left."""
        if rng.random() >= self.config.probability:
            return []
        count = int(rng.integers(1, self.config.max_kinds + 1))
        weights = list(self._weights)
        for _ in range(count):
            sums = list(accumulate(weights))
            # Rounding may make the position the sum itself.
            drawn = min(bisect_right(sums, rng.random() * sums[-1]), _last_positive(weights))
            weights[drawn] = 0
        pairs = zip(self._weights, weights, strict=True)
        return [kind for kind, (before, left) in enumerate(pairs) if before and not left]

    def _response(self, rng: np.random.Generator) -> ImpulseResponse:
        place, entry = self._responses[int(rng.integers(len(self._responses)))]
        with naming(place):
            samples = self._parts.read(entry, 0, self._parts.num_samples(entry))
        return ImpulseResponse(samples / np.float32(32768))

    def _noise(self, crop: Float32, rng: np.random.Generator) -> Float32:
        return self._add_noises(crop, "noise", self.config.noise_snr_db, 1, rng)

    def _music(self, crop: Float32, rng: np.random.Generator) -> Float32:
        return self._add_noises(crop, "music", self.config.music_snr_db, 1, rng)

    def _babble(self, crop: Float32, rng: np.random.Generator) -> Float32:
        low, high = self.config.babble_voices
        voices = int(rng.integers(low, high + 1))
        return self._add_noises(crop, "speech", self.config.babble_snr_db, voices, rng)

    def _add_noises(
        self,
        crop: Float32,
        kind: str,
        snr_db: tuple[float, float],
        count: int,
        rng: np.random.Generator,
    ) -> Float32:
        entries, noises = self._noises[kind], []
        for choice in rng.integers(len(entries), size=count):
            place, entry = entries[int(choice)]
            with naming(place):
                segment = self._segment(entry, len(crop), rng)
            noises.append(Noise(segment, rng.uniform(*snr_db), 0.0))
        return reverberate(crop, self.sample_rate, noises=noises)

    def _segment(self, entry: str, num_samples: int, rng: np.random.Generator) -> Float32:
        """Return ``num_samples`` from a random position; a shorter recording is repeated."""
        spare = self._parts.num_samples(entry) - num_samples
        start = int(rng.integers(max(spare, 0) + 1))
        part = self._parts.read(entry, start, num_samples)
        return part if len(part) == num_samples else np.resize(part, num_samples)


def _max_open() -> int:
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    share = limit // 8
    return _MAX_OPEN if limit == resource.RLIM_INFINITY else max(1, min(_MAX_OPEN, share))


def _noises(scp: Path) -> list[tuple[str, str]]:
    """Return the entries of a ``wav.scp``, each with its place, for messages."""
    entries = [(f"{scp}: '{name}'", entry) for name, entry in read_table(scp).items()]
    if not entries:
        raise UserError(f"{scp}: has no recordings")
    return entries


def _last_positive(weights: Sequence[float]) -> int:
    return max(index for index, weight in enumerate(weights) if weight)


def find_rir_list(rirs: Path, room: str) -> Path:
    """Return the list of responses of rooms of a size. Raises UserError if there is none."""
    for pattern in _RIR_LISTS:
        path = rirs / pattern.format(room=room)
        if path.is_file():
            return path
    names = " or ".join(pattern.format(room=room) for pattern in _RIR_LISTS)
    raise UserError(f"{rirs}: has no rir_list of {room}; expected {names}")
