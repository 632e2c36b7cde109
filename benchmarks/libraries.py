"""Parts that a library offers, too: both side by side, in numbers and CPU time on one core.

    python -m benchmarks.libraries [--trials 580000] [--repeats 5]

docs/numerics.md says what was made of it. soxr is measured where it is installed.
"""

import argparse
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from importlib import import_module, util

import numpy as np

from benchmarks.peers.features import import_torchaudio_compliance
from benchmarks.timing import cpu_seconds, markdown_table
from speakernet.arrays import Bool, Float32, Float64
from speakernet.backend.calibration import fit_calibration
from speakernet.metrics.cllr import pav_llrs
from speakernet.metrics.det import SortedScores
from speakernet.signal.resample import resample

Resampler = Callable[[Float32, Fraction], Float32]

SECONDS = 10
RATES_HZ = ((44100, 16000), (22050, 16000), (8000, 16000), (9, 10), (11, 10))
TONES = (0.3, 0.8, 0.9)  # of the lower Nyquist rate
ALIASES = (1.05, 1.1)


def main() -> None:
    """Print a table of each part."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trials", type=int, default=580_000)
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    import_torchaudio_compliance()
    import torch

    torch.set_num_threads(1)
    print(imports(args.repeats), evaluation(args.trials, args.repeats), sep="\n\n")
    print("", log_mel(args.repeats), "", resampling(args.repeats), sep="\n")


def seconds_of(function: Callable[[], object], repeats: int) -> float:
    """Return the CPU seconds of the quickest call; the first, which may set things up, is free."""
    function()
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def imports(repeats: int) -> str:
    """Return what it costs to import modules, beyond NumPy."""
    modules = ("sklearn.linear_model", "sklearn.isotonic", "scipy.optimize", "scipy.signal")
    rows = []
    for name in modules:
        command = [sys.executable, "-c", f"import numpy, {name}"]
        alone = [sys.executable, "-c", "import numpy"]
        cost = [cpu_seconds(command) - cpu_seconds(alone) for _ in range(repeats)]
        rows.append([name, f"{np.median(cost):.2f}"])
    return markdown_table(["import", "CPU seconds"], rows)


def evaluation(num_trials: int, repeats: int) -> str:
    """Return seconds of calibration and of pooling adjacent violators."""
    generator = np.random.default_rng(0)
    is_target = np.arange(num_trials) < num_trials // 2
    common = generator.normal(np.where(is_target, 1.0, -1.0), 1.0)
    systems = common[:, None] + 0.3 * generator.normal(size=(num_trials, 4))
    scores = np.round(systems[:, 0], 4)  # some are equal
    ours, theirs = pav_of_ours(scores, is_target), pav_of_sklearn(scores, is_target)
    finite = np.isfinite(ours)
    assert np.array_equal(finite, np.isfinite(theirs))
    difference = np.abs(ours[finite] - theirs[finite]).max(initial=0)
    calls: dict[str, Callable[[], object]] = {
        "fit_calibration, 4 systems": partial(
            fit_calibration, systems, is_target, tuple("abcd"), 0.05
        ),
        "pav_llrs (scipy.optimize.isotonic_regression)": partial(pav_of_ours, scores, is_target),
        "sklearn.isotonic.IsotonicRegression": partial(pav_of_sklearn, scores, is_target),
    }
    rows = [[name, f"{seconds_of(call, repeats):.3f}"] for name, call in calls.items()]
    table = markdown_table([f"{num_trials:,} trials", "CPU seconds"], rows)
    return f"{table}\n\nLargest difference of LLRs by PAV: {difference:.1e}"


def pav_of_ours(scores: Float64, is_target: Bool) -> Float64:
    """Return LLRs by rising score."""
    return pav_llrs(SortedScores.of(scores, is_target))[0]


def pav_of_sklearn(scores: Float64, is_target: Bool) -> Float64:
    """Return LLRs by rising score."""
    from sklearn.isotonic import IsotonicRegression

    map_ = IsotonicRegression(y_min=0, y_max=1).fit(scores, is_target)
    share = map_.predict(np.sort(scores))
    prior = np.log(is_target.sum() / (~is_target).sum())
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(share) - np.log1p(-share) - prior)


def log_mel(repeats: int) -> str:
    """Return seconds and difference of the front end of networks on waveforms."""
    import torch
    from torchaudio.transforms import MelSpectrogram

    from speakernet.nn.layers.log_mel import LogMel

    waveforms = 0.1 * torch.randn(32, 32240, generator=torch.Generator().manual_seed(0))
    ours = LogMel("hamming")
    spectrogram = MelSpectrogram(
        16000, 512, 400, 160, n_mels=64, window_fn=torch.hamming_window, power=2.0
    )
    norm = torch.nn.InstanceNorm1d(64)

    def theirs(x: torch.Tensor) -> torch.Tensor:
        return norm(torch.log(spectrogram(x) + 1e-6)).transpose(1, 2)

    difference = (ours(waveforms) - theirs(waveforms)).abs().max()
    systems: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
        "nn/layers/log_mel.py": ours,
        "torchaudio MelSpectrogram, InstanceNorm1d": theirs,
    }
    rows = [
        [name, f"{1000 * seconds_of(partial(system, waveforms), repeats):.1f}"]
        for name, system in systems.items()
    ]
    table = markdown_table(["log mel, 32 crops of 2 s", "CPU milliseconds"], rows)
    return f"{table}\n\nLargest difference: {difference:.1e}"


def resampling(repeats: int) -> str:
    """Return how well and how fast each resampler is."""
    header = ["Hz", "resampler"]
    header += [f"SNR, tone at {tone} of Nyquist, dB" for tone in TONES]
    header += [f"alias of {alias}, dB" for alias in ALIASES] + ["times real time"]
    rows = []
    for input_hz, output_hz in RATES_HZ:
        ratio = Fraction(output_hz, input_hz)
        noise = np.random.default_rng(0).normal(0, 0.1, SECONDS * max(input_hz, 16000))
        waveform = noise.astype(np.float32)
        for name, system in resamplers().items():
            seconds = seconds_of(partial(system, waveform, ratio), repeats)
            row = [f"{input_hz} → {output_hz}", name]
            row += [f"{tone_snr_db(system, ratio, tone):.0f}" for tone in TONES]
            row += [f"{alias_db(system, ratio, alias)}" for alias in ALIASES]
            rows.append([*row, f"{SECONDS / seconds:,.0f}"])
    return markdown_table(header, rows)


def resamplers() -> dict[str, Resampler]:
    """Return what is compared."""
    from scipy.signal import resample_poly

    systems: dict[str, Resampler] = {
        "signal/resample.py": resample,
        "scipy.signal.resample_poly": lambda x, ratio: np.asarray(
            resample_poly(x, ratio.numerator, ratio.denominator)
        ),
        "torchaudio.functional.resample": torchaudio_resampler(),
        "the same with our filter": torchaudio_resampler(
            lowpass_filter_width=32,
            rolloff=0.95,
            resampling_method="sinc_interp_kaiser",
            beta=10.0,
        ),
    }
    if util.find_spec("soxr"):
        soxr = import_module("soxr")
        systems["soxr, HQ"] = lambda x, ratio: soxr.resample(x, ratio.denominator, ratio.numerator)
    return systems


def torchaudio_resampler(**options: object) -> Resampler:
    """Return torchaudio's resampler for arrays."""
    import torch
    from torchaudio.functional import resample as theirs

    def function(waveform: Float32, ratio: Fraction) -> Float32:
        batch = torch.from_numpy(waveform)
        return np.asarray(theirs(batch, ratio.denominator, ratio.numerator, **options).numpy())

    return function


def sine(ratio: Fraction, share: float, num_samples: int, rate: Fraction) -> Float64:
    """Return a tone at ``share`` of the lower Nyquist rate, sampled at ``rate`` of the input's."""
    return np.sin(np.pi * share * min(1.0, float(ratio)) * np.arange(num_samples) / float(rate))


def tone_snr_db(system: Resampler, ratio: Fraction, share: float) -> float:
    """Return the power of a tone over that of what differs from the same tone at the new rate."""
    made = system(sine(ratio, share, 100_000, Fraction(1)).astype(np.float32), ratio)
    ideal = sine(ratio, share, len(made), ratio)
    middle = slice(len(made) // 4, -len(made) // 4)
    error = np.mean((made - ideal)[middle] ** 2, dtype=np.float64)
    return float(10 * np.log10(np.mean(ideal[middle] ** 2) / error))


def alias_db(system: Resampler, ratio: Fraction, share: float) -> str:
    """Return what is left of a tone above the new Nyquist rate, "" if the input has none."""
    if share * ratio >= 1:
        return ""
    made = system(sine(ratio, share, 100_000, Fraction(1)).astype(np.float32), ratio)
    middle = made[len(made) // 4 : -len(made) // 4]
    return f"{10 * np.log10(2 * np.mean(middle**2, dtype=np.float64)):.0f}"


if __name__ == "__main__":
    main()
