"""The shell scripts, as processes: each with every option that it takes, and odd values of them.

Options are what ``utils/parse_options.sh`` takes: the variables that a script sets before.
"""

import os
import re
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

from tests.hostile.calls import Call
from tests.hostile.execution import Job
from tests.hostile.judge import Expectation
from tests.hostile.mutators import CANARIES, NUMBERS, WORDS
from tests.hostile.targets import Target

REPOSITORY = Path(__file__).parents[2]
LINKED = ("path.sh", "cmd.sh", "run.sh", "steps", "utils", "conf", "local", "speakernet", ".venv",
          "pyproject.toml", "requirements")  # fmt: skip
"""What a sandbox needs of the repository, to be called like a checkout."""


def _call(text: str, *products: str) -> Call:
    return Call(tuple(text.split()), products)


SCRIPTS: dict[str, Call] = {
    "steps/analyse_phonemes.sh": _call(
        "--alignments lists/phones.ctm --max-frames 2 dynamic static data/wav out/phonemes",
        "out/phonemes/results/phonemes.json",
    ),
    "run.sh": _call("--recipe egs/corpus/recipe --stage 8 --data prepared --exp runs"),
    "steps/augment_data_dir.sh": _call(
        "--copies noise --musan data/musan --rirs rirs --nj 1 data/wav out/aug"
    ),
    "steps/calibrate.sh": _call(
        "--kinds cosine --num-target 9 exp exp/embeddings_train data/train data/test/trials out"
    ),
    "steps/check_audio.sh": _call("--nj 1 data/wav out/checked", "out/checked/num_utts"),
    "steps/compute_vad.sh": _call("--nj 1 data/test out/log out/vad"),
    "steps/evaluate.sh": _call("exp data/test/trials", "exp/results.json"),
    "steps/extract_embeddings.sh": _call("--device cpu exp data/test out/emb"),
    "steps/fuse.sh": _call(
        "--kinds cosine data/test/trials -- exp/scores exp/scores out/fused",
        "out/fused/trials.fused_calibrated",
    ),
    "steps/get_reco2dur.sh": _call("--nj 1 data/noise"),
    "steps/make_fbank.sh": _call("--nj 1 --fbank-config options/fbank.conf data/wav out/log out"),
    "steps/make_mfcc.sh": _call("--nj 1 data/wav out/log out"),
    "steps/make_report.sh": _call("exp data/test/trials", "exp/report.html"),
    "steps/make_set_features.sh": _call("--nj 1 fbank80 data/wav out/fbank80/wav"),
    "steps/pack_audio.sh": _call("--nj 1 data/wav out/flac/wav", "out/flac/wav/wav.scp"),
    "steps/package.sh": _call(
        "--cohort-embeddings exp/embeddings_train --cohort-utt2spk data/train/utt2spk "
        "--licences lists/speakers exp out/package",
        "out/package/model.json",
    ),
    "steps/score.sh": _call("exp data/test/trials exp/embeddings_test out"),
    "steps/train.sh": _call("--nproc 1 recipes/own.yaml data/train out"),
}
BEHIND = {
    "steps/make_fbank.sh": "steps/make_features.sh",
    "steps/make_mfcc.sh": "steps/make_features.sh",
}
"""Scripts whose options another script reads."""
_BY_DESIGN = {"config", "cmd", "cuda_cmd"}  # these are code


@cache
def options_of(script: str) -> list[str]:
    """Return the options of a script: the variables that it sets before it reads its options."""
    text = (REPOSITORY / BEHIND.get(script, script)).read_text()
    text = re.sub(r"^#.*", "", text, flags=re.MULTILINE)
    before = text.partition("parse_options.sh")[0]
    before = re.sub(r'help_message="[^"]*"', "", before)
    names = re.findall(r"(?:^|\s)([a-z][a-z0-9_]*)=", before, flags=re.MULTILINE)
    return sorted({*names} - _BY_DESIGN)


def scripts_with_options() -> list[str]:
    """Return all scripts that read their options by utils/parse_options.sh."""
    files = [REPOSITORY / "run.sh", *sorted((REPOSITORY / "steps").glob("*.sh"))]
    found = [p for p in files if re.search(r"^\. .*parse_options", p.read_text(), re.MULTILINE)]
    return [str(path.relative_to(REPOSITORY)) for path in found]


def targets_of(script: str) -> list[Target]:
    """Return every option of a script, and every argument of its call."""
    call = SCRIPTS[script]
    options = [
        Target(name, call, option=f"--{name.replace('_', '-')}") for name in options_of(script)
    ]
    places = [Target(word, call, place=i) for i, word in enumerate(call.words) if word[:2] != "--"]
    return options + places


def script_case(
    script: str, target: Target, random: Random
) -> tuple[str, str, tuple[str, ...], Expectation, Job]:
    """Return what is changed in a case, the script, its words, what is expected and its job."""
    value = random.choice((random.choice(CANARIES), random.choice(NUMBERS), random.choice(WORDS)))
    words = _words(target, value)
    names = (
        target.name,
        target.name.replace("_", "-"),
        value,
        *target.call.words,
        *(f"--{name.replace('_', '-')}" for name in options_of(script)),
        Path(value[:200]).name,
    )
    products = target.call.products if target.place is None else ()
    # What jobs wrote and their logs stay after an error: the step goes on from them later.
    expected = Expectation(names, (0,), (r".*",), num_lines=3)
    what = f"{target.name} {value!r}"[:200]
    return what, script, words, expected, Job(_main(script, words), _link, products)


def _words(target: Target, value: str) -> tuple[str, ...]:
    if target.option:
        return (target.option, value, *target.call.words)
    return target.words(value)


def _link() -> None:
    shutil.rmtree("conf")  # has what commands read: scripts read all of it
    for name in LINKED:
        Path(name).symlink_to(REPOSITORY / name)


def _main(script: str, words: tuple[str, ...]) -> Callable[[], int]:
    def run() -> int:
        arguments = [os.fsencode(word) for word in ("bash", script, *words)]
        os.execvp("bash", arguments)

    return run
