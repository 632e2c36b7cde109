"""Commands of ``wav.scp``: run, and their output read as audio.

A decoder that meets damaged data may go on and end with status 0: what it wrote to its standard
error and the duration that the file declares are looked at, and noted where they do not fit.
"""

import itertools
import re
import subprocess
from io import SEEK_END
from signal import SIGPIPE
from tempfile import TemporaryFile

from speakernet.audio.files import read_audio_bytes
from speakernet.audio.notes import Note, decoding_note
from speakernet.audio.sound_files import MAX_BYTES as _MAX_BYTES
from speakernet.audio.sound_files import MISSING_S, MISSING_SHARE, Audio
from speakernet.config.errors import UserError
from speakernet.kaldi.shell import parse_pipeline

# Exit status, under pipefail, of a command whose reader in the pipeline stopped reading early.
_BROKEN_PIPE = 128 + SIGPIPE
# A part of ffmpeg that complains ("[aac @ 0x55] …"), and words of decoders for damaged data.
_COMPLAINT = re.compile(
    rb"^\[[\w,. ]{1,60} @ (0x)?[0-9a-f]+\]|\b(errors?|invalid|corrupt\w*|truncated|premature"
    rb"|partial file|unexpected|fail(ed|ure)?|missing|concealing|could not|cannot|can't)\b",
    re.IGNORECASE,
)
_MESSAGE_BYTES = 1 << 16
_BLOCK_BYTES = 1 << 20
# Options of ffmpeg after which the output is meant to have another length.
_OTHER_LENGTH = {
    "-ss",
    "-sseof",
    "-t",
    "-to",
    "-af",
    "-filter:a",
    "-filter_complex",
    "-lavfi",
    "-fs",
}


def run_command(text: str) -> Audio:
    """Run a shell command and read the audio file that it writes to its standard output."""
    status, output, errors = _run(text)
    messages = " / ".join(errors.decode(errors="replace").split("\n")[-4:]).strip(" /")
    failure = f"status {status} from '{text} |': {messages or 'no message'}"
    if status not in (0, _BROKEN_PIPE):
        raise UserError(failure)
    try:
        audio = read_audio_bytes(output)
    except UserError as error:
        message = failure if status else f"the output of '{text} |'"
        raise UserError(f"{message}: {error}") from None
    complaints = _complaints(errors) or _missing_end(text, audio)
    return audio._replace(notes=(*audio.notes, *complaints))


def _run(text: str) -> tuple[int, bytes, bytes]:
    """Return status, standard output and the end of the standard error of a shell command.

    Raises UserError for an output that does not end within 2 GiB.
    """
    command = ["bash", "-o", "pipefail", "-c", text]
    with (
        TemporaryFile() as errors,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors
        ) as process,
    ):
        assert process.stdout is not None
        blocks, size = [], 0
        while block := process.stdout.read(_BLOCK_BYTES):
            blocks.append(block)
            size += len(block)
            if size > _MAX_BYTES:
                process.kill()
                raise UserError(f"the output of '{text} |' does not end within {_MAX_BYTES} bytes")
        status = process.wait()
        errors.seek(max(0, errors.seek(0, SEEK_END) - _MESSAGE_BYTES))
        return status, b"".join(blocks), errors.read()


def _complaints(messages: bytes) -> list[Note]:
    for line in messages.split(b"\n"):
        if _COMPLAINT.search(line):
            return [decoding_note(line.decode(errors="replace"))]
    return []


def _missing_end(text: str, audio: Audio) -> list[Note]:
    """Note that ffmpeg's output is shorter than what its input declares."""
    declared = _declared_duration(text)
    found = len(audio.samples) / audio.sample_rate
    if declared - found <= max(MISSING_S, MISSING_SHARE * declared):
        return []
    return [decoding_note(f"{found:.2f} s of {declared:.2f} s that the file declares")]


def _declared_duration(text: str) -> float:
    """Return the duration in seconds that the file read by ``ffmpeg -i FILE`` declares, or 0."""
    words = parse_pipeline(text)[0].words or ()
    if not words or words[0].rpartition("/")[2] != "ffmpeg" or _OTHER_LENGTH & set(words):
        return 0.0
    inputs = [after for word, after in itertools.pairwise(words) if word == "-i"]
    return _container_duration(inputs[0]) if len(inputs) == 1 else 0.0


def _container_duration(path: str) -> float:
    import av  # only where there are such commands

    try:
        with av.open(path) as container:
            return (container.duration or 0) / av.time_base
    except (OSError, ValueError):  # ffmpeg has read it, or has said why not
        return 0.0
