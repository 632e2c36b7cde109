"""Crops of features that are computed from the recordings while the network trains.

A crop is the one that ``FeatureCrops`` cuts out of stored features of the same utterances, up to
their compression: the same place, copies of Kaldi's ``wav.scp`` entries, dither, sliding mean and
masks. With ``data.online_augment`` each crop gets new noises or another room instead.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from speakernet.arrays import Float32, UInt64
from speakernet.audio.reader import AudioReader
from speakernet.config import UserError
from speakernet.data import cmn
from speakernet.data.config import DataConfig
from speakernet.data.crop_places import CropPlace, place_crop
from speakernet.data.front_end import FeatureFrontEnd, WaveformBatch
from speakernet.data.index import UtteranceIndex
from speakernet.data.memory import empty_batch
from speakernet.data.online_augment import OnlineAugment
from speakernet.data.recordings import RecordingTable, SharedLengths, Substitutes
from speakernet.data.sample_keys import integer_below
from speakernet.data.spec_augment import draw_masks, mask
from speakernet.kaldi.wav_scp import Utterance
from speakernet.signal.dither import add_dither, utterance_seed
from speakernet.signal.extractors import make_extractor, num_values
from speakernet.signal.options import FbankOptions, MfccOptions

# Draws of a crop's augmentation differ from those of its masks.
_AUGMENT = 0x9E3779B97F4A7C15


class CropPart(NamedTuple):
    """What a crop needs: frames ``first`` to ``last - 1`` of an utterance of ``num_frames``."""

    utterance: Utterance
    num_frames: int
    place: CropPlace
    first: int
    last: int

    def span(self, *, is_whole: bool) -> tuple[int, int, int, int]:
        """Return the row of ``FeatureFrontEnd``'s ``spans``; ``is_whole``: nothing is around it."""
        start, stop, begin = self.place
        if is_whole:
            return 0, 0, stop - start, begin
        return self.first, start, self.num_frames, begin


class RecordingCrops:
    """Computes crops of features of the utterances of ``wav.scp`` and, if it exists, ``segments``.

    Utterances are addressed by row of utt2spk. ``options``: of the features; ``seed``: of their
    dither; ``max_failed_share``: see Substitutes. The constructor raises UserError if the tables do
    not fit together.
    """

    def __init__(
        self,
        data_dir: Path,
        utterances: UtteranceIndex,
        config: DataConfig,
        options: FbankOptions | MfccOptions,
        seed: int,
        augment: OnlineAugment | None = None,
        max_failed_share: float = 0.0,
    ) -> None:
        self.config = config
        self.input_dim = num_values(options)
        self._options = options
        self._seed = seed
        self._augment = augment
        self._extract = make_extractor(replace(options, dither=0.0))
        # New draws change more than a jump in AAC, whose noise bands depend on what was before.
        self._reader = AudioReader(
            int(options.sample_frequency),
            channel=options.channel,
            cache_bytes=(config.cache_mib << 20) // (4 * max(1, config.num_workers)),
            exact_parts=augment is None,
        )
        self._recordings = RecordingTable(data_dir, utterances)
        self._lengths = SharedLengths(len(utterances))
        self._substitutes = Substitutes(utterances, max_failed_share)
        # Frames at the edges are reflections of their neighbours; a mean of all frames needs all.
        self._needs_all = not options.snip_edges or options.subtract_mean
        if self._needs_all and config.online_features == "device":
            raise UserError(
                "data.online_features: device: computes no features with --snip-edges=false or "
                "--subtract-mean=true; expected reader"
            )

    def prefetch(self, rows: npt.NDArray[np.integer]) -> None:
        """Do nothing: there is no read-ahead of audio."""

    @cached_property
    def front_end(self) -> FeatureFrontEnd | None:
        """What makes features of the batches on their device; None if these are features."""
        if self.config.online_features != "device" or isinstance(self._options, MfccOptions):
            return None
        return FeatureFrontEnd(self._options, self.config.cmn_window, self.config.num_frames)

    def batch(self, rows: npt.NDArray[np.integer], keys: UInt64) -> Tensor | WaveformBatch:
        """Return a random crop of each of ``rows``: features (batch, time, mel), or waveforms.

        A crop's position, augmentation and masks are a function of its key. Raises UserError for
        audio that cannot be read.
        """
        pairs = list(zip(rows.tolist(), keys.tolist(), strict=True))
        if self.front_end is not None:
            return self._waveforms(pairs)
        crops = empty_batch(len(rows), self.input_dim, self.config.num_frames)
        drawn = self._draw(pairs)
        for crop, (_, key), part, samples in zip(crops.numpy(), pairs, *drawn, strict=True):
            self._compute(part, samples, crop)
            if self.config.spec_augment is not None:
                mask(crop, self.config.spec_augment, np.random.default_rng(key))
        return crops.transpose(1, 2)

    def _waveforms(self, pairs: Sequence[tuple[int, int]]) -> WaveformBatch:
        """Return what ``front_end`` takes, for (row, key) of each crop."""
        parts, samples = self._draw(pairs)
        waveforms = empty_batch(len(parts), max(map(len, samples)))
        spans = empty_batch(len(parts), 4, dtype=torch.int64)
        for row, part, crop in zip(waveforms.numpy(), parts, samples, strict=True):
            self._dithered(part, crop, out=row[: len(crop)])
            row[len(crop) :] = 0
        is_whole = not self.config.cmn_context
        spans.numpy()[:] = [part.span(is_whole=is_whole) for part in parts]
        return WaveformBatch(waveforms, spans, self._masks(pairs))

    def _masks(self, pairs: Sequence[tuple[int, int]]) -> Tensor:
        """Return the masks of crops by their keys, (batch, count, 4)."""
        config = self.config.spec_augment
        count = 0 if config is None else config.num_mel_masks + config.num_time_masks
        masks = empty_batch(len(pairs), count, 4, dtype=torch.int64)
        if config is not None:
            shape = (self.input_dim, self.config.num_frames)
            for mask_of, (_, key) in zip(masks.numpy(), pairs, strict=True):
                mask_of[:] = draw_masks(config, np.random.default_rng(key), *shape)
        return masks

    def centre(self, rows: npt.NDArray[np.integer], num_frames: int) -> Tensor:
        """Return the central crop of each of ``rows``, (batch, time, mel), without augmentation."""
        crops = torch.empty((len(rows), self.input_dim, num_frames))
        for row, crop in zip(rows.tolist(), crops.numpy(), strict=True):
            part = self._part(row, num_frames, lambda spare: spare // 2)
            self._compute(part, self._read(part), crop)
        return crops.transpose(1, 2)

    def _draw(self, pairs: Sequence[tuple[int, int]]) -> tuple[list[CropPart], list[Float32]]:
        """Return for (row, key) of each crop its place, and its samples with noises, no dither."""
        parts, samples = [], []
        for row, key in pairs:  # one recording after another, as the last one is open
            part, crop = self._substitutes.read(row, key, partial(self._read_random, key))
            parts.append(part)
            samples.append(crop)
        if self._augment is None:
            return parts, samples
        full = [number for number, crop in enumerate(samples) if len(crop)]
        rngs = [np.random.Generator(np.random.PCG64(pairs[n][1] ^ _AUGMENT)) for n in full]
        augmented = self._augment.batch([samples[n] for n in full], rngs)
        for number, crop in zip(full, augmented, strict=True):
            samples[number] = crop
        return parts, samples

    def _read_random(self, key: int, row: int) -> tuple[CropPart, Float32]:
        wanted = self.config.num_frames
        part = self._part(row, wanted, lambda spare: integer_below(key, spare + 1))
        return part, self._read(part)

    def _part(self, row: int, wanted: int, choose: Callable[[int], int]) -> CropPart:
        """Return what a crop needs; ``choose`` as in ``place_crop``."""
        utterance = self._recordings[row]
        samples = self._lengths.get(row, lambda: self._reader.num_samples(utterance))
        total = self._options.num_frames(samples)
        place = place_crop(total, wanted, choose)
        if self._needs_all:
            return CropPart(utterance, total, place, 0, total)
        first, last = place.start, place.stop
        if self.config.cmn_window and self.config.cmn_context and total:
            first, last = cmn.context(total, first, last, self.config.cmn_window)
        return CropPart(utterance, total, place, first, last)

    def _read(self, part: CropPart) -> Float32:
        """Return the samples of the frames that ``part`` names, without dither."""
        if part.last == part.first:
            return np.empty(0, dtype=np.float32)
        if self._needs_all:
            return self._reader.read_utterance(part.utterance)
        first, wanted = part.first * self._options.window_shift, part.last - part.first
        return self._reader.read_part(part.utterance, first, self._num_samples(wanted))

    def _num_samples(self, num_frames: int) -> int:
        options = self._options
        return (num_frames - 1) * options.window_shift + options.window_size if num_frames else 0

    def _compute(self, part: CropPart, samples: Float32, out: Float32) -> None:
        """Write the normalised crop to ``out`` (mel, time)."""
        place = part.place
        if place.stop - place.start < out.shape[1]:
            out[:] = 0
            out = out[:, place.inside]
        if not part.num_frames:
            return
        block = np.asarray(self._extract(self._dithered(part, samples), seed=0).T)
        window, start = self.config.cmn_window, place.start - part.first
        if window is None:
            out[:] = block[:, start : start + out.shape[1]]
        elif self.config.cmn_context:
            cmn.normalize(
                block, part.first, place.start, out, num_frames=part.num_frames, window=window
            )
        else:
            block = block[:, start : start + out.shape[1]]
            cmn.normalize(block, 0, 0, out, num_frames=out.shape[1], window=window)

    def _dithered(self, part: CropPart, samples: Float32, out: Float32 | None = None) -> Float32:
        """Return samples with dither, which are written to ``out`` if that is given."""
        if not self._options.dither:
            if out is None:
                return samples
            out[:] = samples
            return out
        seed = utterance_seed(self._seed, part.utterance.name)
        first = part.first * self._options.window_shift
        return add_dither(samples, self._options.dither, seed, first_sample=first, out=out)
