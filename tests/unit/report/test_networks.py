"""speakernet models: every network, and what its published count means."""

import pytest

from speakernet.bin import models
from speakernet.nn.complexity import Complexity
from speakernet.nn.models import MODELS
from speakernet.report.networks import explain


def test_all_networks_and_what_their_published_counts_mean(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert models.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines[1:]} == set(MODELS.names())
    bins = {line.split()[0]: line.split()[1] for line in lines[1:]}
    assert (bins["vgg_m"], bins["resnetse34_l"], bins["ecapa_speechbrain_c1024"]) == (
        "64",
        "40",
        "80",
    )
    assert not [line for line in lines if line.endswith("differs")]
    counted = {line.split()[0] for line in lines if line.endswith("without the embedding layer")}
    assert counted == {"res2net152_w24_s4_c32_att", "res2net200_w24_s4_c32_att"}


def test_named_networks(capsys: pytest.CaptureFixture[str]) -> None:
    assert models.main(["tdnn_c16", "tdnn_c8", "--num-mel-bins", "40"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
    assert [row[:2] for row in rows] == [["tdnn_c16", "40"], ["tdnn_c8", "40"]]
    assert rows[0][-1] == "-"


def test_a_published_count_that_fits_nothing_differs() -> None:
    assert explain(Complexity(1_000_000, 0, 0, 0), "1.0M") == "= parameters"
    assert explain(Complexity(1_000_000, 0, 0, 0), "2.0M") == "differs"
