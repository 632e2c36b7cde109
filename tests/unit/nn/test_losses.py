"""Every registered loss: gradients, extremes, precision."""

from typing import Any

import pytest
import torch
from torch.nn import functional

from speakernet.config import UserError, configure
from speakernet.nn.losses import LOSSES, SpeakerLoss, build_loss
from tests.tensors import gradient

CLASSES, DIM = 6, 5
CONFIGS = {name: configure(LOSSES, name) for name in LOSSES.names()}
CLASSIFIERS = [name for name, config in CONFIGS.items() if config.has_class_weights]
OTHERS = [name for name in CONFIGS if name not in CLASSIFIERS]
# Values that make what is special about a loss visible in so small a batch, where it has them.
VISIBLE = {"margin": 0.2, "scale": 8.0, "num_centers": 3, "hard_rank": 1, "hard_probability": 1.0}


def losses_with(option: str) -> list[str]:
    return [name for name in LOSSES.names() if option in LOSSES.options(name).model_fields]


def make_loss(name: str, **settings: Any) -> SpeakerLoss:
    torch.manual_seed(0)
    visible = {key: value for key, value in VISIBLE.items() if name in losses_with(key)}
    config = configure(LOSSES, name, **(visible | settings))
    return build_loss(config, embedding_dim=DIM, num_classes=CLASSES)


def make_batch() -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(3)
    return torch.randn(8, DIM, generator=random), torch.tensor([0, 0, 2, 2, 3, 3, 5, 5])


@pytest.mark.parametrize("name", LOSSES.names())
def test_gradients_equal_finite_differences(name: str) -> None:
    loss = make_loss(name).double()
    embeddings, labels = make_batch()
    wide = embeddings.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: loss(x, labels).loss, (wide,))


@pytest.mark.parametrize("name", LOSSES.names())
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_gradients_are_finite_where_embedding_and_class_are_parallel(
    name: str, sign: float
) -> None:
    loss = make_loss(name)
    embeddings, labels = make_batch()
    if name in CLASSIFIERS:
        embeddings = sign * loss.class_weights().view(CLASSES, -1, DIM)[labels, 0]
    else:
        embeddings = sign * torch.ones_like(embeddings)
    embeddings = embeddings.clone().requires_grad_()
    output = loss(embeddings, labels)
    output.loss.backward()
    assert output.loss.isfinite()
    for tensor in (embeddings, *loss.parameters()):
        assert tensor.grad is None or tensor.grad.isfinite().all()


@pytest.mark.parametrize("name", LOSSES.names())
def test_gradients_are_finite_at_zero(name: str) -> None:
    loss = make_loss(name)
    embeddings = torch.zeros(8, DIM, requires_grad=True)
    loss(embeddings, make_batch()[1]).loss.backward()
    assert gradient(embeddings).isfinite().all()


@pytest.mark.parametrize("name", LOSSES.names())
def test_loss_is_float32_under_autocast(name: str) -> None:
    loss = make_loss(name)
    embeddings, labels = make_batch()
    expected = loss(embeddings.bfloat16().float(), labels).loss
    with torch.autocast("cpu", torch.bfloat16):
        output = loss(embeddings.bfloat16(), labels)
    assert output.loss.dtype == torch.float32
    torch.testing.assert_close(output.loss, expected)


@pytest.mark.parametrize("name", LOSSES.names())
def test_margin_makes_it_harder_where_there_is_one(name: str) -> None:
    loss = make_loss(name)
    batch = make_batch()
    easy, hard = (float(loss(*batch, margin=m).loss.detach()) for m in (0.0, 0.3))
    assert hard > easy if name in losses_with("margin") else hard == easy
    with_tensor = loss(*batch, margin=torch.tensor(0.3)).loss
    assert float(with_tensor.detach()) == pytest.approx(hard)


@pytest.mark.parametrize("name", ["aam", "am", "cm", "cm_voxsrc2020", "sc_am", "sc_cm"])
def test_without_margin_it_is_softmax_on_cosines(name: str) -> None:
    loss = make_loss(name, **({"num_centers": 1} if name in losses_with("num_centers") else {}))
    embeddings, labels = make_batch()
    cosine = functional.normalize(embeddings) @ functional.normalize(loss.class_weights()).T
    expected = functional.cross_entropy(8.0 * cosine, labels)
    output = loss(embeddings, labels, margin=0.0)
    torch.testing.assert_close(output.loss.detach(), expected)
    expected_accuracy = (cosine.argmax(1) == labels).float().mean()
    assert output.accuracy == expected_accuracy


def test_sub_centers_take_the_nearest() -> None:
    loss = make_loss("sc_am", margin=0.0)
    centers = functional.normalize(loss.class_weights().view(CLASSES, 3, DIM), dim=2)
    embeddings, labels = make_batch()
    nearest = torch.einsum("bd,ckd->bck", functional.normalize(embeddings), centers).amax(2)
    torch.testing.assert_close(loss(embeddings, labels).logits.detach(), 8.0 * nearest)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_class_weights_hold_the_centers_of_each_class(name: str) -> None:
    weights = make_loss(name).class_weights()
    rows = CLASSES * (VISIBLE["num_centers"] if name in losses_with("num_centers") else 1)
    assert weights.shape == (rows, DIM)
    assert not weights.requires_grad


@pytest.mark.parametrize("name", OTHERS)
def test_a_loss_without_classifier_has_no_class_weights(name: str) -> None:
    with pytest.raises(UserError, match="no class weights"):
        make_loss(name).class_weights()


@pytest.mark.parametrize("name", losses_with("utterances_per_speaker"))
def test_batch_must_hold_whole_groups(name: str) -> None:
    loss = make_loss(name, utterances_per_speaker=3)
    assert loss.config.group_size == 3
    with pytest.raises(UserError, match="3 utterances a speaker"):
        loss(*make_batch())


def test_ge2e_equals_a_loop() -> None:
    loss = make_loss("ge2e")
    embeddings, labels = make_batch()
    groups, logits = embeddings.view(4, 2, DIM), []
    for speaker in range(4):
        for number in range(2):
            others = [
                groups[speaker, 1 - number] if s == speaker else groups[s].mean(0) for s in range(4)
            ]
            cosine = torch.cosine_similarity(groups[speaker, number], torch.stack(others))
            logits.append(10.0 * cosine.clamp_min(1e-6) - 5.0)
    torch.testing.assert_close(loss(embeddings, labels).logits.detach(), torch.stack(logits))


def test_triplet_takes_the_nearest_negative() -> None:
    loss = make_loss("triplet")
    embeddings, labels = make_batch()
    groups = functional.normalize(embeddings.view(4, 2, DIM), dim=2)
    terms = []
    for a in range(4):
        distances = [(groups[a, 0] - groups[o, 1]).square().sum() for o in range(4)]
        negative = min(d for o, d in enumerate(distances) if o != a)
        terms.append((distances[a] - negative + 0.2).clamp_min(0))
    torch.testing.assert_close(loss(embeddings, labels).loss, torch.stack(terms).mean())


def test_unknown_loss_is_refused() -> None:
    with pytest.raises(UserError, match="unknown loss 'cmm'.*did you mean 'cm'"):
        make_loss("cmm")
