"""An experiment with scores and without a network, for the tests of reports."""

from pathlib import Path

import numpy as np

from speakernet.kaldi.scores import write_scores
from speakernet.kaldi.trials import Trials, write_trials

NUM_SPEAKERS, EACH = 8, 4

RECIPE = """\
features: fbank80
model: {name: tdnn_c8, embedding_dim: 6}
loss: {name: cm}
scoring: {top_n: 5}
"""


def make_scored_experiment(folder: Path) -> Path:
    """Write exp/corpus/recipe beside test/{trials,utt2spk}, with base and untrained scores.

    Returns the experiment's folder.
    """
    test, exp = folder / "test", folder / "exp" / "corpus" / "recipe"
    test.mkdir()
    generator = np.random.default_rng(0)
    of = np.repeat(np.arange(NUM_SPEAKERS), EACH)
    ids = [f"s{speaker}-{i:02d}" for i, speaker in enumerate(of)]
    left, right = np.triu_indices(len(ids), 1)
    labels = of[left] == of[right]
    trials = Trials([ids[i] for i in left], [ids[i] for i in right], labels)
    write_trials(test / "trials", trials)
    (test / "utt2spk").write_text("".join(f"{name} {name[:2]}\n" for name in ids))
    for model, gain in ((".", 3.0), ("untrained", 0.5)):
        (exp / model / "scores").mkdir(parents=True)
        scores = generator.normal(gain * labels, 1.0)
        write_scores(exp / model / "scores" / "trials.cosine", trials, scores)
    (exp / "recipe.yaml").write_text(RECIPE)
    return exp
