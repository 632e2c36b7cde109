"""ResNet, SimAM-ResNet, ECAPA-TDNN, CAM++ and ERes2Net of wespeaker and of 3D-Speaker."""

from speakernet.nn.upstream.family import (
    STAGES,
    Family,
    Network,
    Recognised,
    Rules,
    numbered,
)

_BASE = "wespeaker_published.yaml"
_BASE_3D_SPEAKER = "3dspeaker.yaml"
_IGNORED = (r"projection\..*",)
_BASIC = {(2, 2, 2, 2): 18, (3, 4, 6, 3): 34, (1, 1, 1, 1): 10}
_BOTTLENECK = {
    (1, 1, 1, 1): 14,
    (3, 4, 6, 3): 50,
    (3, 4, 23, 3): 101,
    (3, 8, 36, 3): 152,
    (6, 16, 48, 3): 221,
    (10, 20, 64, 3): 293,
}
_SIMAM = {(1, 1, 1, 1): 10, (2, 2, 2, 2): 18, (3, 4, 6, 3): 34, (6, 16, 24, 3): 100}
_ERES2NET_DEPTHS = {(1, 1, 1, 1): 14, (3, 4, 6, 3): 34}

_NEXT = {str(n): n + 1 for n in range(7)}

_BODY: Rules = (
    *numbered(r"\.conv{}\.", ".body.{}.", {"1": 0, "2": 3, "3": 6}),
    *numbered(r"\.bn{}\.", ".body.{}.", {"1": 1, "2": 4, "3": 7}),
)
_STEM: Rules = ((r"^conv1\.", "conv."), (r"^bn1\.", "norm."), (r"^seg_1\.", "dense."))
_RESNET: Rules = (*_STEM, *_BODY, *STAGES)
_SIMAM_RESNET: Rules = (
    (r"^front\.", ""),
    (r"^bottleneck\.", "dense."),
    (r"\.downsample\.", ".shortcut."),
    (r"^pooling\.attention\.0\.", "pooling.reduce."),
    (r"^pooling\.attention\.2\.", "pooling.activation.1."),
    (r"^pooling\.attention\.3\.", "pooling.expand."),
    *_RESNET,
)
_ERES2NET: Rules = (
    *_STEM,
    (r"^layer3_ds\.", "downsamples.0."),
    (r"^fuse34\.", "fusions.0."),
    *numbered(r"^layer{}_downsample\.", "downsamples.{}.", {"1": 0, "2": 1, "3": 2}),
    *numbered(r"^fuse_mode{}\.", "fusions.{}.", {"12": 0, "123": 1, "1234": 2}),
    (r"\.local_att\.", ".weigh."),
    *numbered(r"\.conv{}\.", ".body.{}.", {"1": 0, "3": 4}),
    *numbered(r"\.bn{}\.", ".body.{}.", {"1": 1, "3": 5}),
    (r"(?<!body\.3)\.convs\.", ".body.3.convs."),
    (r"(?<!body\.3)\.bns\.", ".body.3.norms."),
    (r"\.fuse_models\.", ".body.3.fusions."),
    *STAGES,
)
# wespeaker's name the first group of a fused block apart.
_FIRST_APART: Rules = (
    (r"\.conv2_1\.", ".body.3.convs.0."),
    (r"\.bn2_1\.", ".body.3.norms.0."),
    *numbered(r"^(layer[34]\.\d+)\.convs\.{}\.", r"\1.body.3.convs.{}.", _NEXT),
    *numbered(r"^(layer[34]\.\d+)\.bns\.{}\.", r"\1.body.3.norms.{}.", _NEXT),
    *_ERES2NET,
)
_ECAPA: Rules = (
    (r"^layer1\.conv\.", "first.0."),
    (r"^layer1\.bn\.", "first.2."),
    *numbered(r"^layer{}\.se_res2block\.", "blocks.{}.", {"2": 0, "3": 1, "4": 2}),
    (r"\.1\.convs\.(\d+)\.", r".1.layers.\1.0."),
    (r"\.1\.bns\.(\d+)\.", r".1.layers.\1.2."),
    (r"\.([02])\.conv\.", r".\1.0."),
    (r"\.([02])\.bn\.", r".\1.2."),
    *numbered(r"\.3\.linear{}\.", ".3.weigh.{}.", {"1": 0, "2": 2}),
    (r"^conv\.", "aggregate.0."),
    (r"^pool\.linear1\.", "pooling.reduce."),
    (r"^pool\.linear2\.", "pooling.expand."),
    (r"^bn\.", "norm."),
    (r"^linear\.", "dense."),
)
# wespeaker's file also has its classifier, 3D-Speaker's has the network alone.
_CAMPPLUS_NAMES = (r"head\.conv1\.", r"xvector\.tdnn\.", r"xvector\.block1\.tdnnd1\.")
_CAMPPLUS: Rules = (
    *numbered(r"^head\.{}\.", "head.{}.", {"conv1": 0, "bn1": 1, "conv2": 7, "bn2": 8}),
    *numbered(r"^head\.layer1\.{}\.", "head.{}.", {"0": 3, "1": 4}),
    *numbered(r"^head\.layer2\.{}\.", "head.{}.", {"0": 5, "1": 6}),
    *_BODY,
    (r"^xvector\.tdnn\.linear\.", "start.0."),
    (r"^xvector\.tdnn\.nonlinear\.batchnorm\.", "start.1."),
    *numbered(r"^(xvector\.block\d+\.)tdnnd{}\.", r"\g<1>{}.", {str(n + 1): n for n in range(24)}),
    *numbered(r"^xvector\.block{}\.", "blocks.{}.", {"1": 0, "2": 1, "3": 2}),
    *numbered(r"^xvector\.transit{}\.", "blocks.{}.", {"1": "0.12", "2": "1.24", "3": "2.16"}),
    (r"^(blocks\.\d+\.\d+\.)nonlinear\.batchnorm\.", r"\g<1>0."),
    (r"^(blocks\.\d+\.\d+\.)linear\.", r"\g<1>2."),
    (r"\.nonlinear1\.batchnorm\.", ".reduce.0."),
    (r"^(blocks\.\d+\.\d+\.)linear1\.", r"\1reduce.2."),
    (r"\.nonlinear2\.batchnorm\.", ".norm."),
    (r"\.cam_layer\.linear_local\.", ".masked.conv."),
    (r"\.cam_layer\.linear1\.", ".masked.reduce."),
    (r"\.cam_layer\.linear2\.", ".masked.expand."),
    (r"^xvector\.out_nonlinear\.batchnorm\.", "norm."),
    (r"^xvector\.dense\.linear\.", "dense."),
    (r"^xvector\.dense\.nonlinear\.batchnorm\.", "embedding_norm."),
)


def _pooled(network: Network, name: str, channels: int) -> tuple[dict[str, object], int]:
    """Return the embedding's length and the mel bins of a network of four stages and TSTP."""
    if network.count(r"seg_2\.weight"):
        raise network.unknown("a network with two_emb_layer: true")
    if network.count(r"pool\."):
        raise network.unknown("a ResNet with another pooling than TSTP")
    embedding_dim = network.embedding_dim(name)
    pooled = network.shape(name, 2)[1]
    return {"embedding_dim": embedding_dim}, 8 * pooled // (2 * channels)


def _recognise_resnet(network: Network) -> Recognised:
    is_bottleneck = network.count(r"layer1\.0\.conv3\.")
    channels = network.shape("conv1.weight", 4)[0]
    depth = (_BOTTLENECK if is_bottleneck else _BASIC).get(network.blocks())
    if depth is None:
        raise network.unknown(f"a ResNet of {network.blocks()} blocks")
    last = channels * (32 if is_bottleneck else 8)
    return Recognised(f"resnet{depth}_c{channels}", *_pooled(network, "seg_1.weight", last))


def _recognise_simam(network: Network) -> Recognised:
    channels = network.shape("front.conv1.weight", 4)[0]
    blocks = network.blocks(r"front\.")
    depth = _SIMAM.get(blocks)
    if depth is None:
        raise network.unknown(f"a SimAM-ResNet of {blocks} blocks")
    inputs = network.shape("pooling.attention.0.weight", 3)[1]
    options = {"embedding_dim": network.embedding_dim("bottleneck.weight")}
    return Recognised(f"simam_resnet{depth}_c{channels}", options, inputs // channels)


def _recognise_eres2net(network: Network) -> Recognised:
    channels = network.shape("conv1.weight", 4)[0]
    width = network.shape("layer1.0.convs.0.weight", 4)[0]
    scale = network.count(r"layer1\.0\.convs\.\d+\.")
    out_channels = network.shape("layer1.0.conv3.weight", 4)[0]
    expansion, depth = out_channels // channels, _ERES2NET_DEPTHS.get(network.blocks())
    if depth is None:
        raise network.unknown(f"an ERes2Net of {network.blocks()} blocks")
    version = "_v2" if network.count(r"layer3_ds\.") else ""
    suffix = "" if expansion == 2 else f"_e{expansion}"
    name = f"eres2net{depth}{version}_w{width}_s{scale}_c{channels}{suffix}"
    return Recognised(name, *_pooled(network, "seg_1.weight", 8 * out_channels))


def _recognise_ecapa(network: Network) -> Recognised:
    channels, num_mel_bins, _ = network.shape("layer1.conv.weight", 3)
    if network.count(r"bn2\."):
        raise network.unknown("an ECAPA-TDNN with emb_bn: true")
    aggregated, attention = (
        network.shape(name, 3) for name in ("conv.weight", "pool.linear1.weight")
    )
    pooling = {"name": "astp", "global_context": attention[1] == 3 * aggregated[0]}
    options = {"embedding_dim": network.embedding_dim("linear.weight"), "pooling": pooling}
    return Recognised(f"ecapa_tdnn_c{channels}", options, num_mel_bins)


def _recognise_campplus(network: Network) -> Recognised:
    growth = network.shape("xvector.block1.tdnnd1.cam_layer.linear_local.weight", 3)[0]
    inputs = network.shape("xvector.tdnn.linear.weight", 3)[1]
    head = network.shape("head.conv1.weight", 4)[0]
    name = "campplus" if growth == 32 else f"campplus_g{growth}"
    options = {"embedding_dim": network.embedding_dim("xvector.dense.linear.weight", 3)}
    return Recognised(name, options, 8 * inputs // max(head, 1))


def _recognise_campplus_of_3d_speaker(network: Network) -> Recognised:
    found = _recognise_campplus(network)
    options = {**found.options, "pooling": {"name": "tstp", "epsilon": 0.0}}
    return found._replace(options=options)


FAMILIES = (
    Family(
        "an ERes2Net of wespeaker",
        (r"layer1\.0\.convs\.", r"fuse_mode12\.", r"layer3\.0\.conv2_1\."),
        _recognise_eres2net,
        _FIRST_APART,
        _BASE,
        _IGNORED,
    ),
    Family(
        "an ERes2Net or ERes2NetV2 of 3D-Speaker",
        (r"layer1\.0\.convs\.", r"(fuse34|fuse_mode12)\.", r"seg_1\."),
        _recognise_eres2net,
        _ERES2NET,
        _BASE_3D_SPEAKER,
        _IGNORED,
    ),
    Family(
        "a SimAM-ResNet of wespeaker",
        (r"front\.layer1\.", r"pooling\.attention\.0\."),
        _recognise_simam,
        _SIMAM_RESNET,
        _BASE,
        _IGNORED,
    ),
    Family(
        "a ResNet of wespeaker",
        (r"conv1\.weight", r"layer1\.0\.conv1\.", r"seg_1\."),
        _recognise_resnet,
        _RESNET,
        _BASE,
        _IGNORED,
    ),
    Family(
        "an ECAPA-TDNN of wespeaker",
        (r"layer1\.conv\.", r"layer2\.se_res2block\.", r"pool\.linear1\."),
        _recognise_ecapa,
        _ECAPA,
        _BASE,
        _IGNORED,
    ),
    Family(
        "a CAM++ of wespeaker",
        (*_CAMPPLUS_NAMES, r"projection\."),
        _recognise_campplus,
        _CAMPPLUS,
        _BASE,
        _IGNORED,
    ),
    Family(
        "a CAM++ of 3D-Speaker",
        _CAMPPLUS_NAMES,
        _recognise_campplus_of_3d_speaker,
        _CAMPPLUS,
        _BASE_3D_SPEAKER,
    ),
)
