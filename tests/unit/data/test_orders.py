import numpy as np
import pytest

from speakernet.config import UserError, configure
from speakernet.data.config import ORDERS
from speakernet.data.loader import BatchLayout
from speakernet.data.orders import (
    Blocks,
    Order,
    Permutation,
    Skip,
    SpeakerGroups,
    Stream,
    build_order,
)

LABELS = np.repeat(np.arange(7), [9, 4, 30, 2, 5, 1, 12]).astype(np.int32)

EXAMPLES: dict[str, Order] = {
    "permutation": Permutation(50, seed=1),
    "skip": Skip(50, seed=1, probability=0.1),
    "blocks": Blocks(50, seed=1, block_size=4, in_window=3),
    "speakers": SpeakerGroups(LABELS, seed=1, group=2, batch=8, maximum=20),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_passes_depend_on_seed_and_number_only(name: str) -> None:
    order = EXAMPLES[name]
    first = order.indices(3)
    assert np.array_equal(first, order.indices(3))
    assert not np.array_equal(first, order.indices(4))
    assert len(first) == len(order.indices(4)) == order.length


@pytest.mark.parametrize("name", ["permutation", "blocks"])
def test_permutations_hold_everything_once(name: str) -> None:
    assert sorted(EXAMPLES[name].indices(0)) == list(range(50))


def test_skip_leaves_another_tenth_out_and_keeps_the_order() -> None:
    order = Skip(50, seed=1, probability=0.1)
    place = {utterance: place for place, utterance in enumerate(order.fixed.tolist())}
    left_out = []
    for number in range(2):
        places = [place[u] for u in order.indices(number).tolist()]
        assert places == sorted(places) and len(places) == 45
        left_out.append(set(range(50)) - set(places))
    assert left_out[0] != left_out[1]
    assert order.epoch_length == 50


def test_skip_may_not_leave_everything_out() -> None:
    with pytest.raises(UserError, match="leaves out all of 3 utterances"):
        Skip(3, seed=1, probability=0.9)


def test_blocks_stay_within_their_window() -> None:
    order = Blocks(100, seed=3, block_size=10, in_window=2)
    for window in np.split(order.indices(0), 5):
        assert len({utterance // 10 for utterance in window.tolist()}) == 2


def test_the_next_window_is_fetched_in_the_order_of_the_disk() -> None:
    stream = Stream(Blocks(100, seed=3, block_size=10, in_window=2))
    for window in range(7):  # five a pass
        fetched = [stream.upcoming(window * 20 + batch * 5, 5) for batch in range(4)]
        following = stream.take((window + 1) * 20, 20)
        assert np.array_equal(np.concatenate(fetched), np.sort(following))


def test_speakers_come_once_a_batch_in_whole_groups() -> None:
    order = SpeakerGroups(LABELS, seed=1, group=2, batch=8, maximum=20)
    passes = [order.indices(number) for number in range(3)]
    for batches in passes:
        assert len(set(batches.tolist())) == len(batches)  # no utterance twice in a pass
        for batch in batches.reshape(-1, 4, 2):
            assert (LABELS[batch[:, 0]] == LABELS[batch[:, 1]]).all()
            assert len(set(LABELS[batch[:, 0]].tolist())) == 4
    assert max(np.bincount(LABELS[passes[0]])) <= 20


def test_speakers_fill_as_many_batches_as_can_be() -> None:
    # Groups of two: 4, 2, 10, 1, 2, 0, 6. 4 + 2 + 4 + 1 + 2 + 4 >= 16; 19 < 20.
    order = SpeakerGroups(LABELS, seed=1, group=2, batch=8, maximum=20)
    assert order.num_batches == 4


def test_too_few_speakers_for_a_batch_is_an_error() -> None:
    with pytest.raises(UserError, match="6 speakers have that many"):
        SpeakerGroups(LABELS, seed=1, group=2, batch=16, maximum=20)


def test_a_stream_can_be_entered_anywhere() -> None:
    stream = Stream(Permutation(7, seed=0))
    whole = stream.take(0, 40)
    assert sorted(whole[:7]) == sorted(whole[7:14]) == list(range(7))
    for first in (0, 5, 6, 13, 30):
        assert np.array_equal(Stream(Permutation(7, seed=0)).take(first, 10), whole[first:][:10])


def test_ranks_and_micro_batches_cut_the_global_batch_exactly() -> None:
    taken = [
        BatchLayout(batch_size=3, accumulate=2, world_size=4, rank=rank).first_sample(micro_batch)
        for micro_batch in range(2 * 5)
        for rank in range(4)
    ]
    assert sorted(taken) == list(range(0, 3 * 2 * 4 * 5, 3))
    assert max(taken[:8]) < BatchLayout(3, 2, 4).global_batch <= min(taken[8:])


def test_config_chooses_the_order() -> None:
    kinds = {
        "permutation": Permutation,
        "skip": Skip,
        "blocks": Blocks,
        "speaker_groups": SpeakerGroups,
    }
    assert sorted(kinds) == ORDERS.names()
    for name, kind in kinds.items():
        order = build_order(configure(ORDERS, name), LABELS, 0, group=2, global_batch=8)
        assert type(order) is kind
