"""Every registered loss: gradients, extremes, precision."""

import pytest
import torch

from speakernet.config import UserError, configure
from speakernet.nn.losses import LOSSES
from tests.tensors import gradient
from tests.unit.nn.losses.small import CLASSES, DIM, VISIBLE, losses_with, make_batch, make_loss

CONFIGS = {name: configure(LOSSES, name) for name in LOSSES.names()}
CLASSIFIERS = [name for name, config in CONFIGS.items() if config.has_class_weights]
OTHERS = [name for name in CONFIGS if name not in CLASSIFIERS]


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


def test_unknown_loss_is_refused() -> None:
    with pytest.raises(UserError, match="unknown loss 'cmm'.*did you mean 'cm'"):
        make_loss("cmm")
