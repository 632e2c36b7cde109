"""VoxCeleb, MUSAN and RIRS_NOISES in miniature, with the real names, layouts and kinds of files.

    . ./path.sh
    python -m tests.miniature OUT --form archives --speakers 4 3 6 2 --utterances 4

The voices are those of the default corpus (docs/corpora.md), under the ids of VoxCeleb's speakers.
The same options give the same files.
"""

import argparse
import random
import shutil
import tempfile
from pathlib import Path

from tests.miniature.forms import FORMS, arrange
from tests.miniature.lists import write_lists
from tests.miniature.noises import make_musan, make_rirs
from tests.miniature.recordings import make_trees
from tests.miniature.voices import fetch, make_voices


def main(argv: list[str] | None = None) -> int:
    """Make the folder, which must not exist."""
    args = _arguments(argv)
    args.out.mkdir(parents=True)
    make(args.out, args.form, args.speakers, args.utterances, args.seed)
    return 0


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="the data root")
    parser.add_argument("--form", choices=FORMS, default="archives", help="as it circulates")
    parser.add_argument(
        "--speakers",
        type=int,
        nargs=4,
        default=[3, 3, 5, 2],
        metavar="N",
        help="of VoxCeleb1's dev and test parts and of VoxCeleb2's",
    )
    parser.add_argument("--utterances", type=int, default=4, help="of a speaker, at least 2")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(argv)


def make(out: Path, form: str, speakers: list[int], utterances: int, seed: int) -> None:
    """Fill the folder ``out``: ``speakers`` of each part with ``utterances`` each."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(dir=out) as name:
        work = Path(name)
        debs = fetch(sum(speakers))
        voices = make_voices(work / "voices", debs, sum(speakers), utterances)
        trees = make_trees(work / "trees", voices, speakers, rng)
        write_lists(out, work / "trees", trees, rng)
        make_musan(work / "trees" / "musan", debs, voices)
        make_rirs(work / "trees" / "RIRS_NOISES", work / "trees" / "musan")
        arrange(work / "trees", out, form)
        shutil.rmtree(work / "voices")


if __name__ == "__main__":
    main()
