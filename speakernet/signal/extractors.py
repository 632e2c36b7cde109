"""The feature extractor of a Kaldi configuration: which one, by the configuration's name."""

import re
from collections.abc import Callable
from pathlib import Path

from speakernet.arrays import Float32
from speakernet.config.errors import UserError
from speakernet.config.places import shipped
from speakernet.signal.options import FbankOptions, MfccOptions

FEATURE_TYPES: dict[str, type[FbankOptions] | type[MfccOptions]] = {
    "fbank": FbankOptions,
    "mfcc": MfccOptions,
}


def read_feature_options(config: Path) -> FbankOptions | MfccOptions:
    """Return the options in ``<type><digits>.conf``, such as ``conf/fbank80.conf``.

    Raises UserError for a name that begins with no type, and for invalid options.
    """
    name = re.split(r"\d", config.stem)[0]
    if name not in FEATURE_TYPES:
        raise UserError(f"{config}: expected a name that begins with {' or '.join(FEATURE_TYPES)}")
    return FEATURE_TYPES[name].from_file(config)


def find_features_config(features: str) -> Path:
    """Return the configuration of this name: conf/ of the working folder, else what is shipped."""
    own = Path("conf", f"{features}.conf")
    return own if own.exists() else shipped("conf", own.name)


def num_values(options: FbankOptions | MfccOptions) -> int:
    """Return how many values a frame has."""
    if isinstance(options, MfccOptions):
        return options.num_ceps
    return options.num_mel_bins + options.use_energy


def make_extractor(options: FbankOptions | MfccOptions) -> Callable[..., Float32]:
    """Return a function of a waveform (samples,) and the keyword ``seed`` of its dither.

    It returns features (frames, values), with ``subtract_mean`` minus their mean.
    """
    extract: Callable[..., Float32]
    if isinstance(options, FbankOptions):
        from speakernet.signal.fbank import Fbank

        extract = Fbank(options)
    else:
        from speakernet.signal.mfcc import Mfcc

        extract = Mfcc(options)
    if not options.subtract_mean:
        return extract

    def extract_without_mean(waveform: Float32, *, seed: int) -> Float32:
        features = extract(waveform, seed=seed)
        return features - features.mean(axis=0) if len(features) else features

    return extract_without_mean
