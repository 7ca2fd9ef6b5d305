"""Contiguous batches and vocabularies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphnet.batches import Batches, Vocabulary


def test_the_example_of_eight_letters():
    vocabulary = Vocabulary("abcdefgh")
    batches = Batches(vocabulary.encode("abcdefgh"), 2, 2)
    rows = [["".join(vocabulary.decode([x[row]]) for x in inputs) for row in range(2)] for inputs, _ in batches]
    assert rows == [["ab", "ef"], ["cd", "gh"]]
    assert len(batches) == 2


@given(st.integers(1, 200), st.integers(1, 5), st.integers(1, 5))
def test_all_but_the_surplus_comes_once_and_targets_follow(length, n_rows, n_steps):
    sequence = np.arange(length)
    if length < n_rows * n_steps:
        with pytest.raises(ValueError, match=f"needs {n_rows * n_steps} characters, and there are {length}"):
            Batches(sequence, n_rows, n_steps)
        return
    batches = Batches(sequence, n_rows, n_steps)
    inputs = np.array([batches[k][0] for k in range(len(batches))])  # batch, step, row
    targets = np.array([batches[k][1] for k in range(len(batches))])
    assert inputs.shape == targets.shape == (len(batches), n_steps, n_rows)
    rows = inputs.transpose(2, 0, 1).reshape(n_rows, -1)  # each row continues in the next batch
    np.testing.assert_array_equal(rows.ravel(), sequence[: rows.size])
    assert length - rows.size < n_rows * n_steps
    np.testing.assert_array_equal(targets, (inputs + 1) % length)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 1], 0, 1), "n_rows must be an integer of at least 1, not 0"),
        (([0, 1], 1, 1.5), "n_steps must be an integer of at least 1, not 1.5"),
        (([[0, 1]], 1, 1), r"one sequence of integers, not of int64 of shape \(1, 2\)"),
        (([0.5], 1, 1), "one sequence of integers, not of float64"),
        (([], 1, 1), "needs 1 characters, and there are 0"),
    ],
)
def test_wrong_batches_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        Batches(*arguments)


def test_there_is_no_batch_beyond_the_last():
    with pytest.raises(IndexError, match="no batch 2; they run from 0 to 1"):
        Batches(range(8), 2, 2)[2]


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
