"""What training does with the tables of a data dir before it reads the first crop.

python -m benchmarks.full_size_index DATA
"""

import sys
from pathlib import Path

from speakernet.data.index import read_utterance_index
from speakernet.data.orders import Permutation, Stream


def main() -> None:
    """Read the utterances and draw the first of an order."""
    utterances = read_utterance_index(Path(sys.argv[1]))
    stream = Stream(Permutation(len(utterances), 1))
    print(len(utterances), stream.take(0, 3))


if __name__ == "__main__":
    main()
