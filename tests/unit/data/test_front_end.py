"""Features of batches beside those of speakernet.signal, one utterance at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import as_strided

from speakernet.arrays import Float32
from speakernet.data import cmn, front_end
from speakernet.data.config import SpecAugmentConfig
from speakernet.data.front_end import FeatureFrontEnd, KaldiFbank
from speakernet.data.spec_augment import draw_masks, mask
from speakernet.signal.cmvn import sliding_cmn
from speakernet.signal.fbank import fbank
from speakernet.signal.options import WINDOW_TYPES, FbankOptions

OPTIONS = FbankOptions(dither=0, num_mel_bins=80)
GOLDEN = np.load(Path(__file__).parents[2] / "golden/features/features.npz")
SPEECH = [GOLDEN[f"wav/{name}"].astype(np.float32) for name in ("en-0020", "fr-0007")]
LONG = np.concatenate(SPEECH * 2) + np.random.default_rng(1).normal(0, 1, 267674).astype("f4")


def check(found: Float32, expected: Float32, levels: Float32 | None = None) -> None:
    """Within 1e-4 for 99 %, within 1e-3 where a mel bin is less than 80 dB below the loudest.

    Both sides are float32 and lose the rest in the rounding of what is loud, each in its own way.
    ``levels``: log energies, if ``expected`` is anything else.
    """
    assert found.shape == expected.shape and found.dtype == np.float32
    difference = np.abs(found - expected)
    assert np.isfinite(difference).all()
    if difference.size:
        levels = expected if levels is None else levels
        quiet = levels < levels.max(axis=-1, keepdims=True) - np.log(1e8)
        assert np.quantile(difference, 0.99) < 1e-4
        assert difference[~quiet].max() < 1e-3
        assert difference.max() < 2e-2


def batch_fbank(waveforms: Sequence[Float32], options: FbankOptions) -> Float32:
    return KaldiFbank(options)(torch.from_numpy(np.stack(waveforms))).numpy()


def variants() -> Iterator[dict[str, object]]:
    yield {}
    for name in WINDOW_TYPES:
        yield {"window_type": name}
    yield {"window_type": "blackman", "blackman_coeff": 0.38}
    energy: dict[str, object] = {"use_energy": True}
    yield energy
    yield {**energy, "htk_compat": True}
    yield {**energy, "raw_energy": False, "energy_floor": 1e7}
    yield {"use_power": False}
    yield {"mel_floor": 1e7}
    yield {"use_log_fbank": False}
    yield {"use_log_fbank": False, "use_power": False, **energy}
    yield {"remove_dc_offset": False, "preemphasis_coefficient": 0.0}
    yield {"round_to_power_of_two": False, "num_mel_bins": 40}
    yield {"frame_length": 20.1, "frame_shift": 12.5, "num_mel_bins": 23}
    yield {"sample_frequency": 8000.0, "num_mel_bins": 30, "low_freq": 100, "high_freq": -300}
    yield {"sample_frequency": 44100.0, "num_mel_bins": 3}


@pytest.mark.parametrize("snip_edges", [True, False])
@pytest.mark.parametrize("settings", list(variants()), ids=str)
def test_every_option_gives_what_it_gives_one_utterance(
    settings: dict[str, object], snip_edges: bool
) -> None:
    options = replace(OPTIONS, snip_edges=snip_edges, **settings)  # type: ignore[arg-type]
    waveforms = [LONG[i * 9000 : i * 9000 + 30007] for i in range(5)]
    found = batch_fbank(waveforms, options)
    assert found.shape[2] == KaldiFbank(options).dim
    for ours, waveform in zip(found, waveforms, strict=True):
        theirs = fbank(waveform, options)
        if not options.use_log_fbank:
            ours, theirs = np.log(ours), np.log(theirs)
        check(ours, theirs, theirs if options.use_power else 2 * theirs)


@pytest.mark.parametrize("snip_edges", [True, False])
@pytest.mark.parametrize("name", sorted(n for n in GOLDEN.files if n.startswith("wav/")))
def test_recordings_of_kaldis_golden_files(name: str, snip_edges: bool) -> None:
    """Among them silence, a constant, clipping, and lengths around one and two windows."""
    options = replace(OPTIONS, snip_edges=snip_edges)
    waveform = GOLDEN[name].astype(np.float32)
    check(batch_fbank([waveform], options)[0], fbank(waveform, options))


@pytest.mark.parametrize("num_samples", [1, 2, 79, 80, 81, 161])
def test_reflection_of_less_than_a_window(num_samples: int) -> None:
    options = replace(OPTIONS, snip_edges=False, num_mel_bins=23)
    waveform = LONG[:num_samples]
    check(batch_fbank([waveform] * 2, options)[1], fbank(waveform, options))


def test_a_waveform_that_is_longer_than_a_block() -> None:
    waveform = LONG[: 160 * 1600 + 240]
    check(batch_fbank([waveform], OPTIONS)[0], fbank(waveform, OPTIONS))


def test_integers_are_waveforms_too() -> None:
    integers = GOLDEN["wav/fr-0007"]
    module = KaldiFbank(OPTIONS)
    assert torch.equal(
        module(torch.from_numpy(integers)[None]), module(torch.from_numpy(SPEECH[1])[None])
    )


def test_batches_of_none() -> None:
    module = KaldiFbank(OPTIONS)
    assert module(torch.zeros(0, 16000)).shape == (0, 98, 80)
    assert module(torch.zeros(3, 399)).shape == (3, 0, 80)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_changes_nothing(dtype: torch.dtype) -> None:
    module, waveform = KaldiFbank(OPTIONS), torch.from_numpy(LONG[None, :16000])
    expected = module(waveform)
    with torch.autocast("cpu", dtype):
        assert torch.equal(module(waveform), expected)
    network = torch.nn.Sequential(module).to(dtype)
    assert torch.equal(network(waveform), expected)
    assert not list(module.parameters()) and not module.state_dict()


def test_where_tf32_exists_products_are_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    assert front_end._product_type(torch.device("cuda", 0)) == torch.float64
    expected = batch_fbank([LONG], OPTIONS)
    monkeypatch.setattr(front_end, "_product_type", lambda device: torch.float64)
    np.testing.assert_allclose(batch_fbank([LONG], OPTIONS), expected, atol=2e-5)


def test_it_can_be_exported_for_any_batch_and_length() -> None:
    module, waveforms = KaldiFbank(OPTIONS), torch.from_numpy(LONG[None, :20000]).repeat(2, 1)
    batch, samples = torch.export.Dim("batch"), torch.export.Dim("samples", min=800, max=10**6)
    exported = torch.export.export(module, (waveforms,), dynamic_shapes=({0: batch, 1: samples},))
    others = torch.from_numpy(np.stack([LONG[5000 * i : 5000 * i + 31234] for i in range(3)]))
    check(exported.module()(others).numpy(), module(others).numpy())


class Utterance:
    """A stretch of speech of so many frames, and what a crop of it needs."""

    def __init__(
        self, num_frames: int, start: int, begin: int, length: int, window: int | None
    ) -> None:
        offset = num_frames * 37 % 1000
        self.waveform = LONG[offset : offset + num_frames * 160 + 240 if num_frames else offset]
        stop = min(start + length, num_frames)
        first, last = start, stop
        if window and num_frames:
            first, last = cmn.context(num_frames, start, stop, window)
        self.span = [first, start, num_frames, begin]
        self.samples = self.waveform[first * 160 : last * 160 + 240 if num_frames else 0]
        self.crop = np.zeros((length, OPTIONS.num_mel_bins), dtype=np.float32)
        self.levels = self.crop.copy()
        if num_frames:
            features = fbank(self.waveform, OPTIONS)
            assert len(features) == num_frames
            self.levels[begin : begin + stop - start] = features[start:stop]
            if window:
                features = sliding_cmn(features, window)
            self.crop[begin : begin + stop - start] = features[start:stop]


def batch(utterances: Sequence[Utterance]) -> tuple[torch.Tensor, torch.Tensor]:
    waveforms = np.zeros((len(utterances), max(len(u.samples) for u in utterances)), np.float32)
    for row, utterance in zip(waveforms, utterances, strict=True):
        row[: len(utterance.samples)] = utterance.samples
    return torch.from_numpy(waveforms), torch.tensor([u.span for u in utterances])


def random_utterances(seed: int, count: int, length: int, window: int | None) -> list[Utterance]:
    """Crops at the start, at the end and between, and utterances shorter than the crop."""
    rng = np.random.default_rng(seed)
    utterances = [Utterance(0, 0, length // 2, length, window)]
    for number in range(count):
        num_frames = int(rng.integers(1, 4 * length))
        spare = num_frames - length
        places = (0, abs(spare), int(rng.integers(abs(spare) + 1)))
        start, begin = (places[number % 3], 0) if spare >= 0 else (0, places[number % 3])
        utterances.append(Utterance(num_frames, start, begin, length, window))
    return utterances


@pytest.mark.parametrize("length", [1, 50, 200])
@pytest.mark.parametrize("window", [None, 1, 51, 300])
def test_crops_are_those_of_the_normalised_utterance(length: int, window: int | None) -> None:
    utterances = random_utterances(length, 24, length, window)
    found = FeatureFrontEnd(OPTIONS, window, length)(*batch(utterances), None).numpy()
    levels = np.stack([u.levels for u in utterances])
    check(found, np.stack([u.crop for u in utterances]), levels)
    for crop, utterance in zip(found, utterances, strict=True):
        np.testing.assert_array_equal(crop[(utterance.crop == 0).all(axis=1)], 0)


def test_what_else_is_in_the_batch_does_not_matter() -> None:
    utterances = random_utterances(7, 9, 120, 90)
    module = FeatureFrontEnd(OPTIONS, 90, 120)
    together = module(*batch(utterances)).numpy()
    for number, utterance in enumerate(utterances[1:], 1):
        alone = module(*batch([utterance])).numpy()[0]
        np.testing.assert_allclose(alone, together[number], atol=2e-5)
    noisy, spans = batch(utterances)
    for row, utterance in zip(noisy, utterances, strict=True):
        row[len(utterance.samples) :] = 30000  # no crop may see what is behind its samples
    np.testing.assert_allclose(module(noisy, spans).numpy(), together, atol=2e-5)


def test_only_short_utterances_and_none() -> None:
    module = FeatureFrontEnd(OPTIONS, 300, 40)
    zeros = module(torch.zeros(2, 100), torch.tensor([[0, 0, 0, 3], [0, 0, 0, 0]]))
    assert zeros.shape == (2, 40, 80) and not zeros.any()
    assert module(torch.zeros(0, 800), torch.zeros(0, 4, dtype=torch.int64)).shape == (0, 40, 80)


@pytest.mark.parametrize("window", [None, 300])
@pytest.mark.parametrize(("cut", "moved"), [(1, 0), (0, 1)])
def test_frames_that_are_not_there_are_not_made_up(
    window: int | None, cut: int, moved: int
) -> None:
    waveforms, spans = batch([Utterance(700, 250, 0, 200, window)])
    module = FeatureFrontEnd(OPTIONS, window, 200)
    assert module(waveforms, spans).isfinite().all()
    spans[:, 0] += moved
    assert module(waveforms[:, : waveforms.shape[1] - cut], spans).isnan().any()


def test_masks_are_those_of_the_readers() -> None:
    utterances = random_utterances(3, 11, 60, 100)
    config = SpecAugmentConfig(num_mel_masks=2, max_mel=9, num_time_masks=3, max_time=8)
    masks = [draw_masks(config, np.random.default_rng(i), 80, 60) for i in range(12)]
    inputs = batch(utterances)
    module = FeatureFrontEnd(OPTIONS, 100, 60)
    expected = module(*inputs).numpy()
    for number, crop in enumerate(expected):
        mask(crop.T, config, np.random.default_rng(number))
    for dtype in (torch.float32, torch.bfloat16):
        with torch.autocast("cpu", dtype, enabled=dtype != torch.float32):
            found = module(*inputs, torch.from_numpy(np.stack(masks)))
        np.testing.assert_array_equal(found.numpy(), expected)


def test_nothing_waits_for_values() -> None:
    """Tensors on "meta" have none: what would copy one from a device raises an error there."""
    module = FeatureFrontEnd(replace(OPTIONS, use_energy=True), 300, 200).to("meta")
    waveforms, spans = torch.empty(4, 80000, device="meta"), torch.empty(4, 4, device="meta").long()
    masks = torch.empty(4, 3, 4, device="meta").long()
    crops = module(waveforms, spans, masks)
    assert crops.is_meta and crops.shape == (4, 200, 81) and crops.dtype == torch.float32


def test_without_snip_edges_the_reader_reflects() -> None:
    options = replace(OPTIONS, snip_edges=False)
    waveform, num_frames = LONG[:24000], 150
    before = np.pad(waveform, (120, 120), mode="symmetric")
    reflected = as_strided(before, (24240,), before.strides)
    spans = torch.tensor([[0, 30, num_frames, 0]])
    found = FeatureFrontEnd(options, 100, 120)(torch.from_numpy(reflected)[None], spans)
    levels = fbank(waveform, options)
    check(found[0].numpy(), sliding_cmn(levels, 100)[30:150], levels[30:150])
