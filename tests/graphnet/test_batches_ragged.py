"""Ragged batches: padded, with their lengths, those of like length together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.batches import Ragged

LENGTHS = st.lists(st.integers(0, 9), min_size=1, max_size=40).filter(any)


@given(LENGTHS, st.integers(1, 7), st.integers(0, 2), st.booleans(), st.booleans(), st.booleans())
def test_every_row_comes_once_and_whole(lengths, size, k, bucket, vectors, batch_first):
    # Each element tells its row and its step, so every row is known again.
    sequences = [100 * row + np.arange(1, n + 1) for row, n in enumerate(lengths)]
    given_sequences = [np.stack([s, -s], 1).astype(float) for s in sequences] if vectors else sequences
    batches = Ragged(given_sequences, sequences, size, bucket=bucket, batch_first=batch_first)
    seen = []
    for [x, rows_lengths], target in batches.epoch(k):
        assert batches.count([x, rows_lengths], target) == rows_lengths.sum()
        if batch_first:
            x, target = x.swapaxes(0, 1), target.swapaxes(0, 1)
        assert x.shape[:2] == target.shape == (max(1, *rows_lengths, 0), len(rows_lengths))
        inside = np.arange(len(x))[:, None] < rows_lengths
        symbols = x[..., 0] if vectors else x
        assert (target[~inside] == -100).all()
        assert not x[~inside].any()
        np.testing.assert_array_equal(symbols[inside], target[inside])
        if vectors:
            np.testing.assert_array_equal(x[..., 1][inside], -target[inside])
        seen += [column[:n].tolist() for column, n in zip(target.T, rows_lengths, strict=True)]
    assert sorted(seen) == sorted(s.tolist() for s in sequences)
    assert len(batches.epoch(k)) == len(batches) == -(-len(lengths) // size)


def test_buckets_waste_little():
    lengths = np.random.default_rng(1).geometric(1 / 40, 3000)

    def padding(**options):
        batches = Ragged([np.zeros(n, int) for n in lengths], lengths, 32, **options)
        places = sum(x.size for [x, _], _ in batches.epoch(0))
        return 1 - lengths.sum() / places

    assert padding(bucket=False) > 0.6
    assert padding() < 0.1


def test_the_batches_follow_from_the_seed_and_the_epoch():
    sequences = [np.full(1 + row % 7, row) for row in range(60)]

    def epochs(**options):
        batches = Ragged(sequences, np.arange(60), 8, **options)
        assert batches.unit == "rows"
        return [[target.tolist() for _, target in batches.epoch(k)] for k in range(3)]

    first, second, third = epochs(seed=1)
    assert epochs(seed=1) == [first, second, third]
    assert first != second != third
    assert epochs(seed=2)[0] != first
    assert epochs(seed=1, order="once") == [first] * 3
    assert epochs(order="kept")[1] == [list(range(i, min(i + 8, 60))) for i in range(0, 60, 8)]
    # Not from the shortest to the longest, which would be the same way in every epoch.
    longest = [max(len(sequences[row]) for row in batch) for batch in first]
    assert longest != sorted(longest)


def test_targets_for_rows():
    batches = Ragged([[1], [2, 3]], np.array([[0.5, 1], [2, 3]]), 2, order="kept")
    (x, lengths), target = batches.epoch(0)[0]
    assert target.tolist() == [[0.5, 1], [2, 3]]
    assert batches.count([x, lengths], target) == 2
    assert Ragged([[1], [2, 3]], [7, 8], 2, order="kept").epoch(0)[0][1].tolist() == [7, 8]


def test_the_unit_is_but_a_name():
    batches = Ragged([[1], [2, 3]], [[1], [2, 3]], 2)
    assert batches.unit == "steps"
    batches.unit = "words"
    assert batches.count(*batches[0]) == 3


def test_floating_targets_are_padded_with_zeros():
    _, target = Ragged([[1], [2, 3]], [[0.5], [2.0, 3.0]], 2, order="kept").epoch(0)[0]
    assert target.T.tolist() == [[0.5, 0], [2, 3]]


def test_empty_sequences_take_the_others_shape():
    batches = Ragged([[], np.ones((2, 3))], [0, 1], 2, order="kept")
    (x, lengths), _ = batches.epoch(0)[0]
    assert x.shape == (2, 2, 3)
    assert lengths.tolist() == [0, 2]
    one = Ragged([[], [4]], [[], [5]], 1, order="kept").epoch(0)[0]
    assert one[0][0].shape == (1, 1)
    assert one[1].tolist() == [[-100]]


def test_the_largest_batch():
    batches = Ragged([np.ones(n, int) for n in (3, 9, 1, 7, 2)], np.arange(5), 2)
    (x, lengths), target = batches.largest()
    assert x.shape == (9, 2)
    assert lengths.tolist() == [7, 9]
    assert target.tolist() == [3, 1]


def test_a_last_smaller_batch_may_be_dropped():
    batches = Ragged([[1]] * 5, np.arange(5), 2, drop_last=True)
    assert [len(target) for _, target in batches.epoch(0)] == [2, 2]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([], [], 1), ValueError, "sequences holds no step at all"),
        (([[], []], [0, 1], 1), ValueError, "sequences holds no step at all"),
        (([[1], [2]], [0], 1), ValueError, "there are 2 sequences and 1 targets"),
        (([[1], [2]], [[0]], 1), ValueError, "there are 2 sequences and 1 targets"),
        (([[1], [2]], 3, 1), ValueError, "there are 2 sequences and 0 targets"),
        (([[1, 2], [2]], [[0, 1], [0, 1]], 1), ValueError, "sequence 1 has 1 steps, and its target 2.*np.array"),
        (([np.zeros((2, 3)), np.zeros((2, 4))], [0, 1], 1), ValueError, r"sequences\[1\] has the shape \(4,\)"),
        (([3, 4], [0, 1], 1), ValueError, r"sequences\[0\] is an array of shape scalar; arrays of numbers"),
        ((["ab", "c"], [0, 1], 1), ValueError, r"sequences\[0\] is an array"),
        (([[1]], [0], 0), ValueError, "size must be at least 1, not 0"),
    ],
)
def test_wrong_data_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        Ragged(*arguments)


def test_wrong_options_are_refused():
    with pytest.raises(ValueError, match="there is no batch of 2 sequences in 1; take fewer, or keep the last batch"):
        Ragged([[1]], [0], 2, drop_last=True)
    with pytest.raises(ValueError, match=r"not 'never'"):
        Ragged([[1]], [0], 1, order="never")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint64, bool])
def test_targets_without_a_sign_are_padded_with_what_criterions_ignore(dtype):
    targets = [np.array([1, 0], dtype), np.array([1], dtype)]
    _, target = Ragged([[1, 2], [3]], targets, 2, order="kept").epoch(0)[0]
    np.testing.assert_array_equal(target.T, [[1, 0], [1, -100]])


def test_rows_with_one_target_and_rows_with_many_are_refused():
    with pytest.raises(ValueError, match=r"targets\[0\] is one target and targets\[1\] a target for each step"):
        Ragged([[1, 2], [3]], [1, [2]], 2)
    with pytest.raises(ValueError, match="numbers are meant"):
        Ragged([[1, 2], [3]], ["a", "b"], 2)
