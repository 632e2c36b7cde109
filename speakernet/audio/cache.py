"""A least-recently-used cache of decoded audio files."""

from collections import OrderedDict

from speakernet.audio.files import read_audio_file
from speakernet.audio.sound_files import Audio
from speakernet.kaldi.audio_nodes import AudioFile

# Partial reads are rounded up to a multiple of this (4 s at 16 kHz), so that a later request for
# slightly more samples of the same file is still a cache hit.
_PARTIAL_READ_STEP = 1 << 16


class FileCache:
    """Caches audio files up to a size in bytes; of a long file only the beginning may be cached.

    The file that was read last stays cached even if it alone is larger than the limit.
    """

    def __init__(self, max_bytes: int) -> None:
        """Keep at most ``max_bytes`` of samples."""
        self._max_bytes = max_bytes
        self._bytes = 0
        # The audio, and whether it is the complete file.
        self._entries: OrderedDict[AudioFile, tuple[Audio, bool]] = OrderedDict()

    def read(self, file: AudioFile, max_samples: int | None = None) -> Audio:
        """Return the whole file, or with ``max_samples`` at least that many from its beginning.

        A file that is shorter than ``max_samples`` is returned whole.
        """
        entry = self._entries.get(file)
        if entry is not None:
            audio, complete = entry
            if complete or (max_samples is not None and len(audio.samples) >= max_samples):
                self._entries.move_to_end(file)
                return audio
        limit = None
        if max_samples is not None:
            limit = -(-max_samples // _PARTIAL_READ_STEP) * _PARTIAL_READ_STEP
        audio = read_audio_file(file.path, offset=file.offset, max_samples=limit)
        self._store(file, audio, complete=limit is None or len(audio.samples) < limit)
        return audio

    def _store(self, file: AudioFile, audio: Audio, *, complete: bool) -> None:
        old = self._entries.pop(file, None)
        self._bytes += audio.samples.nbytes - (old[0].samples.nbytes if old else 0)
        self._entries[file] = (audio, complete)
        while self._bytes > self._max_bytes and len(self._entries) > 1:
            _, (evicted, _) = self._entries.popitem(last=False)
            self._bytes -= evicted.samples.nbytes
