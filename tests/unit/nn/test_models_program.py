"""``speakernet models``."""

from pathlib import Path

import pytest

from speakernet.bin.models import explain, main, read_published
from speakernet.config import UserError, configure
from speakernet.nn.complexity import Complexity, measure
from speakernet.nn.models import MODELS


def test_lists_every_published_network_with_what_its_count_means(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines[1:]} == set(MODELS.names())
    assert not [line for line in lines if line.endswith("differs")]
    counted = {line.split()[0] for line in lines if line.endswith("without the embedding layer")}
    assert counted == {"res2net152_w24_s4_c32_att", "res2net200_w24_s4_c32_att"}


def test_multiply_adds_of_a_tdnn_are_its_weights_a_hundred_times_a_second() -> None:
    complexity = measure(configure(MODELS, "tdnn_c16"), 40)
    per_frame = 5 * 40 * 16 + 3 * 16 * 16 * 2 + 16 * 16 + 16 * 48
    assert complexity.multiply_adds == 100 * per_frame
    assert complexity.embedding_layer == 96 * 256
    assert complexity.parameters == per_frame + 96 * 256


def test_ecapa_tdnn_has_as_many_parameters_as_published() -> None:
    for name, millions in (("ecapa_tdnn_c512", 6.19), ("ecapa_tdnn_c1024", 14.65)):
        assert measure(configure(MODELS, name), 80).parameters == pytest.approx(
            millions * 1e6, abs=1e4
        )
    with pytest.raises(UserError, match="'ecapa_tdnn_c12' has 12 channels; expected a multiple"):
        main(["ecapa_tdnn_c12"])


def test_published_count_that_fits_nothing_is_said_to_differ() -> None:
    assert explain(Complexity(1_000_000, 0, 0, 0), "1.0M") == "= parameters"
    assert explain(Complexity(1_000_000, 0, 0, 0), "2.0M") == "differs"


def test_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        read_published(tmp_path / "x.tsv")
