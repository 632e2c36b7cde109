"""Compare how a temporal dynamic and a static network group frames.

Called by steps/analyse_phonemes.sh. Writes OUTPUT/phonemes.json, PHONEMES.md, frames.png (t-SNE of
frame embeddings by speaker and by class of phone) and kernels.png (weights of the basis kernels
over time and by class of phone). docs/phonemes.md explains the numbers.
"""

from argparse import Namespace
from pathlib import Path

from speakernet.bin.cli import run
from speakernet.bin.options.program import argument, options_from, program
from speakernet.bin.options.types import count, positive_int


@program("recipes")
@argument("dynamic_dir", Path, "experiment of a temporal dynamic network")
@argument("static_dir", Path, "experiment of a static network of the same shape")
@argument("data_dir", Path, "has wav.scp and utt2spk")
@argument("alignments", Path, "ctm file of phones, or folder of TIMIT's .PHN files")
@argument("output", Path, "folder of the results")
@argument("--phone-classes", Path, "lines <phone> <class> (default: English phones)")
@argument("--max-utts", positive_int, "utterances of a speaker", default=12)
@argument("--max-frames", positive_int, "frames of a speaker in a class of phones", default=30)
@argument("--seed", count, "of draws", default=0)
def main(args: Namespace) -> int:
    """Analyse as the arguments say; print the table."""
    from speakernet.report.phonemes.analysis import PhonemeJob, analyse, table_of

    results = analyse(options_from(PhonemeJob, args))
    print("\n".join(table_of(results)))
    return 0


if __name__ == "__main__":
    run(main)
