"""Shuffled batches: every row once in an epoch, the order from the seed and the epoch alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.batches import Shuffled, as_batches


def rows(epoch):
    return [target.tolist() for _, target in epoch]


@given(st.integers(1, 50), st.integers(1, 12), st.integers(0, 3), st.sampled_from(["new", "once", "kept"]))
def test_every_row_comes_once(n, size, k, order):
    x = np.arange(2 * n).reshape(n, 2)
    batches = Shuffled(x, np.arange(n), size, order=order)
    epoch = batches.epoch(k)
    assert len(epoch) == len(batches) == -(-n // size)
    seen = np.concatenate([target for _, target in epoch])
    np.testing.assert_array_equal(np.sort(seen), np.arange(n))
    for given_x, target in epoch:
        np.testing.assert_array_equal(given_x, x[target])
        assert batches.count(given_x, target) == len(target)
    assert [len(target) for _, target in epoch][:-1] == [size] * (len(batches) - 1)


def test_the_order_follows_from_the_seed_and_the_epoch():
    def orders(seed, order="new"):
        batches = Shuffled(np.arange(40), np.arange(40), 8, seed=seed, order=order)
        return [rows(batches.epoch(k)) for k in (0, 1, 2)]

    assert orders(1) == orders(1)
    assert orders(1) != orders(2)
    first, second, third = orders(1)
    assert first != second != third != first
    assert first != [list(range(i, i + 8)) for i in range(0, 40, 8)]
    once = orders(1, "once")
    assert once == [first] * 3
    assert orders(1, "kept") == [[list(range(i, i + 8)) for i in range(0, 40, 8)]] * 3


def test_epochs_may_be_asked_for_in_any_order():
    batches = Shuffled(np.arange(10), np.arange(10), 3)
    late = batches.epoch(7)
    early = batches.epoch(0)
    np.testing.assert_array_equal(late[2][0], Shuffled(np.arange(10), np.arange(10), 3).epoch(7)[2][0])
    np.testing.assert_array_equal(early[-1][0], early[3][0])


def test_a_last_smaller_batch_may_be_dropped():
    batches = Shuffled(np.arange(10), np.arange(10), 4, drop_last=True)
    assert [len(target) for target in rows(batches.epoch(0))] == [4, 4]
    left_out = [set(range(10)) - {i for batch in rows(batches.epoch(k)) for i in batch} for k in range(6)]
    assert len(set(map(tuple, left_out))) > 1  # not the same ones in all epochs


def test_nested_inputs_and_targets_stay_together():
    a, b, c = np.arange(12).reshape(6, 2), np.arange(6.0), np.arange(6)
    for (first, (second,)), [third] in Shuffled([a, [b]], [c], 4).epoch(1):
        np.testing.assert_array_equal(first, a[third])
        np.testing.assert_array_equal(second, b[third])


def test_steps_first():
    x, lengths = np.arange(5 * 3 * 2).reshape(5, 3, 2), np.arange(5)
    target = np.arange(15).reshape(5, 3)
    batches = Shuffled([x, lengths], target, 2, order="kept", steps_first=True)
    (first, some), target_of_first = batches.epoch(0)[0]
    np.testing.assert_array_equal(first, x[:2].transpose(1, 0, 2))
    np.testing.assert_array_equal(some, [0, 1])
    np.testing.assert_array_equal(target_of_first, target[:2].T)
    assert [batches.count(*batch) for batch in batches.epoch(0)] == [2, 2, 1]
    batches = Shuffled(x, target, 2, order="kept", steps_first=True, target_steps_first=False)
    np.testing.assert_array_equal(batches.epoch(0)[0][1], target[:2])


def test_what_a_batch_is_written_to_stays_in_it():
    x = np.zeros((4, 1))
    batch, _ = Shuffled(x, np.zeros(4), 4, order="kept", steps_first=True).epoch(0)[0]
    batch[:] = 1
    assert not x.any()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((np.zeros((3, 2)), np.zeros(4), 2), ValueError, "as many rows: x has 3 rows and target has 4 rows"),
        (([np.zeros(3), np.zeros(2)], np.zeros(3), 2), ValueError, "x has 3 rows and x has 2 rows"),
        ((np.zeros(3), 7, 2), ValueError, "target is meant to hold arrays with rows in front; it has an array of"),
        ((np.array(["a"]), np.zeros(1), 1), ValueError, "x is meant to hold arrays .* of <U1"),
        ((np.zeros((0, 2)), np.zeros(0), 2), ValueError, "there are no rows: x has 0 rows"),
        ((np.zeros(3), np.zeros(3), 0), ValueError, "size must be at least 1, not 0"),
        (([], [], 1), ValueError, "there are no rows: x and target hold no array"),
    ],
)
def test_wrong_data_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        Shuffled(*arguments)


def test_wrong_options_are_refused():
    data = np.zeros(3), np.zeros(3)
    with pytest.raises(ValueError, match="there is no batch of 4 rows in 3; take fewer, or keep the last batch"):
        Shuffled(*data, 4, drop_last=True)
    with pytest.raises(ValueError, match=r'order is "new" \(for each epoch\), "once" or "kept", not True'):
        Shuffled(*data, 1, order=True)
    with pytest.raises(ValueError, match="seed must be at least 0, not -1"):
        Shuffled(*data, 1, seed=-1)


def test_lists_of_numbers_are_arrays():
    x, target = Shuffled([[1.0, 2.0], [3.0, 4.0]], [5, 6], 2, order="kept").epoch(0)[0]
    np.testing.assert_array_equal(x, [[1, 2], [3, 4]])
    np.testing.assert_array_equal(target, [5, 6])
    with pytest.raises(ValueError, match=r"x\[1\] differs in length from those before it.*Ragged"):
        Shuffled([[1.0, 2.0], [3.0]], [5, 6], 2)


def test_a_target_without_the_steps_of_the_sequences_is_asked_about():
    x, target = np.zeros((8, 5, 1)), np.zeros((8, 1))
    with pytest.raises(ValueError, match=r"have 5 steps and the target is an array of shape 8x1"):
        Shuffled(x, target, 4, steps_first=True)
    assert Shuffled(x, target, 4, steps_first=True, target_steps_first=False).epoch(0)[0][1].shape == (4, 1)


def test_a_slice_of_an_epoch_is_a_list_and_iterating_is_epoch_0():
    batches = Shuffled(np.arange(6), np.arange(6), 2, seed=1)
    assert len(batches.epoch(1)[:2]) == 2
    for (x, _), (first, _) in zip(batches, batches.epoch(0), strict=True):
        np.testing.assert_array_equal(x, first)
    with pytest.raises(TypeError, match="the place of a batch must be an integer"):
        batches.epoch(0)["a"]


def test_the_largest_of_listed_pairs_is_that_with_most_numbers():
    pairs = [(np.zeros((4, 1)), 0), (np.zeros((400, 1)), 0), (np.zeros((40, 1)), 0)]
    assert as_batches(pairs).largest()[0].shape == (400, 1)
