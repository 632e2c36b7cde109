"""Commands that only decode one file: what ffmpeg and flac are asked for.

Kaldi's ``make_voxceleb2.pl`` writes ``ffmpeg -v 8 -i FILE -f wav -acodec pcm_s16le - |``, others
add ``-ac 1 -ar 16000 -vn -hide_banner …``, and Kaldi's LibriSpeech ``flac -c -d -s FILE |``. What
does more is not recognised: parts (``-ss``, ``-t``), filters, several inputs or outputs, codecs.
ffmpeg's options before ``-i`` concern the input, those after it the output
(https://ffmpeg.org/ffmpeg.html#Description).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

_STDOUT = frozenset({"-", "pipe:", "pipe:1", "/dev/stdout"})
# Options of ffmpeg that do not change the samples, without and with a value.
_GLOBAL_FLAGS = frozenset({"-hide_banner", "-nostdin", "-y", "-nostats", "-stats"})
_GLOBAL_VALUES = frozenset({"-v", "-loglevel"})
_STREAM_FLAGS = frozenset({"-vn", "-sn", "-dn"})
_CODEC = frozenset({"-acodec", "-c:a", "-codec:a", "-c:a:0"})
_NUMBER = re.compile(r"[0-9]{1,6}")
_RATE = re.compile(r"([1-9][0-9]{0,5})(k?)")
# What ffmpeg would take for a protocol, as in http://… or concat:a|b.
_PROTOCOL = re.compile(r"[A-Za-z0-9+.,-]+:")

_FLAC_LETTERS = frozenset("cds")
_FLAC_LONG = {"--stdout": "c", "--decode": "d", "--silent": "s", "--totally-silent": "s"}


class Decoding(NamedTuple):
    """The file, and the rate in Hz and number of channels that are asked for (None: its own)."""

    path: str
    sample_rate: int | None
    channels: int | None


def parse_ffmpeg(words: Sequence[str]) -> Decoding | None:
    """Return what the words after ``ffmpeg`` ask for; None for more than decoding one file."""
    if words.count("-i") != 1 or not words or words[-1] not in _STDOUT:
        return None
    place = words.index("-i")
    path, after = words[place + 1], _options(words[place + 2 : -1], _OUTPUT_VALUES)
    if _options(words[:place], _INPUT_VALUES) is None or after is None or after.get("-f") != "wav":
        return None
    if path == "-" or _PROTOCOL.match(path):
        return None
    rate = _RATE.fullmatch(after["-ar"]) if "-ar" in after else None
    sample_rate = int(rate[1]) * (1000 if rate[2] else 1) if rate else None
    return Decoding(path, sample_rate, 1 if "-ac" in after else None)


_INPUT_VALUES = {**dict.fromkeys(_GLOBAL_VALUES, re.compile(".+")), "-threads": _NUMBER}
_OUTPUT_VALUES = {
    **_INPUT_VALUES,
    **dict.fromkeys(_CODEC, re.compile("pcm_s16le")),
    "-f": re.compile("wav"),
    "-ar": _RATE,
    "-ac": re.compile("1"),
}


def _options(words: Sequence[str], known: dict[str, re.Pattern[str]]) -> dict[str, str] | None:
    """Return the values of options, the last one of each; None for anything that is not known."""
    found: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if word in _GLOBAL_FLAGS or word in _STREAM_FLAGS:
            continue
        value = next(rest, "")
        if word not in known or not known[word].fullmatch(value):
            return None
        found[word] = value
    return found


def parse_flac(words: Sequence[str]) -> str | None:
    """Return the file that the words after ``flac`` decode to stdout; None for anything else."""
    letters, names = "", []
    for word in words:
        if word in _FLAC_LONG:
            letters += _FLAC_LONG[word]
        elif word.startswith("-"):
            letters += word[1:] or "?"
        else:
            names.append(word)
    decodes = set("cd") <= set(letters) <= _FLAC_LETTERS
    return names[0] if decodes and len(names) == 1 else None
