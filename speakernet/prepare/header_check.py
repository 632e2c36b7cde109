"""Whether headers of compressed audio have the length that decoding gives: on a sample."""

from speakernet.audio.reader import AudioReader
from speakernet.kaldi.pipes import parse_entry

_CHECKED_EVERY = 500


class HeaderCheck:
    """Decodes every 500th recording whose length only a header says, the first of them included.

    failed: the first entry with another length than its header has, though nothing is damaged;
    from then on all are decoded.
    """

    def __init__(self) -> None:
        self.failed = ""
        self._count = 0

    def num_samples(self, entry: str, declared: int, reader: AudioReader) -> int:
        """Return the declared number of samples of an entry, or what decoding it gives.

        Raises UserError if it cannot be decoded.
        """
        self._count += 1
        if not self.failed and self._count % _CHECKED_EVERY != 1:
            return declared
        signal = reader.evaluate(parse_entry(entry))
        found = len(signal.samples)
        is_damaged = any(note.kind == "errors" for note in signal.notes)
        if found != declared and not is_damaged:
            self.failed = self.failed or entry
        return found
