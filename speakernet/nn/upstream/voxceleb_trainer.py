"""ResNetSE34L and ResNetSE34V2 of voxceleb_trainer (VGGVox: with the networks of TDY-CNN)."""

from speakernet.nn.layers.log_mel import NUM_MEL_BINS
from speakernet.nn.upstream.family import STAGES, Family, Network, Recognised, Rules
from speakernet.nn.upstream.tdy import FRONT_END, tail

_DEPTHS = {(3, 4, 6, 3): 34, (1, 1, 1, 1): 10}
_CHANNELS = {"l": 16, "v2": 32}

_BLOCKS: Rules = (
    (r"\.conv1\.", ".body.0."),
    (r"\.bn1\.", ".body.2."),
    (r"\.conv2\.", ".body.3."),
    (r"\.bn2\.", ".body.4."),
    (r"\.se\.fc\.", ".body.5.weigh."),
    (r"\.downsample\.", ".shortcut."),
    (r"^fc\.", "dense."),
    (r"^sap_linear\.", "pooling.hidden."),
    (r"^attention$", "pooling.context"),
    (r"^attention\.0\.", "pooling.reduce."),
    (r"^attention\.2\.", "pooling.activation.1."),
    (r"^attention\.3\.", "pooling.expand."),
    *STAGES,
)
_LIGHT: Rules = ((r"^conv1\.", "stem.0."), (r"^bn1\.", "stem.1."), *_BLOCKS)
_V2: Rules = ((r"^conv1\.", "stem.0."), (r"^bn1\.", "stem.2."), *_BLOCKS)


def _recognise_light(network: Network) -> Recognised:
    channels = network.shape("conv1.weight", 4)[0]
    return Recognised(_name(network, "l", channels), tail(network), 0)


def _recognise_v2(network: Network) -> Recognised:
    channels = network.shape("conv1.weight", 4)[0]
    inputs = network.shape("attention.0.weight", 3)[1]
    if network.shape("fc.weight", 2)[1] != 2 * inputs:
        raise network.unknown("a ResNetSE34V2 with the pooling SAP")
    if inputs != NUM_MEL_BINS * channels:
        raise network.unknown(f"a ResNetSE34V2 on {inputs // max(channels, 1)} mel bins")
    options = {"embedding_dim": network.embedding_dim("fc.weight"), "pooling": "asp_norm"}
    return Recognised(_name(network, "v2", channels), options, 0)


def _name(network: Network, kind: str, channels: int) -> str:
    depth = _DEPTHS.get(network.blocks())
    if depth is None or channels != _CHANNELS[kind]:
        raise network.unknown(f"a ResNetSE of {channels} channels and {network.blocks()} blocks")
    return f"resnetse{depth}_{kind}"


FAMILIES = (
    Family(
        "ResNetSE34V2 of voxceleb_trainer",
        (r"conv1\.bias", r"layer1\.0\.se\.fc\.", r"attention\.0\."),
        _recognise_v2,
        _V2,
        "tdy.yaml",
        FRONT_END,
    ),
    Family(
        "ResNetSE34L of voxceleb_trainer",
        (r"conv1\.weight", r"layer1\.0\.se\.fc\."),
        _recognise_light,
        _LIGHT,
        "tdy.yaml",
        FRONT_END,
    ),
)
