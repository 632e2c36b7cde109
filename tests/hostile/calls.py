"""Calls of every command that are right: hostile inputs are these with one thing changed.

A command needs calls that give every file option once, so that the file can be changed. A test says
which command or option is missing here.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Call:
    """Words of a command line in the world of ``world.py``; what it makes, and what stays of it.

    ``products``: must exist after status 0. ``kept``: patterns of files that may be there after an
    error, as a later run goes on from them. ``error_status``: of a refusal.
    """

    words: tuple[str, ...]
    products: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    status: int = 0
    error_status: int = 1


def _call(
    text: str,
    *products: str,
    kept: tuple[str, ...] = (),
    status: int = 0,
    error_status: int = 1,
) -> Call:
    words = (word.replace("VALIDATION", "--no-feats --no-text") for word in text.split())
    return Call(tuple(words), products, kept, status, error_status)


_LISTS = "data/test/trials exp/scores/trials.cosine"
_PARTS = (r"out/dur\.1\..*",)
_PACKED = (r"out/audio\.1\..*",)
_EXTRACTED = (r"out/parts/.*",)
_TRAINED = (r"out/(checkpoints|log)/.*", r"out/(train\.jsonl|recipe\.yaml|requeue)")

CALLS: dict[str, list[Call]] = {
    "accounting": [_call("lists/usage out/accounting.tsv", "out/accounting.tsv")],
    "analyse-phonemes": [
        _call(
            "dynamic static data/wav lists/phones.ctm out/phonemes --phone-classes "
            "lists/phone_classes --max-utts 2 --max-frames 2",
            "out/phonemes/phonemes.json",
        )
    ],
    "apply-cmvn-sliding": [
        _call("--cmn-window 30 data/test/feats.scp out/a.ark out/a.scp", "out/a.ark", "out/a.scp")
    ],
    "augment-data-dir": [
        _call(
            "--bg-noise-dir data/noise --fg-noise-dir data/noise --fg-interval 1 --bg-snrs 15:10 "
            "--utt-suffix noise data/wav out/copy",
            "out/copy/wav.scp",
        )
    ],
    "average-checkpoints": [
        _call(
            "out/mean.pt trained/checkpoints/epoch-001.pt trained/checkpoints/epoch-002.pt",
            "out/mean.pt",
        ),
        _call("out/mean.pt trained --last-epochs 2", "out/mean.pt"),
    ],
    "calibrate": [
        _call(
            "exp/calibration data/test/trials exp/scores --kinds cosine --train-quality-tables "
            "data/train/utt2num_frames --quality-tables data/test/utt2num_frames "
            "--train-utt2spk data/train/utt2spk --utt2spk data/test/utt2spk",
            "exp/scores/trials.cosine_qmf",
        )
    ],
    "check-audio": [_call("data/wav"), _call("data/segments")],
    "check-inputs": [
        _call(
            "--musan-root musan --rirs rirs --test-set wav --cohort-set noise --trials lists/pairs "
            "checked data"
        ),
        _call(
            "--tasks sets --test-set wav --cohort-set noise --trials lists/models "
            "--enroll-spk2utt data/wav/spk2utt checked data"
        ),
        _call(
            "--tasks corpus --estimate checked/estimate --test-set wav --cohort-set noise "
            "checked data"
        ),
    ],
    "clean-products": [
        _call("lists/removals --data data --exp runs", kept=(r"removed/.*",)),
        _call("--plan true lists/removals --data data --exp runs"),
    ],
    "collect-audio": [
        _call("data/wav out/packed parts/audio.JOB", "out/packed/wav.scp", kept=(r"out/packed/.*",))
    ],
    "collect-features": [
        _call("--config options/fbank.conf fbank data/wav parts/fbank.JOB", "data/wav/feats.scp")
    ],
    "collect-seeds": [_call("out corpus_exp/tdnn corpus_exp/tdnn", "out/SEEDS.md")],
    "collect-results": [
        _call("corpus_exp out/RESULTS.md --published published.tsv", "out/RESULTS.md")
    ],
    "combine-data": [
        _call("--extra-files reco2dur out/both data/wav data/noise", "out/both/wav.scp")
    ],
    "compare": [
        _call("packages/voices wav wav/s0-0.wav --check off --top 9"),
        _call("packages/voices wav/s1-0.wav wav/s0-0.wav --check off --json true"),
    ],
    "compare-logs": [_call("trained/train.jsonl trained/train.jsonl")],
    "compute-durations": [
        _call("--job 1 data/wav out/dur.1", "out/dur.1.durations", kept=_PARTS),
        _call("data/wav parts/dur.JOB", "data/wav/reco2dur"),
    ],
    "compute-features": [
        _call("--config options/fbank.conf fbank data/wav out/f.1", "out/f.1.ark", "out/f.1.scp"),
        _call("--config options/mfcc.conf mfcc data/segments out/f.1", "out/f.1.ark"),
    ],
    "compute-vad": [_call("--config options/vad.conf data/test out/v.ark out/v.scp", "out/v.ark")],
    "convert-checkpoint": [
        _call("published.model out/tdy --base tdy.yaml", "out/tdy/recipe.yaml"),
        _call("published out/wespeaker", "out/wespeaker/recipe.yaml"),
    ],
    "copy-to-scratch": [_call("data/train out/copy", "out/copy/feats.scp", kept=(r"out/copy/.*",))],
    "copy-data-dir": [
        _call(
            "--utt-prefix a- --validate-opts VALIDATION data/wav out/copy",
            "out/copy/wav.scp",
            kept=(r"out/copy/.*",),
        )
    ],
    "disk": [_call("--data data --exp corpus_exp"), _call("--json true --exp runs")],
    "embed": [
        _call(
            "packages/voices wav/s0-0.wav --save out/a.npz --check off",
            "out/a.npz",
            kept=("out/a.npz",),
        ),
        _call(
            "packages/voices --data-dir data/segments --save out/a.ark --embedding-format ark "
            "--check warn",
            "out/a.ark",
            kept=(r"out/a\.(ark|scp)",),
        ),
        _call("packages/voices wav/s0-1.wav --scp data/wav/wav.scp --check off --device cpu"),
    ],
    "enroll": [
        _call(
            "out/store packages/voices Anna wav/s0-0.wav wav/s0-1.wav --check off",
            "out/store/people.json",
            kept=(r"out/store/\.lock",),
        ),
        _call("packages/people packages/voices Bodo wav/s1-0.wav --check off --device cpu"),
    ],
    "evaluate": [_call(f"{_LISTS} --utt2spk data/test/utt2spk --bootstrap 3")],
    "export": [
        _call(
            "packages/voices out/model.pt --model-format torchscript --from features --audio "
            "wav/s0-0.wav --audio wav/s1-0.wav --int8 false",
            "out/model.pt",
        )
    ],
    "export-voxsrc": [_call(f"{_LISTS} out/voxsrc.txt", "out/voxsrc.txt")],
    "extract-embeddings": [
        _call(
            "exp data/test out --job 1 --checkpoint exp/checkpoints/final.pt --device cpu",
            "out/parts/1.ark",
            kept=_EXTRACTED,
        ),
        _call("exp data/test embedded --set extraction.min_frames=20"),
        _call(
            "exp data/wav out --job 1 --untrained true --features-config options/fbank.conf",
            "out/parts/1.ark",
            kept=_EXTRACTED,
        ),
    ],
    "fix-data-dir": [_call("data/wav", "data/wav/utt2spk", kept=(r"data/wav/\.backup/.*",))],
    "identify": [
        _call(
            "packages/people packages/voices wav/s0-0.wav wav/s0-1.wav --check off "
            "--threshold 1000 --top 2",
            status=1,
            error_status=2,
        )
    ],
    "list-people": [_call("packages/people"), _call("packages/people --json true")],
    "make-musan": [_call("musan out", "out/musan_noise/wav.scp", kept=(r"out/musan_.*",))],
    "fuse": [
        _call(
            "out exp/scores exp/scores --trials data/test/trials --kinds cosine --qualities norm "
            "--train-utt2spk data/train/utt2spk --utt2spk data/test/utt2spk",
            "out/trials.fused_qmf",
        )
    ],
    "make-trials": [
        _call("data/train/utt2spk out/trials --lengths lists/seconds", "out/trials"),
        _call("data/wav/utt2spk out/trials --utt2session lists/sessions", "out/trials"),
        _call(
            "data/wav/utt2spk out/trials --exclude data/test/utt2spk --num-target 3", "out/trials"
        ),
    ],
    "models": [_call("tdnn_c8 --num-mel-bins 8 --published published.tsv")],
    "pack-audio": [
        _call("--job 1 data/wav out/audio.1", "out/audio.1.scp", kept=_PACKED),
        _call("--audio-format wav data/segments out/audio.1", "out/audio.1.scp", kept=_PACKED),
    ],
    "package": [
        _call(
            "exp out/package --cohort-embeddings exp/embeddings_train --cohort-utt2spk "
            "data/train/utt2spk --features-config options/fbank.conf --licences lists/speakers "
            "--checkpoint exp/checkpoints/final.pt",
            "out/package/model.json",
        )
    ],
    "perturb-data-dir-speed": [_call("0.9 data/wav out/slow", "out/slow/wav.scp")],
    "plan": [
        _call(
            "--musan-root musan --rirs rirs --test-set wav --cohort-set noise --trials lists/pairs "
            "--estimate checked/estimate --exp-dir exp/checked --measure false checked/products . "
            "data"
        ),
        _call(
            "--musan-root musan --rirs rirs --test-set wav --cohort-set noise "
            "--enroll-spk2utt data/wav/spk2utt --exp-dir exp/checked --measure false "
            "checked/products . data"
        ),
    ],
    "plot": [_call(f"{kind} {_LISTS} out/plot.svg", "out/plot.svg") for kind in ("det", "bayes")],
    "product": [
        _call("finish product --output file --pending pending.json", "product/.done"),
        _call(
            "check --input data/wav/utt2spk --fixed-input data/wav/spk2utt --output file "
            "--place lists --needed-by removed --pending out/new.json product -- true",
            "out/new.json",
            status=3,
        ),
        _call(
            "check --anew true --input data/wav/utt2spk --output file --pending out/new.json "
            "product -- true",
            "out/new.json",
            status=3,
        ),
    ],
    # Without pocketsphinx, which no test needs.
    "recognize-phones": [_call("data/wav out/phones.ctm", status=1)],
    "recipe-reference": [_call("")],
    "remove-person": [_call("packages/people Bodo", kept=(r"packages/people/\.lock",))],
    "resolve-recipe": [
        # Options decide about the folder that is made.
        _call("egs/corpus/recipe out"),
        _call("--set train.epochs=3 --init trained --exp-name set egs/corpus/recipe out/plain"),
        _call("--resolved out egs/corpus/recipe exp/new"),
    ],
    "report": [
        _call(
            "exp out/report.html --trials data/test/trials --utt2spk data/test/utt2spk "
            "--data data --clips-mib 0.1 --tables out/tables",
            "out/report.html",
            "out/tables/trials.pairs.tsv",
            kept=(r"out/tables/.*",),
        )
    ],
    "results": [
        _call(
            "exp data/test/trials --published published.tsv --utt2spk data/test/utt2spk "
            "--anew true",
            "exp/results.json",
        )
    ],
    "reverberate-data-dir": [
        _call(
            "--rir-set-parameters 0.5,rirs/rir_list --noise-set-parameters rirs/noise_list "
            "--utt-suffix reverb data/wav out/copy",
            "out/copy/wav.scp",
        )
    ],
    "score": [
        _call(
            "exp data/test/trials exp/embeddings_test out --cohort-embeddings exp/embeddings_train "
            "--cohort-utt2spk data/train/utt2spk --plda-embeddings exp/embeddings_train "
            "--plda-utt2spk data/train/utt2spk --calibration-embeddings exp/embeddings_train "
            "--calibration-utt2spk data/train/utt2spk "
            "--calibration-utt2session data/train/utt2num_frames --set scoring.plda.iterations=2 "
            "--set scoring.calibration.num_trials=40",
            "out/trials.asnorm_calibrated",
        ),
        _call(
            "exp data/test/trials exp/embeddings_test out --cohort-embeddings exp/embeddings_train "
            "--cohort-utt2spk data/train/utt2spk --utt2spk data/test/utt2spk",
            "out/trials.cosine",
        ),
        _call(
            "exp lists/enrolled exp/embeddings_test out --enroll-spk2utt lists/spk2utt "
            "--checkpoint exp/checkpoints/final.pt --set scoring.normalization=none",
            "out/enrolled.cosine",
        ),
    ],
    "spk2utt-to-utt2spk": [_call("data/wav/spk2utt")],
    "split-data": [_call("data/wav 2", "data/wav/split2/1/wav.scp")],
    "subset-data-dir": [
        _call("data/wav 2 out/some", "out/some/wav.scp"),
        _call("--utt-list lists/utterances data/wav out/some", "out/some/wav.scp"),
        _call("--spk-list lists/speakers data/wav out/some", "out/some/wav.scp"),
        _call("--reco-list lists/utterances data/wav out/some", "out/some/wav.scp"),
    ],
    "train": [
        _call(
            "recipes/own.yaml data/train out --init trained/checkpoints/final.pt "
            "--set train.epochs=1",
            "out/checkpoints/final.pt",
            kept=_TRAINED,
        ),
        _call("recipes/own.yaml data/train trained", kept=(r"trained/.*",)),
        _call(
            "recipes/online.yaml data/wav out --features-config options/fbank.conf",
            "out/checkpoints/final.pt",
            kept=_TRAINED,
        ),
        _call(
            "recipes/waveform.yaml data/wav out --musan data/musan --rirs rirs",
            "out/checkpoints/final.pt",
            kept=_TRAINED,
        ),
    ],
    "utt2spk-to-spk2utt": [_call("data/wav/utt2spk")],
    "validate-data-dir": [_call("--no-feats --no-text data/wav")],
    "verify": [
        _call(
            "packages/voices wav/s0-0.wav wav/s2-1.wav --check off --json true --threshold 100",
            status=1,
            error_status=2,
        )
    ],
    "wav-reverberate": [
        _call(
            "--impulse-response=rirs/small.wav --additive-signals=wav/s0-0.wav --snrs=10 "
            "--start-times=0 wav/s1-0.wav out/copy.wav",
            "out/copy.wav",
        )
    ],
}
