"""Pieces of utterances, batches of equal length, and the parts of parallel jobs."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from speakernet.arrays import Float32
from speakernet.audio.wav import write_wav
from speakernet.backend.chunks import FEATURES, WAVEFORM, cut, merge, repeat_to
from speakernet.backend.config import ExtractionConfig
from speakernet.backend.embedding_parts import Part
from speakernet.backend.embeddings import load_embeddings
from speakernet.backend.extraction import Extractor
from speakernet.bin import score
from speakernet.bin.extract_embeddings import main
from speakernet.config import UserError, dump_config
from speakernet.kaldi.ark import ArkWriter, read_matrix
from speakernet.kaldi.scores import read_scores
from speakernet.kaldi.tables import read_table, write_table
from speakernet.kaldi.trials import read_trials
from speakernet.nn.models import ModelConfig, build_model
from speakernet.nn.serialize import save_model
from speakernet.recipe import Recipe
from speakernet.work.shares import share

CHUNKS = ExtractionConfig(chunk_frames=100, min_frames=25)
LENGTHS = (1, 24, 25, 60, 99, 100, 124, 125, 225, 250, 250, 330, 60)
MEL = 8


def utterances() -> list[tuple[str, Float32]]:
    generator = np.random.default_rng(0)
    return [
        (f"u{i:02d}", generator.normal(size=(length, MEL)).astype(np.float32))
        for i, length in enumerate(LENGTHS)
    ]


@pytest.mark.parametrize(
    ("length", "pieces"),
    [
        (1, [25]),
        (24, [25]),
        (25, [25]),
        (100, [100]),
        (124, [100]),
        (125, [100, 25]),
        (224, [100, 100]),
        (225, [100, 100, 25]),
    ],
)
def test_chunks_are_those_of_voxsrc2020(length: int, pieces: list[int]) -> None:
    utterance = np.arange(length, dtype=np.float32)[:, None]
    chunks = cut(utterance, CHUNKS, FEATURES)
    assert [len(chunk) for chunk in chunks] == pieces
    if length >= 25:
        assert len(chunks) == 1 + (length - 25) // 100
        start = np.concatenate(chunks)[:, 0]
        np.testing.assert_array_equal(start, np.arange(sum(pieces)))


def test_whole_is_one_piece() -> None:
    config = ExtractionConfig(mode="whole")
    assert [len(p) for p in cut(np.zeros((5000, 2), np.float32), config, FEATURES)] == [5000]
    assert [len(p) for p in cut(np.zeros((3, 2), np.float32), config, FEATURES)] == [25]


def test_crops_of_a_waveform_are_those_of_tdy() -> None:
    config = ExtractionConfig(mode="crops", num_crops=10, crop_frames=400)
    waveform = np.arange(100_000, dtype=np.float32)
    crops = cut(waveform, config, WAVEFORM)
    size = 400 * 160 + 240
    assert [len(crop) for crop in crops] == [size] * 10
    starts = [crop[0] for crop in crops]
    assert starts == [int(s) for s in np.linspace(0, 100_000 - size, num=10)]


def test_short_utterances_are_repeated() -> None:
    np.testing.assert_array_equal(
        repeat_to(np.arange(3, dtype=np.float32), 8), [0, 1, 2, 0, 1, 2, 0, 1]
    )
    waveform = np.arange(1000, dtype=np.float32)
    crops = cut(waveform, ExtractionConfig(mode="crops"), WAVEFORM)
    assert all(len(crop) == 64_240 for crop in crops)


def test_merge_weights_by_length() -> None:
    embeddings = np.array([[1.0, 0.0], [0.0, 1.0]])
    np.testing.assert_allclose(merge(embeddings, [100, 25], "chunks"), [0.8, 0.2])
    assert merge(embeddings, [4, 4], "crops").shape == (2, 2)


@pytest.fixture(scope="module")
def model() -> torch.nn.Module:
    torch.manual_seed(0)
    return build_model(ModelConfig(name="tdnn_c8", embedding_dim=6), input_dim=MEL)


def extract(model: torch.nn.Module, batch_steps: int, names: list[str]) -> dict[str, Float32]:
    some = [pair for pair in utterances() if pair[0] in names]
    extractor = Extractor(model, CHUNKS, batch_steps=batch_steps)  # type: ignore[arg-type]
    return dict(extractor(some))


def test_batches_change_nothing(model: torch.nn.Module) -> None:
    names = [name for name, _ in utterances()]
    alone = {name: extract(model, 0, [name])[name] for name in names}
    for batch_steps in (0, 60, 250, 100_000):
        together = extract(model, batch_steps, names)
        assert sorted(together) == names
        for name in names:
            if batch_steps == 0:
                np.testing.assert_array_equal(together[name], alone[name])
            scale = np.abs(alone[name]).max()
            assert np.abs(together[name] - alone[name]).max() <= 2e-6 * scale


@settings(deadline=None, max_examples=20)
@given(st.permutations(range(len(LENGTHS))), st.integers(0, 1000))
def test_order_and_batch_size_change_nothing(order: list[int], batch_steps: int) -> None:
    class Sum(torch.nn.Module):
        input_kind = "features"

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.double().sum(dim=1).float()

    some = utterances()
    extractor = Extractor(Sum(), CHUNKS, batch_steps=batch_steps)  # type: ignore[arg-type]
    found = dict(extractor(some[i] for i in order))
    assert len(found) == len(some)
    for name, utterance in some:
        chunks = cut(utterance, CHUNKS, FEATURES)
        sums = [chunk.astype(np.float64).sum(axis=0) * len(chunk) for chunk in chunks]
        expected = np.sum(sums, axis=0) / sum(map(len, chunks))
        np.testing.assert_allclose(found[name], expected, rtol=1e-4, atol=1e-4)


def test_empty_and_broken_utterances_are_refused(model: torch.nn.Module) -> None:
    extractor = Extractor(model, CHUNKS)  # type: ignore[arg-type]
    with pytest.raises(UserError, match="'e' is empty"):
        list(extractor([("e", np.empty((0, MEL), np.float32))]))
    with pytest.raises(UserError, match="'n': its embedding is not finite"):
        list(extractor([("n", np.full((30, MEL), np.nan, np.float32))]))


@given(st.integers(0, 50), st.integers(1, 9))
def test_shares_are_a_partition(count: int, num_jobs: int) -> None:
    items = [str(i) for i in range(count)]
    shares = [share(items, job, num_jobs) for job in range(1, num_jobs + 1)]
    assert [x for part in shares for x in part] == items
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.fixture
def experiment(tmp_path: Path, model: torch.nn.Module) -> Path:
    recipe = Recipe.model_validate(
        {
            "model": {"name": "tdnn_c8", "embedding_dim": 6},
            "loss": {"name": "cm"},
            "extraction": {"chunk_frames": 100},
        }
    )
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "recipe.yaml").write_text(dump_config(recipe))
    save_model(
        tmp_path / "checkpoints" / "final.pt",
        {"model": model.state_dict(), "recipe": dump_config(recipe), "input_dim": MEL},
    )
    with ArkWriter(tmp_path / "feats.ark", tmp_path / "feats.scp") as writer:
        for name, features in utterances():
            writer.write(name, features)
    write_table(tmp_path / "utt2spk", ((name, name[:2]) for name, _ in utterances()))
    return tmp_path


def run_jobs(experiment: Path, output: Path, num_jobs: int) -> None:
    folders = [str(experiment), str(experiment), str(output)]
    for job in range(1, num_jobs + 1):
        assert main([*folders, "--job", str(job), "--num-jobs", str(num_jobs)]) == 0
    assert main([*folders, "--join", str(num_jobs)]) == 0


def test_jobs_make_the_same_product(experiment: Path) -> None:
    for num_jobs in (1, 3):
        run_jobs(experiment, experiment / f"e{num_jobs}", num_jobs)
    arks = [(experiment / f"e{n}" / "embedding.ark").read_bytes() for n in (1, 3)]
    assert arks[0] == arks[1]
    scp = read_table(experiment / "e3" / "embedding.scp", is_sorted=True)
    assert list(scp) == [name for name, _ in utterances()]
    assert read_matrix(scp["u05"]).shape == (6,)
    assert read_table(experiment / "e3" / "short_utterances") == {"u00": "1", "u01": "24"}
    assert not (experiment / "e3" / "parts").exists()


def test_a_finished_part_is_kept_and_a_stale_one_is_not(experiment: Path) -> None:
    output = experiment / "e"
    job = [str(experiment), str(experiment), str(output), "--job", "1", "--num-jobs", "2"]
    main(job)
    ark = Part(output, 1).path("ark")
    first = ark.stat().st_mtime_ns
    main(job)
    assert ark.stat().st_mtime_ns == first
    recipe = (experiment / "recipe.yaml").read_text()
    (experiment / "recipe.yaml").write_text(recipe.replace("chunk_frames: 100", "chunk_frames: 50"))
    main(job)
    assert ark.stat().st_mtime_ns != first
    ark.write_bytes(ark.read_bytes()[:-4])
    main(job)
    record = json.loads(Part(output, 1).path("json").read_text())
    assert record["files"]["1.ark"][0] == ark.stat().st_size


def test_join_refuses_what_does_not_fit(experiment: Path) -> None:
    folders = [str(experiment), str(experiment), str(experiment / "e")]
    main([*folders, "--job", "1", "--num-jobs", "2"])
    with pytest.raises(UserError, match=r"parts/2.json: no such file; its job did not finish"):
        main([*folders, "--join", "2"])
    main([*folders, "--job", "2", "--num-jobs", "2"])
    write_table(experiment / "utt2spk", [("u00", "u0"), ("z", "z")])
    with pytest.raises(UserError, match="13 embeddings of 2 utterances; missing: z"):
        main([*folders, "--join", "2"])
    assert not (experiment / "e" / "embedding.scp").exists()


def test_untrained_weights_come_from_the_seed(experiment: Path) -> None:
    for name in ("a", "b"):
        folders = [str(experiment), str(experiment), str(experiment / name)]
        main([*folders, "--untrained"])
        main([*folders, "--join", "1"])
    arks = [(experiment / name / "embedding.ark").read_bytes() for name in "ab"]
    assert arks[0] == arks[1]
    run_jobs(experiment, experiment / "trained", 1)
    assert arks[0] != (experiment / "trained" / "embedding.ark").read_bytes()


def test_an_utterance_without_features_is_named(experiment: Path) -> None:
    write_table(experiment / "utt2spk", [*read_table(experiment / "utt2spk").items(), ("z", "z")])
    with pytest.raises(UserError, match=r"feats.scp: 'z' of utt2spk is missing"):
        main([str(experiment), str(experiment), str(experiment / "e")])


def test_waveforms_in_crops_as_tdy(tmp_path: Path) -> None:
    recipe = Recipe.model_validate(
        {
            "features": "waveform",
            "model": {"name": "resnet34_quarter"},
            "loss": {"name": "softmax"},
            "extraction": {"mode": "crops", "num_crops": 3, "crop_frames": 40},
            "scoring": {"similarity": "crop_distance", "normalization": "none"},
        }
    )
    (tmp_path / "recipe.yaml").write_text(dump_config(recipe))
    generator = np.random.default_rng(0)
    for name, count in (("a", 30_000), ("b", 2_000), ("c", 6_640)):
        samples = generator.normal(0, 3000, count).astype(np.int16)
        write_wav(tmp_path / f"{name}.wav", samples, 16_000)
    names = ("a", "b", "c")
    write_table(tmp_path / "wav.scp", ((name, f"{tmp_path}/{name}.wav") for name in names))
    write_table(tmp_path / "utt2spk", ((name, name) for name in names))
    folders = [str(tmp_path), str(tmp_path), str(tmp_path / "e")]
    main([*folders, "--untrained"])
    main([*folders, "--join", "1"])
    table = load_embeddings(tmp_path / "e")
    assert table.vectors.shape == (3, 3, 512)
    assert read_table(tmp_path / "e" / "short_utterances") == {"b": "2000"}
    # One crop is exactly as long as c: all three are the same, at distance 0 from themselves.
    np.testing.assert_array_equal(table.vectors[2][0], table.vectors[2][2])
    (tmp_path / "trials").write_text("a c nontarget\nc c target\n")
    score.main([*folders[::2], str(tmp_path / "s"), "--trials", str(tmp_path / "trials")])
    trials = read_trials(tmp_path / "trials")
    scores = read_scores(tmp_path / "s" / "trials.crop_distance", trials)
    assert -2 <= scores[0] < scores[1] == pytest.approx(0, abs=1e-6)
