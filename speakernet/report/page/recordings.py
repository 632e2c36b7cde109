"""Players for recordings: by the path of their file, or with a clip of them inside of the page."""

import base64
import os
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import numpy as np

from speakernet.audio.reader import AudioReader
from speakernet.config import UserError
from speakernet.kaldi.audio_nodes import AudioFile
from speakernet.kaldi.pipes import parse_entry
from speakernet.kaldi.wav_scp import Utterance, iter_utterances
from speakernet.report.page.markup import Html, element

CLIP_S = 12.0
_SAMPLE_RATE = 16_000
_NO_PLAYER = element("span", "no file of its own to play", class_="soft")


class Recordings:
    """Players of the utterances of a data dir, for a page in folder ``page_dir``.

    Only files are played, as a browser can: a command of wav.scp is never run for a page, and
    recordings in archives have no address of their own. With ``clip_bytes`` left, the first seconds
    are put into the page.
    """

    def __init__(
        self, folder: Path, wanted: Iterable[str], page_dir: Path, clip_bytes: int
    ) -> None:
        self._page_dir = page_dir
        self.clip_bytes = clip_bytes
        names = frozenset(wanted)
        scp = folder / "wav.scp"
        found = iter_utterances(folder) if names and scp.is_file() else ()
        self._utterances = {u.name: u for u in found if u.name in names}
        self._clips: dict[str, str] = {}

    def player(self, name: str) -> Html:
        """Return a player of an utterance, or a note where there is no file to play."""
        utterance = self._utterances.get(name)
        path = _file_of(utterance) if utterance else None
        if utterance is None or path is None:
            return _NO_PLAYER
        source = self._clip(utterance) or self._address(path, utterance)
        label = f"Play {name}"
        return element("audio", src=source, controls="", preload="none", aria_label=label)

    def _address(self, path: str, utterance: Utterance) -> str:
        relative = os.path.relpath(os.path.abspath(path), os.path.abspath(self._page_dir))
        part = ""
        if utterance.start_s is not None and utterance.end_s is not None:
            part = f"#t={utterance.start_s:g},{utterance.end_s:g}"
        return quote(os.fsencode(relative)) + part

    def _clip(self, utterance: Utterance) -> str:
        """Return the beginning of an utterance as a data address; nothing if there is no room."""
        if self.clip_bytes <= 0:
            return ""
        if utterance.name not in self._clips:
            self._clips[utterance.name] = _data_address(utterance)
        clip = self._clips[utterance.name]
        if len(clip) > self.clip_bytes:
            return ""
        self.clip_bytes -= len(clip)  # each time: an address is written out wherever it is used
        return clip


def _data_address(utterance: Utterance) -> str:
    """Return the first seconds as an address; nothing if they cannot be read."""
    try:
        samples = AudioReader(_SAMPLE_RATE).read_utterance(utterance)
    except UserError:
        return ""  # its player then says what the browser makes of the file
    kind, data = _encoded(samples[: int(CLIP_S * _SAMPLE_RATE)])
    return f"data:audio/{kind};base64,{base64.b64encode(data).decode()}"


def _file_of(utterance: Utterance) -> str | None:
    try:
        node = parse_entry(utterance.entry)
    except UserError:
        return None
    is_file = isinstance(node, AudioFile) and not node.offset and os.path.isfile(node.path)
    return node.path if is_file and isinstance(node, AudioFile) else None


def _encoded(samples: np.ndarray) -> tuple[str, bytes]:
    import soundfile

    kind = "mpeg" if "MP3" in soundfile.available_formats() else "wav"
    content = BytesIO()
    values = np.clip(samples, -32768, 32767).astype(np.int16)
    soundfile.write(content, values, _SAMPLE_RATE, format="MP3" if kind == "mpeg" else "WAV")
    return kind, content.getvalue()
