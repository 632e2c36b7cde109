"""The audio files read last, in memory."""

from collections import OrderedDict

from speakernet.audio.sound_files import Audio
from speakernet.audio.wav import read_audio_file
from speakernet.kaldi.pipes import AudioFile

# Heads of noises are read in steps of four seconds, so that a slightly longer wish is a hit, too.
_HEAD_STEP = 1 << 16


class FileCache:
    """Keeps the files read last, up to a number of bytes; files may be present by their head."""

    def __init__(self, max_bytes: int) -> None:
        """Keep at most ``max_bytes`` of samples."""
        self._max_bytes = max_bytes
        self._bytes = 0
        self._entries: OrderedDict[AudioFile, tuple[Audio, bool]] = OrderedDict()

    def read(self, file: AudioFile, max_samples: int | None = None) -> Audio:
        """Return the file, or at least its first ``max_samples`` if it has as many."""
        entry = self._entries.get(file)
        if entry is not None:
            audio, complete = entry
            if complete or (max_samples is not None and len(audio.samples) >= max_samples):
                self._entries.move_to_end(file)
                return audio
        wanted = None if max_samples is None else -(-max_samples // _HEAD_STEP) * _HEAD_STEP
        audio = read_audio_file(file.path, offset=file.offset, max_samples=wanted)
        self._keep(file, audio, wanted is None or len(audio.samples) < wanted)
        return audio

    def _keep(self, file: AudioFile, audio: Audio, complete: bool) -> None:
        old = self._entries.pop(file, None)
        self._bytes += audio.samples.nbytes - (old[0].samples.nbytes if old else 0)
        self._entries[file] = (audio, complete)
        while self._bytes > self._max_bytes and len(self._entries) > 1:
            _, (dropped, _) = self._entries.popitem(last=False)
            self._bytes -= dropped.samples.nbytes
