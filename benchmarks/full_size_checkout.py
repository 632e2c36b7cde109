"""A checkout in which steps that read audio, or train, write their tables only."""

from pathlib import Path

from benchmarks.timing import ROOT

STUBS = ("steps/make_set_features.sh", "steps/train.sh", "steps/extract_embeddings.sh",
         "steps/score.sh", "steps/evaluate.sh", "local/full/prepare.sh")  # fmt: skip
_LINKED = ("run.sh", "path.sh", "cmd.sh", "utils", "conf", "speakernet", "pyproject.toml",
           "requirements", "benchmarks", ".venv")  # fmt: skip
_CORPUS = """\
# shellcheck shell=bash disable=SC2034,SC2154
cohort_set=train
test_set="test"
trial_lists="trials_o_clean trials_e_clean trials_h_clean"
musan_root=$data_root/musan
rirs_root=$data_root/RIRS_NOISES
prepare=(local/full/prepare.sh --data-root "$data_root")
"""
_RECIPE = """\
base: [../../../conf/voxsrc2020.yaml]
train_set: train
model: {name: tdnn}
"""


def make_checkout(folder: Path) -> None:
    """Make ``folder`` with a corpus ``egs/full`` and its recipe ``stored``, unless it is there."""
    if folder.is_dir():
        return
    recipe = folder / "egs/full/stored"
    recipe.mkdir(parents=True)
    (recipe.parent / "corpus.sh").write_text(_CORPUS)
    (recipe / "recipe.yaml").write_text(_RECIPE)
    for name in _LINKED:
        if (ROOT / name).exists():
            (folder / name).symlink_to(ROOT / name)
    (folder / "steps").mkdir()
    for step in (ROOT / "steps").iterdir():
        (folder / "steps" / step.name).symlink_to(step)
    for name in ("train", "test", "train_aug"):  # where features are, no room is needed for them
        features = folder / "data/full/fbank80" / name
        features.mkdir(parents=True)
        (features / "feats.scp").touch()
    for stub in map(folder.joinpath, STUBS):
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.unlink(missing_ok=True)
        stub.symlink_to(ROOT / "benchmarks/full_size_step.sh")
