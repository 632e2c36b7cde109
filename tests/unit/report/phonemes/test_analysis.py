"""The analysis of recordings whose phones are known, by the program and by the step."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from speakernet.audio.wav import write_wav
from speakernet.bin import analyse_phonemes
from speakernet.config import UserError, configure
from speakernet.kaldi.tables import write_table
from speakernet.nn.models import MODELS, build_model
from speakernet.report.phonemes.classes import CLASSES
from speakernet.report.phonemes.frames import embed_frames
from tests.packaged_model import voice
from tests.waveform_experiment import make_experiment

NETWORKS = ("tdy_resnet10_sixteenth", "resnet10_sixteenth")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two experiments, and recordings of three speakers with their phones: ctm and PHN."""
    folder = tmp_path_factory.mktemp("phonemes")
    for name in NETWORKS:
        make_experiment(folder / name, name)
    names = {f"s{s}-{n}": (s, n) for s in range(3) for n in range(2)}
    (folder / "data").mkdir()
    (folder / "phn").mkdir()
    lines: list[str] = []
    for name, (speaker, number) in names.items():
        write_wav(folder / "data" / f"{name}.wav", voice(speaker, number, 2.1), 16000)
        phones = [(i * 0.3, ("AA1", "s", "N_B", "t", "SIL")[i % 5]) for i in range(7)]
        lines += [f"{name} 1 {start:.2f} 0.3 {phone}\n" for start, phone in phones]
        text = [f"{int(s * 16000)} {int((s + 0.3) * 16000)} {phone}\n" for s, phone in phones]
        (folder / "phn" / f"{name}.PHN").write_text("".join(text))
    (folder / "phones.ctm").write_text("".join(lines))
    wavs = ((name, str(folder / "data" / f"{name}.wav")) for name in names)
    write_table(folder / "data" / "wav.scp", wavs)
    write_table(folder / "data" / "utt2spk", ((name, name[:2]) for name in names))
    return folder


def words(folder: Path, alignments: str, output: Path) -> list[str]:
    parts = [*NETWORKS, "data", alignments]
    return [*(str(folder / part) for part in parts), str(output), "--max-frames", "9"]


def test_frames_are_grouped_and_drawn(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "classes").write_text("aa vowel\nn nasal\ns fricative\nsil silence\nt stop\n")
    options = ["--phone-classes", str(tmp_path / "classes")]
    analyse_phonemes.main([*words(folder, "phn", tmp_path / "out"), *options])
    assert "| speaker before phone | " in capsys.readouterr().out
    found = json.loads((tmp_path / "out" / "phonemes.json").read_text())
    # Of each speaker: two recordings of 52 frames of 40 ms, 0.3 s for a phone, at most nine each.
    assert found["frames"] == dict(zip(CLASSES, (27, 0, 27, 27, 27), strict=True))
    assert (found["speakers"], found["utterances"]) == (3, 6)
    assert set(found["kernels"]) > {"stages.0.0.conv1", "stages.3.0.shortcut.0"}
    for values in found["grouping"].values():
        assert values["difference"]["value"] == pytest.approx(
            values["dynamic"]["value"] - values["static"]["value"]
        )
    for picture in ("frames.png", "kernels.png"):
        assert (tmp_path / "out" / picture).read_bytes().startswith(b"\x89PNG")


def test_a_recording_that_is_too_short_for_a_network_is_said() -> None:
    network = build_model(configure(MODELS, "vgg_m"), input_dim=0).eval()
    with pytest.raises(UserError, match="3000 samples do not fit model 'vgg_m': "):
        embed_frames(network, np.zeros(3000, np.float32))


def test_the_mean_of_frame_embeddings_is_the_embedding() -> None:
    network = build_model(configure(MODELS, NETWORKS[0]), input_dim=0).eval()
    waveform = voice(1, 2, 1.3).astype(np.float32) / np.float32(32768)
    found = embed_frames(network, waveform)
    with torch.inference_mode():
        expected = network(torch.from_numpy(waveform)[None])[0].numpy()
    np.testing.assert_allclose(found.embeddings.mean(axis=0), expected, atol=1e-5)
    for weights in found.weights.values():
        np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-5)
    assert len(found.weights["stages.0.0.conv1"]) == 131


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (0, NETWORKS[1], "has no temporal dynamic layers; expected tdy_"),
        (3, "other.ctm", "fewer than 3 speakers of .*data; expected the ids of its utt2spk"),
        (3, "odd.ctm", "s0-0: the phone 'ʃ' is of no class; expected English phones"),
        (3, "silent.ctm", "no frame has a phone"),
        (3, "frames.ctm", "s0-0: the last phone ends at 30 s, the recording at 2.10 s; "),
    ],
)
def test_what_cannot_be_analysed_is_said(
    place: int, value: str, message: str, folder: Path, tmp_path: Path
) -> None:
    text = (folder / "phones.ctm").read_text()
    (folder / "other.ctm").write_text(text.replace("s1-", "x-"))
    (folder / "odd.ctm").write_text(text.replace(" s\n", " ʃ\n"))
    (folder / "silent.ctm").write_text("".join(f"s{s}-0 1 0 1 SIL\n" for s in range(3)))
    (folder / "frames.ctm").write_text(text.replace(" 1 0.00 0.3 ", " 1 0 30 "))
    arguments = words(folder, "phones.ctm", tmp_path / "out")
    arguments[place] = str(folder / value)
    with pytest.raises(UserError, match=message):
        analyse_phonemes.main(arguments)
    assert not (tmp_path / "out").exists()


def test_a_class_that_there_is_not_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "classes").write_text("aa vowels\n")
    options = ["--phone-classes", str(tmp_path / "classes")]
    with pytest.raises(UserError, match="'aa' is of class 'vowels'; expected one of vowel,"):
        analyse_phonemes.main([*words(folder, "phones.ctm", tmp_path / "out"), *options])
