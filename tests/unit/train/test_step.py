"""Micro-batches: the flat gradient, accumulation, what is compiled, and a whole update."""

import copy
from typing import Any, Literal

import pytest
import torch
from torch import Tensor, nn

from speakernet.config import configure
from speakernet.data.loader import MicroBatch
from speakernet.nn.layers.checkpointing import BlockSequence
from speakernet.nn.losses import LOSSES, build_loss
from speakernet.nn.models import MODELS, build_model
from speakernet.optim.optimizers import OPTIMIZERS
from speakernet.optim.optimizers.sgd import Sgd
from speakernet.train.config import TrainConfig
from speakernet.train.distributed import World
from speakernet.train.objective import Objective
from speakernet.train.step import GradientAccumulator, GradientBuffer
from speakernet.train.update import Updater

NUM_SPEAKERS, MEL = 7, 8
CPU = World(rank=0, size=1, local_rank=0, local_size=1, device=torch.device("cpu"))


def objective_of(name: str = "res2net14_w4_s3_c4", **settings: Any) -> Objective:
    """Return a small network with a margin loss, in float64 unless a precision is given."""
    torch.manual_seed(1)
    model = build_model(configure(MODELS, name, embedding_dim=16), input_dim=MEL)
    config = configure(LOSSES, "sc_cm", margin=0.2, num_centers=2)
    loss = build_loss(config, embedding_dim=16, num_classes=NUM_SPEAKERS)
    objective = Objective(model, loss, TrainConfig(**settings)).train()
    return objective if "precision" in settings else objective.double()


def batches_of(count: int, dtype: torch.dtype = torch.float64) -> list[MicroBatch]:
    """Return micro-batches of four random crops."""
    generator = torch.Generator().manual_seed(2)
    return [
        MicroBatch(
            torch.randn(4, 24, MEL, generator=generator, dtype=dtype),
            torch.randint(NUM_SPEAKERS, (4,), generator=generator),
        )
        for _ in range(count)
    ]


def scaler() -> torch.amp.GradScaler:
    """Return a scaler that does nothing."""
    return torch.amp.GradScaler("cpu", enabled=False)


def tensor(inputs: object) -> Tensor:
    assert isinstance(inputs, Tensor)
    return inputs


def collect(
    objective: Objective, batches: list[MicroBatch], **settings: Any
) -> GradientAccumulator:
    """Go through ``batches`` as one update."""
    train = TrainConfig(accumulate=len(batches), **settings)
    micro_batches = GradientAccumulator(objective, train, scaler())
    micro_batches.start(0.2)
    for batch in batches:
        micro_batches.add(tensor(batch.inputs), batch.labels)
    return micro_batches


def test_gradients_equal_those_of_backward() -> None:
    objective, batches = objective_of(), batches_of(3)
    plain = copy.deepcopy(objective)
    losses = [plain(*batch, torch.tensor(0.2, dtype=torch.float64)) for batch in batches]
    (sum(loss for loss, _ in losses) / 3).backward()
    micro_batches = collect(objective, batches)
    for ours, theirs in zip(objective.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(ours.grad, theirs.grad, rtol=1e-9, atol=1e-12)
    loss, accuracy = micro_batches.means()
    assert float(loss) == pytest.approx(float(sum(x.detach() for x, _ in losses) / 3))
    assert float(accuracy) == pytest.approx(float(sum(x for _, x in losses) / 3))


def test_running_averages_see_every_micro_batch() -> None:
    objective, batches = objective_of(), batches_of(2)
    plain = copy.deepcopy(objective)
    for batch in batches:
        plain.model(batch.inputs)
    collect(objective, batches)
    for ours, theirs in zip(objective.buffers(), plain.buffers(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_a_new_update_starts_from_zero_and_gradients_stay_where_they_are() -> None:
    objective, batches = objective_of(), batches_of(1)
    micro_batches = collect(objective, batches)
    parameters = list(objective.parameters())
    places = [p.grad.data_ptr() for p in parameters if p.grad is not None]
    first = micro_batches.gradients.flat.clone()
    for parameter in parameters:
        parameter.grad = None
    micro_batches.start(0.2)
    assert not micro_batches.gradients.flat.any()
    assert [p.grad.data_ptr() for p in parameters if p.grad is not None] == places
    micro_batches.add(tensor(batches[0].inputs), batches[0].labels)
    torch.testing.assert_close(micro_batches.gradients.flat, first)


def test_flat_gradient_keeps_layouts_and_alignment() -> None:
    conv = nn.Conv2d(3, 5, 3, bias=True).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    scalar = nn.Parameter(torch.tensor(2.0))
    unused = nn.Parameter(torch.ones(3))
    buffer = GradientBuffer([conv.weight, conv.bias, scalar, unused])
    buffer.add((conv(torch.ones(1, 3, 4, 4)) * scalar).sum())
    assert conv.weight.grad is not None and conv.weight.grad.stride() == conv.weight.stride()
    assert all(view.storage_offset() % 4 == 0 for view in buffer.views)
    assert scalar.grad is not None and scalar.grad.shape == ()
    assert unused.grad is not None and not unused.grad.any()
    norms = sum(float(view.square().sum()) for view in buffer.views)
    assert float(buffer.flat.square().sum()) == pytest.approx(norms)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_update_equals_a_plain_loop(precision: Literal["fp32", "bf16"]) -> None:
    objective = objective_of(precision=precision)
    batches = batches_of(2, torch.float32)
    expected = plain_update(copy.deepcopy(objective), batches)
    optim = Sgd()
    updater = Updater(objective, TrainConfig(accumulate=2, precision=precision), optim, CPU)
    updater(iter(batches), 0.1, 0.2)
    for ours, theirs in zip(objective.parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-6)


def plain_update(objective: Objective, batches: list[MicroBatch]) -> Objective:
    """Update as a loop without any of the package's helpers would."""
    parameters = list(objective.parameters())
    optimizer = torch.optim.SGD(parameters, lr=0.1, momentum=0.9)
    for batch in batches:
        (objective(*batch, torch.tensor(0.2))[0] / len(batches)).backward()
    for parameter in parameters:
        assert parameter.grad is not None
        parameter.grad.add_(parameter.detach(), alpha=1e-3)
    nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()
    return objective


def test_cuda_graph_is_ignored_on_a_cpu() -> None:
    batches = batches_of(1)
    plain, graphed = (collect(objective_of(), batches, cuda_graph=g) for g in (False, True))
    assert torch.equal(plain.gradients.flat, graphed.gradients.flat)


def test_compiled_blocks_share_code_and_leave_evaluation_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled: list[Any] = []
    real = torch.compile

    def keep(graph: Any, _: Any) -> Any:
        compiled.append(graph)
        return graph

    def compile_without_compiler(function: Any, **options: Any) -> Any:
        assert options == {"dynamic": False}
        return real(function, backend=keep)

    monkeypatch.setattr(torch, "compile", compile_without_compiler)
    blocks = BlockSequence(nn.Sequential(nn.Linear(4, 4), nn.ReLU()) for _ in range(3))
    plain = copy.deepcopy(blocks)
    blocks.compile_for_training()
    x = torch.randn(5, 4, requires_grad=True)
    assert torch.equal(blocks.eval()(x), plain.eval()(x)) and not compiled
    assert torch.equal(blocks.train()(x), plain.train()(x))
    assert len(compiled) == 1
    assert blocks.state_dict().keys() == plain.state_dict().keys()


def test_compile_takes_blocks_or_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[Any] = []

    def note(function: Any, **_: Any) -> Any:
        compiled.append(function)
        return function

    monkeypatch.setattr(torch, "compile", note)
    batches = batches_of(1)
    plain = collect(objective_of(), batches).gradients.flat
    assert torch.equal(plain, collect(objective_of(), batches, compile=True).gradients.flat)
    assert len(compiled) == 4  # stages
    whole = objective_of("tdnn_c8")
    collect(whole, batches, compile=True)
    assert compiled[4:] == [whole]


@pytest.mark.parametrize("optimizer", OPTIMIZERS.names())
def test_going_on_in_another_layout_changes_nothing(optimizer: str) -> None:
    """Moments were saved in the order of other strides; a fused update pairs them by place."""
    batches = batches_of(4)
    objectives = [objective_of(channels_last=channels_last) for channels_last in (False, True)]
    updaters = [
        Updater(objective, TrainConfig(), configure(OPTIMIZERS, optimizer), CPU)
        for objective in objectives
    ]
    for batch in batches[:2]:
        updaters[0](iter([batch]), 0.01, 0.1)
    objectives[1].load_state_dict(objectives[0].state_dict())
    updaters[1].load_state_dict(copy.deepcopy(updaters[0].state_dict()))
    for batch in batches[2:]:
        for updater in updaters:
            updater(iter([batch]), 0.01, 0.1)
    for one, other in zip(*(o.parameters() for o in objectives), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-8)
