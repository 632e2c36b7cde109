import numpy as np
import pytest
import torch

from speakernet.backend.config import ExtractionConfig
from speakernet.config import UserError, configure
from speakernet.model.export.graphs import (
    DITHER_SAMPLES,
    ExportedFrontEnd,
    ExportedModel,
    SlidingMean,
    dither_noise,
    make_graph,
    with_noise,
    without_dither,
)
from speakernet.nn.models import MODELS, build_model
from speakernet.signal.cmvn import sliding_cmn
from speakernet.signal.extractors import make_extractor
from speakernet.signal.options import FbankOptions, MfccOptions
from tests.packaged_model import voice


def exported(name: str, options: FbankOptions | MfccOptions | None, dim: int = 20) -> ExportedModel:
    torch.manual_seed(3)
    network = build_model(configure(MODELS, name), input_dim=dim)
    network.set_temperature(1.0)
    crops = {} if options else {"mode": "crops", "crop_frames": 120}
    return ExportedModel(
        name="model",
        title="title",
        network=network.eval(),
        options=options,
        input_dim=dim if options else 0,
        cmn_window=40 if options else None,
        extraction=ExtractionConfig.model_validate(crops),
        dither_seed=4,
    )


@pytest.mark.parametrize("num_frames", [1, 29, 30, 31, 200])
def test_the_sliding_mean_is_that_of_extraction(num_frames: int) -> None:
    features = np.random.default_rng(num_frames).normal(5, 1, (2, num_frames, 7)).astype("f")
    found = SlidingMean(30)(torch.from_numpy(features)).numpy()
    for one, expected in zip(found, features, strict=True):
        np.testing.assert_allclose(one, sliding_cmn(expected, 30), atol=1e-5)


@pytest.mark.parametrize("changes", [{}, {"snip_edges": False}, {"subtract_mean": True}])
def test_the_front_end_is_that_of_extraction_but_for_the_dither(changes: dict[str, bool]) -> None:
    options = FbankOptions(num_mel_bins=23, dither=2.0, **changes)  # type: ignore[arg-type]
    samples = np.asarray(voice(2, 1, 2.5), np.float32)
    assert len(samples) > DITHER_SAMPLES
    extract = make_extractor(without_dither(options))
    expected = sliding_cmn(extract(with_noise(samples, options, 9), seed=0), 50)
    found = ExportedFrontEnd(options, 50, 9)(torch.from_numpy(samples[None] / np.float32(32768)))[0]
    np.testing.assert_allclose(found.numpy(), expected, atol=2e-3)


def test_the_noise_is_as_loud_as_the_dither_and_drawn_by_the_seed() -> None:
    noise = dither_noise(3.0, 1)
    assert noise.std() == pytest.approx(3, rel=0.02)
    assert not np.array_equal(noise, dither_noise(3.0, 2))
    assert not dither_noise(0.0, 1).any()


def test_a_model_that_lacks_an_input_is_refused() -> None:
    with pytest.raises(UserError, match="reads waveforms; expected --from waveform"):
        make_graph(exported("resnet10_eighth", None), "features")
    mfcc = exported("tdnn_c8", MfccOptions(num_ceps=20, num_mel_bins=20))
    with pytest.raises(UserError, match="MFCC are not exported; expected --from features"):
        make_graph(mfcc, "waveform")
