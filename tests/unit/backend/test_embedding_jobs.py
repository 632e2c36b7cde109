"""speakernet extract-embeddings: jobs write parts, which are joined to one product."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from speakernet.audio.notes import read_notes
from speakernet.audio.wav import write_wav
from speakernet.backend.embedding_parts import Part
from speakernet.backend.embeddings import load_embeddings
from speakernet.bin import score
from speakernet.bin.extract_embeddings import main
from speakernet.config import UserError, dump_config
from speakernet.kaldi.ark import ArkWriter, read_matrix
from speakernet.kaldi.scores import read_scores
from speakernet.kaldi.tables import read_table, write_table
from speakernet.kaldi.trials import read_trials
from speakernet.nn.models import build_model
from speakernet.nn.serialize import save_model
from speakernet.recipe import Recipe
from tests.unit.backend.utterances import MEL, utterances


@pytest.fixture
def experiment(tmp_path: Path) -> Path:
    recipe = Recipe.model_validate(
        {
            "model": {"name": "tdnn_c8", "embedding_dim": 6},
            "loss": {"name": "cm"},
            "extraction": {"chunk_frames": 100},
        }
    )
    torch.manual_seed(0)
    model = build_model(recipe.model, input_dim=MEL)
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
        assert main([*folders, "--job", str(job), "--nj", str(num_jobs)]) == 0
    assert main([*folders, "--nj", str(num_jobs)]) == 0


def test_jobs_make_the_same_product(experiment: Path) -> None:
    for num_jobs in (1, 3):
        run_jobs(experiment, experiment / f"e{num_jobs}", num_jobs)
    arks = [(experiment / f"e{n}" / "embedding.ark").read_bytes() for n in (1, 3)]
    assert arks[0] == arks[1]
    scp = read_table(experiment / "e3" / "embedding.scp", is_sorted=True)
    assert list(scp) == [name for name, _ in utterances()]
    assert read_matrix(scp["u05"]).shape == (6,)
    assert read_notes(experiment / "e3") == {
        "u00": ["shorter than a chunk and repeated (1 steps)"],
        "u01": ["shorter than a chunk and repeated (24 steps)"],
    }
    assert not (experiment / "e3" / "parts").exists()


def test_a_finished_part_is_kept_and_a_stale_one_is_not(experiment: Path) -> None:
    output = experiment / "e"
    job = [str(experiment), str(experiment), str(output), "--job", "1", "--nj", "2"]
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
    main([*folders, "--job", "1", "--nj", "2"])
    with pytest.raises(UserError, match=r"parts/2.json: no such file; its job did not finish"):
        main([*folders, "--nj", "2"])
    main([*folders, "--job", "2", "--nj", "2"])
    write_table(experiment / "utt2spk", [("u00", "u0"), ("z", "z")])
    with pytest.raises(UserError, match="13 embeddings of 2 utterances; missing: z"):
        main([*folders, "--nj", "2"])
    assert os.listdir(experiment / "e") == ["parts"]


def test_a_record_without_a_length_leaves_nothing_behind(experiment: Path) -> None:
    folders = [str(experiment), str(experiment), str(experiment / "e")]
    main([*folders, "--job", "1"])
    path = Part(experiment / "e", 1).path("json")
    record = json.loads(path.read_text())
    del record["facts"]["num_frames"]["u03"]
    path.write_text(json.dumps(record))
    with pytest.raises(UserError, match="the records have no length of 'u03'"):
        main(folders)
    assert os.listdir(experiment / "e") == ["parts"]


def test_untrained_weights_come_from_the_seed(experiment: Path) -> None:
    for name in ("a", "b"):
        folders = [str(experiment), str(experiment), str(experiment / name)]
        main([*folders, "--untrained", "true", "--job", "1"])
        main(folders)
    arks = [(experiment / name / "embedding.ark").read_bytes() for name in "ab"]
    assert arks[0] == arks[1]
    run_jobs(experiment, experiment / "trained", 1)
    assert arks[0] != (experiment / "trained" / "embedding.ark").read_bytes()


def test_an_utterance_without_features_is_named(experiment: Path) -> None:
    write_table(experiment / "utt2spk", [*read_table(experiment / "utt2spk").items(), ("z", "z")])
    with pytest.raises(UserError, match=r"feats.scp: 'z' of utt2spk is missing"):
        main([str(experiment), str(experiment), str(experiment / "e"), "--job", "1"])


def test_a_device_that_is_not_there(experiment: Path) -> None:
    with pytest.raises(UserError, match="--device cuda:99: there is .*; expected auto or cpu"):
        main([*[str(experiment)] * 2, str(experiment / "e"), "--job", "1", "--device", "cuda:99"])


def test_features_of_another_dimension_than_the_network_was_trained_with(experiment: Path) -> None:
    lines = (experiment / "feats.scp").read_text().splitlines()
    lines[2] += f"[:,0:{MEL - 2}]"
    (experiment / "feats.scp").write_text("\n".join(lines) + "\n")
    name = lines[2].split()[0]
    message = f"utterance '{name}' has {MEL - 1} values a frame; the network takes {MEL}: "
    for untrained in ("true", "false"):
        words = [str(experiment), str(experiment), str(experiment / untrained), "--job", "1"]
        with pytest.raises(UserError, match=message):
            main([*words, "--untrained", untrained])


def test_waveforms_in_crops_as_tdy(tmp_path: Path) -> None:
    recipe = Recipe.model_validate(
        {
            "features": "waveform",
            "data": {"cmn_window": None},
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
    main([*folders, "--untrained", "true", "--job", "1"])
    main(folders)
    table = load_embeddings(tmp_path / "e")
    assert table.vectors.shape == (3, 3, 512)
    assert read_notes(tmp_path / "e") == {"b": ["shorter than a chunk and repeated (2000 steps)"]}
    # A crop is exactly as long as c, whose last crop starts a sample later, as upstream.
    np.testing.assert_array_equal(table.vectors[2][0], table.vectors[2][1])
    assert not np.array_equal(table.vectors[2][0], table.vectors[2][2])
    (tmp_path / "trials").write_text("a c nontarget\nc c target\n")
    paths = [tmp_path, tmp_path / "trials", tmp_path / "e", tmp_path / "s"]
    score.main([*map(str, paths)])
    trials = read_trials(tmp_path / "trials")
    scores = read_scores(tmp_path / "s" / "trials.crop_distance", trials)
    assert -2 <= scores[0] < scores[1] < 0


def test_notes_of_features_come_along(experiment: Path, caplog: pytest.LogCaptureFixture) -> None:
    with ArkWriter(experiment / "feats.ark", experiment / "feats.scp") as writer:
        for name, features in utterances():
            writer.write(name, np.ones_like(features) if name == "u07" else features)
    (experiment / "utterance_notes").write_text("u01 silent\nu09 clipped (2.0 % of samples)\n")
    run_jobs(experiment, experiment / "e", 2)
    assert read_notes(experiment / "e") == {
        "u00": ["shorter than a chunk and repeated (1 steps)"],
        "u01": ["silent", "shorter than a chunk and repeated (24 steps)"],
        "u07": ["with features that do not vary"],
        "u09": ["clipped (2.0 % of samples)"],
    }
    assert "e: 2 shorter than a chunk and repeated, 1 silent, 1 with features" in caplog.text


def test_a_zero_embedding_is_named_with_its_file(tmp_path: Path) -> None:
    with ArkWriter(tmp_path / "x.ark", tmp_path / "x.scp") as writer:
        writer.write("a", np.ones(4, np.float32))
        writer.write("b", np.zeros(4, np.float32))
    for path in ("x.ark", "x.scp"):
        with pytest.raises(UserError, match=f"{path}: the embedding of 'b' is zero"):
            load_embeddings(tmp_path / path)
