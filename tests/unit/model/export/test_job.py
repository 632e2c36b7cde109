"""`speakernet export`, and the programs that use what it makes."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray

import speakernet
from speakernet.bin import export
from speakernet.config import UserError
from speakernet.model.export import checking
from speakernet.model.export.voice import generated_voice
from speakernet.model.export.writing import FORMATS

ONNXRUNTIME_NODE = "1.30.0"


@pytest.fixture(scope="module")
def onnx_file(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    audio = [str(made / "data" / f"s{s}-3.wav") for s in range(3)]
    words = [str(made / "package"), str(path), *(word for a in audio for word in ("--audio", a))]
    assert export.main(words) == 0
    return path


def wavs(made: Path) -> list[str]:
    return [str(made / "data" / name) for name in ("s0-2.wav", "s4-3.wav")]


def embed(path: Path, batch: NDArray[np.float32]) -> NDArray[np.float32]:
    session = onnxruntime.InferenceSession(path)
    return np.asarray(session.run(["embedding"], {session.get_inputs()[0].name: batch})[0])


def test_an_onnx_file_embeds_recordings_and_says_what_it_is(made: Path, onnx_file: Path) -> None:
    model = speakernet.load_model(made / "package")
    samples = model.front_end.read(wavs(made)[0]).waveform / np.float32(32768)
    one, other = embed(onnx_file, samples[None])[0], model.embed(wavs(made)[0])
    # Chunks of the recipe are shorter than the recording, and the dither is another.
    assert one @ other > 0.98 * np.linalg.norm(one) * np.linalg.norm(other)
    batch = np.stack([samples[:9000], samples[-9000:], samples[300:9300]])
    single = np.concatenate([embed(onnx_file, row[None]) for row in batch])
    np.testing.assert_allclose(embed(onnx_file, batch), single, atol=1e-4 * single.std())
    notes = onnxruntime.InferenceSession(onnx_file).get_modelmeta().custom_metadata_map
    assert (notes["input"], notes["sample_rate"], notes["network"]) == (
        "waveform", "16000", "tdnn_c8",
    )  # fmt: skip
    assert embed(onnx_file, samples[None, : int(notes["min_steps"])]).shape == (1, 12)


def test_the_python_example_runs_without_torch(
    made: Path, onnx_file: Path, repository: Path
) -> None:
    run = "import runpy, sys; sys.modules['torch'] = sys.modules['speakernet'] = None; "
    run += "runpy.run_path(sys.argv.pop(1), run_name='__main__')"
    example = repository / "docs" / "examples" / "verify.py"
    words = [sys.executable, "-c", run, str(example), str(onnx_file), *wavs(made)]
    found = float(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    model = speakernet.load_model(made / "package")
    one, other = wavs(made)
    assert found == pytest.approx(model.verify(one, other).score, abs=0.05)


def test_the_javascript_example_finds_the_same(
    made: Path, onnx_file: Path, repository: Path
) -> None:
    examples = repository / "docs" / "examples"
    words = [str(onnx_file), *wavs(made)]
    node = {**os.environ, "NODE_PATH": onnxruntime_node()}
    found, expected = (
        subprocess.run([*program, *words], capture_output=True, text=True, check=True, env=node)
        for program in (["node", str(examples / "verify.js")],
                        [sys.executable, str(examples / "verify.py")])
    )  # fmt: skip
    assert float(found.stdout) == pytest.approx(float(expected.stdout), abs=2e-4)


def onnxruntime_node() -> str:
    """Return a folder that has the npm package; it is fetched once, to the cache."""
    npm = shutil.which("npm")
    cache = os.environ.get("SPEAKERNET_CACHE") or Path.home() / ".cache" / "speakernet"
    folder = Path(cache, f"onnxruntime-node-{ONNXRUNTIME_NODE}")
    if not (folder / "node_modules" / "onnxruntime-node" / "package.json").exists():
        if npm is None:
            pytest.skip("no npm on this machine")
        package = f"onnxruntime-node@{ONNXRUNTIME_NODE}"
        # Its script would fetch CUDA.
        words = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save"]
        done = subprocess.run([*words, "--prefix", str(folder), package], capture_output=True)
        if done.returncode:
            pytest.skip("npm cannot reach its registry")
    return str(folder / "node_modules")


def test_weights_of_8_bits_embed_nearly_the_same(
    made: Path,
    onnx_file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # The same file as without --int8, which takes seconds to make.
    monkeypatch.setattr(
        FORMATS.get("onnx"), "write", lambda g, e, path, notes: shutil.copy(onnx_file, path)
    )
    monkeypatch.setattr(checking, "NUM_LENGTHS", 6)
    path = tmp_path / "small.onnx"
    export.main([str(made / "package"), str(path), "--int8", "true"])
    text = capsys.readouterr().out
    assert 0.95 < float(text.partition("least cosine ")[2].split()[0].rstrip(";")) < 0.99999
    assert "6 lengths of a generated signal" in text
    operators = [node.op_type for node in onnx.load(path).graph.node]
    assert operators.count("ConvInteger") == 5
    assert operators.count("MatMul") == 1  # of the mel filters
    assert os.listdir(tmp_path) == ["small.onnx"]


def test_a_file_that_computes_something_else_is_not_kept(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "NUM_LENGTHS", 2)
    kind = FORMATS.get("torchscript")
    read = kind.read
    monkeypatch.setattr(kind, "read", lambda path: lambda x: read(path)(x) * np.float32(1.001))
    path = tmp_path / "model.pt"
    path.write_bytes(b"an earlier one")
    with pytest.raises(UserError, match=r"not written: it differs by .* from PyTorch"):
        export.main([str(made / "package"), str(path), "--model-format", "torchscript"])
    assert path.read_bytes() == b"an earlier one"
    assert os.listdir(tmp_path) == ["model.pt"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--model-format", "torchscript", "--int8", "true"], "expected --model-format onnx"),
        (["--audio", "short.wav"], r"found 0\.01 s in all; expected at least 0\.27 s"),
        (["--audio", "none.wav"], "none.wav"),
    ],
)
def test_what_cannot_be_is_refused(
    words: list[str], message: str, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from speakernet.audio.wav import write_wav

    monkeypatch.chdir(tmp_path)
    write_wav(Path("short.wav"), np.ones(160, np.int16), 16000)
    with pytest.raises(UserError, match=message):
        export.main([str(made / "package"), "out", *words])
    assert not Path("out").exists()


def test_the_generated_signal_is_the_same_each_time_and_not_clipped() -> None:
    one, other = generated_voice(2.55, 16000), generated_voice(2.55, 16000)
    assert len(one) == 40800
    assert np.array_equal(one, other)
    assert 0.1 < np.abs(one).max() < 0.9
