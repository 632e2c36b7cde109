"""Networks of the TDY-CNN system, and VGGVox, from which one of them comes."""

from speakernet.nn.upstream.family import STAGES, Family, Network, Recognised, Rules, numbered

_WIDTHS = {32: "half", 16: "quarter", 8: "eighth", 4: "sixteenth"}
_DEPTHS = {(3, 4, 6, 3): 34, (2, 2, 2, 2): 18, (1, 1, 1, 1): 10}
FRONT_END = (r"(torchfb|instancenorm|compute_features)\b.*", r".*\.temperature")

_COMMON: Rules = (
    (r"\.attention\.fc1\.", ".attention.reduce."),
    (r"\.attention\.bn\.", ".attention.norm."),
    (r"\.attention\.fc2\.", ".attention.expand."),
    (r"^fc\.", "dense."),
    (r"^sap_linear\.", "pooling.hidden."),
    (r"^attention$", "pooling.context"),
)
_RESNET: Rules = (
    *_COMMON,
    (r"^conv1\.", "conv."),
    (r"^bn1\.", "norm."),
    (r"\.bn([12])\.", r".norm\1."),
    (r"\.downsample\.", ".shortcut."),
    *STAGES,
)
_VGG: Rules = (
    *_COMMON,
    *numbered(r"^layer{}\.0\.", "layers.{}.conv.", {str(n + 1): n for n in range(6)}),
    *numbered(r"^layer{}\.1\.", "layers.{}.norm.", {str(n + 1): n for n in range(6)}),
)
_CONVS = {"0": 0, "4": 1, "8": 2, "11": 3, "14": 4, "18": 5}
_NORMS = {"1": 0, "5": 1, "9": 2, "12": 3, "15": 4, "19": 5}
_VGGVOX: Rules = (
    *_COMMON,
    *numbered(r"^netcnn\.{}\.", "layers.{}.conv.", _CONVS),
    *numbered(r"^netcnn\.{}\.", "layers.{}.norm.", _NORMS),
)


def tail(network: Network) -> dict[str, object]:
    """Return the embedding's length and the pooling of a network of this kind."""
    embedding_dim, pooling = network.embedding_dim("fc.weight"), "average"
    if "attention" in network.tensors:
        weights = network.tensors["attention"].numel()
        pooling = "asp" if network.shape("fc.weight", 2)[1] == 2 * weights else "sap"
    return {"embedding_dim": embedding_dim, "pooling": pooling}


def _prefix(network: Network) -> str:
    return "tdy_" if any(tensor.ndim == 5 for tensor in network.tensors.values()) else ""


def _recognise_resnet(network: Network) -> Recognised:
    channels = network.shape("conv1.weight", 4)[0]
    width, depth = _WIDTHS.get(channels), _DEPTHS.get(network.blocks())
    if width is None or depth is None:
        raise network.unknown(f"a ResNet of {channels} channels and {network.blocks()} blocks")
    return Recognised(f"{_prefix(network)}resnet{depth}_{width}", tail(network), 0)


def _recognise_vgg(network: Network) -> Recognised:
    return Recognised(f"{_prefix(network)}vgg_m", tail(network), 0)


def _recognise_vggvox(network: Network) -> Recognised:
    return Recognised("vgg_m_mel40", tail(network), 0)


FAMILIES = (
    Family(
        "a ResNet of the TDY-CNN system",
        (r"conv1\.weight", r"layer1\.0\.conv1\.", r"fc\.weight", r"layer4\.0\.downsample\."),
        _recognise_resnet,
        _RESNET,
        "tdy.yaml",
        FRONT_END,
    ),
    Family(
        "a VGG-M of the TDY-CNN system",
        (r"layer1\.0\.weight", r"layer6\.0\.weight"),
        _recognise_vgg,
        _VGG,
        "tdy.yaml",
        FRONT_END,
    ),
    Family(
        "VGGVox of voxceleb_trainer",
        (r"netcnn\.0\.weight", r"netcnn\.18\.weight"),
        _recognise_vggvox,
        _VGGVOX,
        "tdy.yaml",
        FRONT_END,
    ),
)
