"""ECAPA-TDNN of SpeechBrain, whose state dict is called embedding_model.ckpt."""

from speakernet.nn.upstream.family import Family, Network, Recognised, Rules, numbered

_RULES: Rules = (
    (r"\.conv\.conv\.", ".conv."),
    (r"\.norm\.norm\.", ".norm."),
    (r"^blocks\.0\.conv\.", "first.0."),
    (r"^blocks\.0\.norm\.", "first.2."),
    *numbered(r"^blocks\.{}\.", "blocks.{}.", {"1": 0, "2": 1, "3": 2}),
    (r"\.tdnn1\.conv\.", ".0.0."),
    (r"\.tdnn1\.norm\.", ".0.2."),
    (r"\.res2net_block\.blocks\.(\d+)\.conv\.", r".1.layers.\1.0."),
    (r"\.res2net_block\.blocks\.(\d+)\.norm\.", r".1.layers.\1.2."),
    (r"\.tdnn2\.conv\.", ".2.0."),
    (r"\.tdnn2\.norm\.", ".2.2."),
    *numbered(r"\.se_block\.conv{}\.conv\.", ".3.weigh.{}.", {"1": 0, "2": 2}),
    (r"^mfa\.conv\.", "aggregate.0."),
    (r"^mfa\.norm\.", "aggregate.2."),
    (r"^asp\.tdnn\.conv\.", "pooling.reduce."),
    (r"^asp\.tdnn\.norm\.", "pooling.activation.1."),
    (r"^asp\.conv\.", "pooling.expand."),
    (r"^asp_bn\.norm\.", "norm."),
    (r"^fc\.conv\.", "dense."),
)


def _recognise(network: Network) -> Recognised:
    channels, num_mel_bins, _ = network.shape("blocks.0.conv.conv.weight", 3)
    aggregated = network.shape("mfa.conv.conv.weight", 3)[0]
    attention = network.shape("asp.tdnn.conv.conv.weight", 3)[1]
    if aggregated != 3 * channels or num_mel_bins != 80:
        sizes = f"{channels} and {aggregated} channels on {num_mel_bins} mel bins"
        raise network.unknown(f"an ECAPA-TDNN of {sizes}")
    pooling = {"name": "asp_norm_tanh", "global_context": attention == 3 * aggregated}
    options = {"embedding_dim": network.embedding_dim("fc.conv.weight", 3), "pooling": pooling}
    return Recognised(f"ecapa_speechbrain_c{channels}", options, 0)


FAMILIES = (
    Family(
        "an ECAPA-TDNN of SpeechBrain",
        (r"blocks\.0\.conv\.conv\.", r"blocks\.1\.res2net_block\.", r"asp\.tdnn\.", r"fc\.conv\."),
        _recognise,
        _RULES,
        "speechbrain_published.yaml",
    ),
)
