"""Embeddings of a packaged model are those of extraction; scores are those of scoring."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

import speakernet
from speakernet.backend.embeddings import load_embeddings
from speakernet.bin import score
from speakernet.config import UserError
from speakernet.kaldi.scores import read_scores
from speakernet.kaldi.trials import Trials, write_trials
from speakernet.model.embedding_runs import RecordingSource
from speakernet.model.packaged_model import PackagedModel
from speakernet.model.results import Embedding, Unreadable
from tests.packaged_model import voice


@pytest.fixture(scope="module")
def model(made: Path) -> PackagedModel:
    return speakernet.load_model(made / "package")


def test_embeddings_are_those_of_extraction(made: Path, model: PackagedModel) -> None:
    table = load_embeddings(made / "exp" / "embeddings_cohort")
    sources = [RecordingSource(n, made / "data" / f"{n}.wav", utterance=n) for n in table.rows]
    for readers in (0, 3):
        found = list(model.embed_sources(sources, num_readers=readers))
        assert [each.name for each in found] == list(table.rows)
        vectors = np.stack([e.vector for e in found if isinstance(e, Embedding)])
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(vectors, table.vectors, rtol=0, atol=1e-5)


def test_scores_are_those_of_scoring(made: Path, model: PackagedModel, tmp_path: Path) -> None:
    pairs = [("s0-0", "s0-3"), ("s1-1", "s4-2"), ("s5-3", "s6-0")]
    one, two = ([pair[side] for pair in pairs] for side in (0, 1))
    trials = Trials(one, two, np.array([True, False, False]))
    write_trials(tmp_path / "trials", trials)
    cohort = str(made / "exp" / "embeddings_cohort")
    words = [str(made / "exp"), str(tmp_path / "trials"), cohort, str(tmp_path)]
    utt2spk = str(made / "data" / "utt2spk")
    score.main([*words, "--cohort-embeddings", cohort, "--cohort-utt2spk", utt2spk])
    table = load_embeddings(Path(cohort))
    results = [
        model.compare(*(Embedding(n, table.vectors[table.rows[n]], 1.0) for n in pair), prior=0.1)
        for pair in pairs
    ]
    for kind, values in (
        ("cosine", [result.score for result in results]),
        ("asnorm", [result.normalized for result in results]),
    ):
        expected = read_scores(tmp_path / f"trials.{kind}", trials)
        np.testing.assert_allclose(np.array(values, float), expected, atol=1e-5)
    assert all(r.llr is not None and r.same == (r.llr >= np.log(9)) for r in results)


def test_samples_are_as_files(made: Path, model: PackagedModel) -> None:
    path = made / "data" / "s3-2.wav"
    samples, rate = soundfile.read(path, dtype="int16")
    expected = model.embed(path)
    assert expected.shape == (12,) and expected.dtype == np.float32
    stereo = np.column_stack([samples, np.zeros_like(samples)])
    for array in (
        samples,
        samples / 32768,
        samples.astype(np.int32) << 16,
        samples.astype(">i2"),
        (samples / 32768).astype(np.float32),
        stereo,
    ):
        np.testing.assert_allclose(model.embed(array, rate), expected, rtol=0, atol=1e-5)


def test_other_formats_come_near(made: Path, model: PackagedModel, tmp_path: Path) -> None:
    samples = voice(2, 9, 2.0)
    soundfile.write(tmp_path / "a.wav", samples, 16000)
    soundfile.write(tmp_path / "a.flac", samples, 16000)
    expected = model.embed(tmp_path / "a.wav")
    np.testing.assert_array_equal(model.embed(tmp_path / "a.flac"), expected)
    soundfile.write(tmp_path / "b.ogg", np.column_stack([samples, samples]), 16000)
    result = model.verify(tmp_path / "a.wav", tmp_path / "b.ogg")
    assert result.score > 0.99
    assert result.notes == (f"{tmp_path / 'b.ogg'}: with 2 channels, channel 1 taken",)


@pytest.mark.parametrize(
    ("samples", "rate", "problem"),
    [
        (np.zeros(16000), None, "their rate is missing"),
        (np.zeros(0), 16000, r"found the shape \(0,\)"),
        (np.zeros((2, 16000)), 16000, "found 16000 channels of 2 samples"),
        (np.zeros(16000, bool), 16000, "found bool"),
        (np.full(16000, np.nan), 16000, "found values up to nan"),
        (np.full(16000, 3000.0), 16000, "found values up to 3000"),
        (np.zeros(16000), 7, "expected 2000 to 400000 Hz"),
        (np.zeros(16000), 16000.5, "found the rate 16000.5"),
        (np.zeros(16000), "16000", "found the rate '16000'"),
        ([0.1] * 16000, 16000, "found a list; expected a path"),
        (np.ones(300, np.int16), 16000, "expected the length of a frame"),
    ],
)
def test_refuses_samples(model: PackagedModel, samples: Any, rate: Any, problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        model.embed(samples, rate, check="off")


def test_reports_what_cannot_be_read(made: Path, model: PackagedModel, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("no audio")
    paths: list[str | Path] = [
        made / "data" / "s0-1.wav",
        tmp_path / "text.wav",
        tmp_path / "none",
        "echo x |",
    ]
    found = list(model.embed_many([*paths, paths[0]]))
    kinds = [Embedding, Unreadable, Unreadable, Unreadable, Embedding]
    assert [type(each) for each in found] == kinds
    assert isinstance(found[3], Unreadable) and "echo x |: no such file" in found[3].reason
    with pytest.raises(UserError, match=r"text\.wav"):
        model.embed(paths[1])
    calls: list[tuple[Any, Any]] = [(model.verify, paths[0]), (model.compare, found[0])]
    for compare, one in calls:
        for prior in (1.5, float("nan"), "0.5"):
            with pytest.raises(UserError, match=f"prior={prior}"):
                compare(one, one, prior=prior)


def test_refuses_what_would_be_misread(made: Path, model: PackagedModel) -> None:
    path: Any = str(made / "data" / "s0-1.wav")
    with pytest.raises(UserError, match="expected several paths, as a list"):
        next(model.embed_many(path))
    with pytest.raises(UserError, match="check='of': expected one of off, warn, refuse"):
        model.embed(path, check="of")  # type: ignore[arg-type]
    with pytest.raises(UserError, match="num_readers=-1"):
        next(model.embed_many([path], num_readers=-1))
    for device in ("tpu", "meta"):
        with pytest.raises(UserError, match=f"{device}: expected auto, cpu"):
            speakernet.load_model(made / "package", device=device)
