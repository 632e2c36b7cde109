"""The recipe's section ``data``: which crops make a batch."""

from typing import Literal

from pydantic import Field

from speakernet.config import Config


class SpecAugmentConfig(Config):
    """Masks on each crop (Park et al. 2019, arXiv 1904.08779, without time warping).

    ``num_time_masks`` stretches of up to ``max_time`` frames and ``num_mel_masks`` bands of up to
    ``max_mel`` bins become zero, which is the mean after CMN.
    """

    num_time_masks: int = Field(default=1, ge=0)
    max_time: int = Field(default=10, ge=1)
    num_mel_masks: int = Field(default=1, ge=0)
    max_mel: int = Field(default=8, ge=1)


class OnlineAugmentConfig(Config):
    """Random augmentation of each waveform crop, as tdy does it when it augments.

    With ``probability`` a crop gets one of four kinds, equally likely: reverberation, or noise,
    music, babble of the given SNRs in dB (``babble_voices`` voices at a time).
    """

    probability: float = Field(default=0.8, ge=0, le=1)
    noise_snr_db: tuple[float, float] = (0.0, 15.0)
    music_snr_db: tuple[float, float] = (5.0, 15.0)
    babble_snr_db: tuple[float, float] = (13.0, 20.0)
    babble_voices: tuple[int, int] = (3, 7)


class DataConfig(Config):
    """Crops, their order, and who reads them.

    num_frames: length of a crop (10 ms each; a waveform crop has 160 * num_frames + 240 samples).
    order: ``permutation`` of all utterances on each pass; ``skip`` leaves a random
    ``skip_probability`` of them out on each pass and keeps one random order for the others, as
    voxsrc2020; ``blocks`` permutes within windows of ``blocks_in_window`` random blocks of ``block_size``
    consecutive utterances, which suits spinning disks and network file systems.
    max_seg_per_spk: how many utterances a pass takes of each speaker at most, with losses that
    want groups of them.
    cmn_window: frames of the sliding mean (features only); None leaves the mean in.
    num_workers: reading processes per training process; 0 reads in the training process.
    """

    num_frames: int = Field(default=200, ge=1)
    order: Literal["permutation", "skip", "blocks"] = "permutation"
    skip_probability: float = Field(default=0.1, ge=0, lt=1)
    block_size: int = Field(default=256, ge=1)
    blocks_in_window: int = Field(default=64, ge=1)
    max_seg_per_spk: int = Field(default=100, ge=2)
    cmn_window: int | None = Field(default=300, ge=1)
    spec_augment: SpecAugmentConfig | None = None
    online_augment: OnlineAugmentConfig | None = None
    num_workers: int = Field(default=2, ge=0)
    prefetch_batches: int = Field(default=4, ge=1)
    max_open_arks: int = Field(default=512, ge=1)
