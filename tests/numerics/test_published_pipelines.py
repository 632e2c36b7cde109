"""Published networks from recordings to embeddings, beside the front end of their own code."""

from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.peers.features import import_torchaudio_compliance
from speakernet.audio.wav import write_wav
from speakernet.bin import convert_checkpoint, extract_embeddings
from speakernet.kaldi.ark import read_ark
from speakernet.nn.serialize import load_model
from tests.published_states import golden_state
from tests.recordings import speech_like

ROOT = Path(__file__).parents[2]


def embedded(exp: Path, data: Path, features: str, out: Path) -> torch.Tensor:
    """Return the embedding that the extraction makes of the only utterance of ``data``."""
    options = ["--features-config", str(ROOT / f"conf/{features}.conf"), "--device", "cpu"]
    words = [*options, "--job", "1", "--nj", "1", str(exp), str(data), str(out)]
    assert extract_embeddings.main(words) == 0
    ((_, embedding),) = [pair for path in out.rglob("*.ark") for pair in read_ark(path)]
    return torch.from_numpy(np.asarray(embedding))


@pytest.mark.parametrize(
    ("name", "features", "scale", "window"),
    [
        # wespeaker/cli/speaker.py, and speakerlab/process/processor.py of 3D-Speaker.
        ("resnet18_c8", "fbank80_hamming_nodither", 1.0, "hamming"),
        ("eres2net34_w4_s2_c8", "fbank80_nodither", 1 / 32768, "povey"),
    ],
)
def test_an_embedding_equals_that_of_its_own_front_end(
    name: str, features: str, scale: float, window: str, tmp_path: Path
) -> None:
    samples = speech_like(37_000, number=5)
    data = tmp_path / "data"
    data.mkdir()
    write_wav(data / "a.wav", samples, 16000)
    (data / "wav.scp").write_text(f"a {data}/a.wav\n")
    (data / "utt2spk").write_text("a a\n")
    published, exp = tmp_path / "avg_model.pt", tmp_path / "exp"
    torch.save({**golden_state(name), "projection.weight": torch.ones(3, 256)}, published)
    assert convert_checkpoint.main([str(published), str(exp)]) == 0
    waveform = torch.from_numpy(samples.astype(np.float32)).unsqueeze(0) * scale
    theirs = import_torchaudio_compliance().fbank(
        waveform, num_mel_bins=80, sample_frequency=16000, window_type=window, dither=0.0
    )
    with torch.no_grad():
        expected = load_model(exp)[0]((theirs - theirs.mean(0)).unsqueeze(0))[0]
    ours = embedded(exp, data, features, tmp_path / "out")
    assert float((ours - expected).norm() / expected.norm()) <= 1e-5
