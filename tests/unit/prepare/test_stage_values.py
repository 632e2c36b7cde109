"""The values of a recipe that run.sh and the checks before its stages read."""

from pathlib import Path

import pytest

from speakernet.config import UserError
from speakernet.prepare.stage_values import StageValues, has_features_of, read_stage_values

LINE = "dev|dev_sp|dev_sp_aug_noise|mfcc|mfcc_seed4|noise|0.9 1.1|4|_seed4|false|false|true"


@pytest.mark.parametrize(
    ("line", "uses_noises", "num_versions"),
    [
        (LINE, True, 6),
        ("dev|dev|dev|waveform|waveform|||1||false|false|false", False, 1),
        ("dev|dev|dev|waveform|waveform|||1||false|true|false", True, 1),
        ("dev|dev_sp|dev_sp|fbank80|fbank80||0.9 1.1|1||true|false|true", False, 3),
        ("dev|dev|dev_aug|fbank80|fbank80|reverb noise music babble||1||false|false|true", True, 5),
    ],
)
def test_noises_and_copies(line: str, uses_noises: bool, num_versions: int, tmp_path: Path) -> None:
    (tmp_path / "stages").write_text(f"{line}\n")
    values = read_stage_values(tmp_path / "stages")
    assert (values.uses_noises, values.num_versions) == (uses_noises, num_versions)
    assert values.uses_waveform == ("waveform" in line)
    assert values.has_online_features == (line.split("|")[9] == "true")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"train_data": "dev"}, True),
        ({"train_data": "dev_sp_aug_music"}, False),
        ({"feature_folder": "mfcc_seed5"}, False),
        ({"online_features": "true"}, False),
    ],
)
def test_clean_features_are_among_those_of_all_copies(
    change: dict[str, str], expected: bool
) -> None:
    whole = StageValues(*LINE.split("|"))
    part = whole._replace(copies="", **{"train_data": "dev_sp", **change})
    assert has_features_of(whole, part) == expected
    assert not has_features_of(whole._replace(online_features="true"), part)


@pytest.mark.parametrize(
    "text",
    ["", "\n", f"{LINE}|x", f"{LINE}\n{LINE}", LINE.replace("dev|", "../dev|"),
     LINE.replace("mfcc|", "|"), LINE.replace("false", ""), LINE.replace("false", "no")],
)  # fmt: skip
def test_another_text_is_an_error_of_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "stages").write_text(text)
    with pytest.raises(UserError, match=r"stages: found other text than 'speakernet resolve"):
        read_stage_values(tmp_path / "stages")
