"""Find the phones of a data directory's recordings, without their texts.

pocketsphinx's phone recognizer with its English model, which both come with the Python package
(`pip install pocketsphinx`). Of other languages it finds the English phones that are nearest.
Writes a ctm file: utterance, channel, start, duration, phone.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, program


@program("recipes")
@argument("data_dir", Path, "has wav.scp")
@argument("output", Path, "the ctm file to write")
def main(args: Namespace) -> int:
    """Recognize; return the exit status."""
    from speakernet.report.phonemes.recognition import recognize

    count = recognize(args.data_dir, args.output)
    print(f"{args.output}: phones of {count} utterances")
    return 0


if __name__ == "__main__":
    run(main)
