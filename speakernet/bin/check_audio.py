"""Read all audio of a data dir: one job of steps/check_audio.sh.

So what a model of waveforms cannot read is known early: headers, which durations come from, may be
whole in a damaged file.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program


@program("recipes")
@argument("data_dir", Path, "has wav.scp")
def main(args: Namespace) -> int:
    """Read every utterance; UserError if there is one that cannot be."""
    from speakernet.audio.reader import AudioReader, iter_audio
    from speakernet.backend.inputs import SAMPLE_RATE
    from speakernet.config.errors import UserError
    from speakernet.kaldi.wav_scp import count_utterances
    from speakernet.prepare.failures import check_failures
    from speakernet.work.progress import progress

    total = count_utterances(args.data_dir)
    audio = iter_audio(args.data_dir, AudioReader(SAMPLE_RATE))
    failed = {
        name: str(reading)
        for name, reading in progress(audio, total, "utterances")
        if isinstance(reading, UserError)
    }
    check_failures(args.data_dir, failed, total, 0.0, kind="utterances", lack="cannot read")
    return 0


if __name__ == "__main__":
    run(main)
