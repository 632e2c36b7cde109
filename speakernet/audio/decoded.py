"""Commands that only decode a file (``kaldi.decoders``), computed in this process."""

import numpy as np

from speakernet.audio.channels import Signal
from speakernet.audio.commands import run_command
from speakernet.audio.files import open_compressed, read_audio_file
from speakernet.audio.libav import UnsupportedError, mean_of_channels
from speakernet.audio.rates import at_rate
from speakernet.audio.sound_files import Audio
from speakernet.config.errors import UserError
from speakernet.kaldi.audio_nodes import Decoded


def read_decoded(node: Decoded) -> Audio:
    """Return what ffmpeg would write: within one step of 16 bits, and resampled by our resampler.

    What is not to be had in this process (samples of 24 bits, more than two channels to average)
    runs the command. Raises UserError, starting with the path or with how the command ended.
    """
    try:
        audio = _decode(node)
    except UnsupportedError:
        return run_command(node.text)
    if node.sample_rate in (None, audio.sample_rate):
        return audio
    columns = [Signal(column, audio.sample_rate) for column in audio.samples.T]
    changed = [at_rate(column, node.sample_rate).samples for column in columns]
    # The rate is what the command asks for: nothing to be noted.
    return Audio(np.stack(changed, axis=1).astype(np.int16), node.sample_rate, audio.notes)


def _decode(node: Decoded) -> Audio:
    opened = open_compressed(node.path, average=node.channels == 1)
    if opened is None:
        return _uncompressed(node)
    file, stack = opened
    with stack:
        return file.whole()


def _uncompressed(node: Decoded) -> Audio:
    """Read a wav or flac file; ffmpeg has its own ways with other samples than those of 16 bits."""
    try:
        audio = read_audio_file(node.path)
    except UserError as error:
        raise UnsupportedError(str(error)) from None
    channels = audio.samples.shape[1]
    averages = node.channels == 1 and channels > 1
    if audio.samples.dtype != np.int16 or (averages and channels > 2):
        raise UnsupportedError(f"{node.path}: samples of another kind")
    if not averages:
        return audio
    return audio._replace(samples=mean_of_channels(audio.samples))
