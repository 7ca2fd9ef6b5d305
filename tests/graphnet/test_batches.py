"""Contiguous batches, the protocol of all batchers, and vocabularies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.batches import Batches, Contiguous, Epoch, Vocabulary, as_batches


def test_the_example_of_eight_letters():
    vocabulary = Vocabulary("abcdefgh")
    batches = Contiguous(vocabulary.encode("abcdefgh"), 2, 2)
    rows = [[vocabulary.decode(row) for row in x.T] for x, _ in batches]
    assert rows == [["ab", "ef"], ["cd", "gh"]]
    assert len(batches) == 2
    assert batches.unit == "characters"
    assert [batches.count(x, target) for x, target in batches] == [4, 4]


@given(st.integers(1, 200), st.integers(1, 5), st.integers(1, 5))
def test_all_but_the_surplus_comes_once_and_targets_follow(length, n_rows, n_steps):
    sequence = np.arange(length)
    if length < n_rows * n_steps:
        with pytest.raises(ValueError, match=f"needs {n_rows * n_steps} characters, and there are {length}"):
            Contiguous(sequence, n_rows, n_steps)
        return
    batches = Contiguous(sequence, n_rows, n_steps)
    inputs = np.array([x for x, _ in batches.epoch(3)])  # batch, step, row
    targets = np.array([target for _, target in batches.epoch(3)])
    assert inputs.shape == targets.shape == (len(batches), n_steps, n_rows)
    rows = inputs.transpose(2, 0, 1).reshape(n_rows, -1)  # each row continues in the next batch
    np.testing.assert_array_equal(rows.ravel(), sequence[: rows.size])
    assert length - rows.size < n_rows * n_steps
    np.testing.assert_array_equal(targets, (inputs + 1) % length)
    other = Contiguous(sequence, n_rows, n_steps, batch_first=True)
    np.testing.assert_array_equal([x.T for x, _ in other], inputs)
    np.testing.assert_array_equal([target.T for _, target in other], targets)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([0, 1], 0, 1), ValueError, "n_rows must be at least 1, not 0"),
        (([0, 1], 1, 1.5), TypeError, "n_steps must be an integer, not 1.5"),
        (([[0, 1]], 1, 1), ValueError, r"one sequence of integers, not of int64 of shape \(1, 2\)"),
        (([0.5], 1, 1), ValueError, "one sequence of integers, not of float64"),
        (([], 1, 1), ValueError, "needs 1 characters, and there are 0"),
    ],
)
def test_wrong_contiguous_batches_are_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        Contiguous(*arguments)


def test_the_unit_stands_in_the_message():
    with pytest.raises(ValueError, match="needs 6 samples, and there are 5"):
        Contiguous(range(5), 2, 3, unit="samples")


def test_there_is_no_batch_beyond_the_last():
    batches = Contiguous(range(8), 2, 2)
    for i in (2, -3):
        with pytest.raises(IndexError, match=f"no batch {i}; they run from 0 to 1"):
            batches.epoch(0)[i]
    np.testing.assert_array_equal(batches.epoch(0)[-1][0], batches[1][0])
    assert len(batches.epoch(0)) == 2


def test_what_a_batch_is_written_to_stays_in_it():
    for batch_first in (False, True):
        batches = Contiguous(range(8), 2, 2, batch_first=batch_first)
        x, target = batches[0]
        x[:] = target[:] = 99
        assert batches.inputs.max() == batches.targets.max() == 7


class Squares(Batches):
    def __len__(self):
        return 3

    def epoch(self, k):
        return Epoch(3, lambda i: (np.full(2, k + i), np.full(2, (k + i) ** 2)))


def test_a_batcher_of_ones_own():
    assert [int(target[0]) for _, target in Squares().epoch(1)] == [1, 4, 9]
    assert [int(target[0]) for _, target in Squares()] == [0, 1, 4]
    assert as_batches(Squares()).unit == "batches"
    assert Squares().count(*Squares()[0]) == 1
    np.testing.assert_array_equal(Squares().largest(), Squares()[0])
    for method in (len, lambda batches: batches.epoch(0)):
        with pytest.raises(NotImplementedError, match="Batches does not define"):
            method(Batches())


def test_pairs_are_batches():
    pairs = [(np.zeros(2), np.ones(1)), [np.ones(2), np.zeros(1)]]
    batches = as_batches(pairs)
    assert len(batches) == 2
    assert batches.epoch(5)[1][0] is pairs[1][0]


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ([], ValueError, "there is no batch"),
        ([np.zeros(2)], TypeError, "a batch is a pair of an input and a target; number 0 is ndarray"),
        ([(1, 2), (1, 2, 3)], TypeError, "number 1 is tuple"),
        ((pair for pair in [(1, 2)]), TypeError, "a batcher of graphnet.batches or a list of pairs .* not generator"),
    ],
)
def test_other_data_are_refused(data, error, message):
    with pytest.raises(error, match=message):
        as_batches(data)


@given(st.text(min_size=1))
def test_a_vocabulary_is_sorted_and_encodes_both_ways(text):
    vocabulary = Vocabulary(text)
    assert list(vocabulary.symbols) == sorted(set(text))
    assert vocabulary.decode(vocabulary.encode(text)) == text
    assert Vocabulary(reversed(text)).symbols == vocabulary.symbols


@pytest.mark.parametrize(("text", "place"), [("xab", 0), ("axb", 1), ("abx", 2)])
def test_an_unknown_character_is_named_with_its_place(text, place):
    with pytest.raises(ValueError, match=rf"the character 'x' \(U\+0078\) at place {place} is not among the 2 symbols"):
        Vocabulary("ab").encode(text)
    with pytest.raises(ValueError, match="'é'"):
        Vocabulary("").encode("é")


def test_an_index_out_of_range_is_refused():
    for index in (-1, 2):
        with pytest.raises(IndexError, match=f"the index {index} is out of range; indices run from 0 to 1"):
            Vocabulary("ab").decode([0, index])
    assert Vocabulary("").encode("").size == 0
