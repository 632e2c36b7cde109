"""The meaning of an entry of ``wav.scp``: a file, or commands that write a wav to a pipe.

Kaldi's augmentation scripts write commands such as ::

    wav-reverberate --additive-signals='a.wav,b.wav' --start-times='0,3' --snrs='5,0' x.wav - |
    cat x.wav | wav-reverberate --impulse-response="sox r.wav -r 16000 -t wav - |" - - |
    wav-copy x.ark:123 - | sox -t wav - -t wav - speed 0.9 |

These, and commands that only decode (``speakernet.kaldi.decoders``), become a tree of nodes
(``speakernet.kaldi.audio_nodes``) that
``speakernet.audio.reader`` computes without starting a program. Anything else becomes a ``Command``
for the shell.
"""

import re
from functools import lru_cache

from speakernet.config.errors import UserError
from speakernet.config.numbers import parse_number
from speakernet.config.options import parse_options
from speakernet.kaldi.audio_nodes import (
    MAX_DURATION_S,
    AudioFile,
    Command,
    Decoded,
    Node,
    Resampled,
    Reverberated,
    ReverberateOptions,
)
from speakernet.kaldi.decoders import parse_ffmpeg, parse_flac
from speakernet.kaldi.shell import ShellCommand, parse_pipeline

# ASCII's blanks alone separate words: a name may hold others.
_BLANKS = " \t"
_ARCHIVE = re.compile(r"(.+):([0-9]{1,18})")
_MAX_SNR_DB = 300
_MIN_SPEED = 0.01
_OPTION = "--"


def parse_entry(text: str, place: str = "") -> Node:
    """Return what an entry of ``wav.scp`` (or any other of Kaldi's rxfilenames) stands for.

    Raises UserError, starting with ``place`` (``file:line``), if it cannot be understood.
    """
    try:
        return _parse(text.strip(_BLANKS))
    except UserError as error:
        prefix = f"{place}: " if place else ""
        raise UserError(f"{prefix}{error}; in: {text.strip(_BLANKS)}") from None


def _parse(text: str) -> Node:
    if not text:
        raise UserError("found nothing; expected a file or a command ending in |")
    if text.endswith("|"):
        return _parse_stages(parse_pipeline(text[:-1]))
    if text.startswith("|"):
        raise UserError("found a pipe to write to; expected a file or a command ending in |")
    return _parse_file(text)


@lru_cache(maxsize=4096)
def _parse_file(text: str) -> AudioFile:
    archive = _ARCHIVE.fullmatch(text)
    return AudioFile(archive[1], int(archive[2])) if archive else AudioFile(text)


def _parse_stages(stages: list[ShellCommand]) -> Node:
    *before, last = stages
    program = _program(last)
    if program == "wav-reverberate" and last.words:
        return _parse_reverberate(before, last.words[1:])
    text = " | ".join(stage.text for stage in stages)
    node: Node | None = None
    if not before:
        node = _parse_simple(program, last)
    elif len(before) == 1 and program == "sox":
        file = _parse_simple(_program(before[0]), before[0])
        if isinstance(file, AudioFile):
            node = _parse_sox(last.words or (), text, piped=file)
    return node or Command(text)


def _program(stage: ShellCommand) -> str:
    return stage.words[0].rpartition("/")[2] if stage.words else ""


def _parse_simple(program: str, stage: ShellCommand) -> Node | None:
    words = stage.words or ()
    if program == "cat" and len(words) == 2 and not words[1].startswith("-"):
        return AudioFile(words[1])
    if program == "ffmpeg" and (decoding := parse_ffmpeg(words[1:])):
        return Decoded(*decoding, stage.text)
    if program == "flac" and (path := parse_flac(words[1:])):
        return AudioFile(path)
    if program == "sox":
        return _parse_sox(words, stage.text)
    return _parse_wav_copy(stage)


def _parse_wav_copy(stage: ShellCommand) -> AudioFile | None:
    """Recognise ``wav-copy FILE -``, which reads a place in an archive, too."""
    words = stage.words or ()
    if _program(stage) == "wav-copy" and len(words) == 3 and words[2] == "-":
        return None if words[1].startswith("-") else _parse_file(words[1])
    return None


def _parse_sox(
    words: tuple[str, ...], text: str, piped: AudioFile | None = None
) -> Resampled | None:
    """Recognise what Kaldi's scripts write: ``sox [-t wav] IN [-r R] -t wav - [speed F]``.

    ``piped``: the file that another command writes to sox, whose IN is ``-`` then.
    """
    match = re.fullmatch(
        r"(?:-t wav )?(?P<file>[^\0]+?)"
        r"(?P<out>(?: -r [0-9]{1,9}k?| -t wav| -b 16| -e signed-integer)*)"
        r" -(?: speed (?P<speed>[0-9]{1,4}(\.[0-9]{1,9})?))?",
        " ".join(words[1:]),
    )
    if not match or match["file"] not in words:
        return None
    if match["file"] != "-" if piped else match["file"].startswith("-"):
        return None
    rate = re.search(r"-r ([0-9]{1,9})(k?)", match["out"])
    sample_rate = int(rate[1]) * (1000 if rate[2] else 1) if rate else None
    speed = float(match["speed"] or 1)
    if "-t wav" not in match["out"] or not _MIN_SPEED <= speed <= 1 / _MIN_SPEED:
        return None
    return Resampled(piped or AudioFile(match["file"]), sample_rate, speed, text)


def _parse_reverberate(before: list[ShellCommand], words: tuple[str, ...]) -> Node:
    flags = [word for word in words if word.startswith(_OPTION)]
    names = [word for word in words if not word.startswith(_OPTION)]
    if len(names) != 2 or names[1] != "-":
        raise UserError(f"wav-reverberate: found {' '.join(names)!r}; expected an input and '-'")
    options = parse_options(ReverberateOptions, (("wav-reverberate", flag) for flag in flags))
    if names[0] != "-":
        if before:
            raise UserError("wav-reverberate reads a file, but something is piped into it")
        source = _parse(names[0])
    elif before:
        source = _parse_stages(before)
    else:
        raise UserError("wav-reverberate reads '-', but nothing is piped into it")
    return reverberated(source, options)


def reverberated(source: Node, options: ReverberateOptions) -> Reverberated:
    """Return the node for ``options`` applied to ``source``; its lists are parsed and checked."""
    if options.multi_channel_output:
        raise UserError("wav-reverberate: --multi-channel-output=true is not supported")
    response = _parse(options.impulse_response) if options.impulse_response else None
    # Kaldi splits at every comma, whatever is around it.
    signals = tuple(_parse(part) for part in _split(options.additive_signals))
    snrs, starts = _numbers("snrs", options.snrs), _numbers("start-times", options.start_times)
    if not len(signals) == len(snrs) == len(starts):
        raise UserError(
            f"wav-reverberate: found {len(signals)} --additive-signals, {len(snrs)} --snrs and "
            f"{len(starts)} --start-times; expected as many of each"
        )
    are_times = all(0 <= start <= MAX_DURATION_S for start in starts)
    if not are_times or any(abs(snr) > _MAX_SNR_DB for snr in snrs):
        raise UserError(
            f"wav-reverberate: --snrs='{options.snrs}' --start-times='{options.start_times}'; "
            f"expected at most {_MAX_SNR_DB} dB and times of 0 to {MAX_DURATION_S:g} s"
        )
    return Reverberated(source, options, response, signals, snrs, starts)


def _split(text: str) -> list[str]:
    return [part.strip(_BLANKS) for part in text.split(",") if part.strip(_BLANKS)]


def _numbers(option: str, text: str) -> tuple[float, ...]:
    try:
        return tuple(parse_number(part) for part in _split(text))
    except ValueError:
        raise UserError(
            f"wav-reverberate: --{option}='{text}'; expected finite numbers like 15,7.5"
        ) from None
