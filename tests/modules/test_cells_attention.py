"""Attention is its equations; padding has no weight and no gradient; a decoder looks where its h asks it to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import check_gradients, gModule
from graphnet import modules as nn

Array = np.ndarray
N_QUERY, N_MEMORY, N = 4, 3, 5


def real(*shape: int, seed: int = 0) -> Array:
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def softmax(e: Array) -> Array:
    powers = np.exp(e - e.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def parameters_by_hand(net: gModule) -> tuple[Array, Array, Array, Array]:
    values = {name: p.value for name, p in net.named_parameters().items()}
    v = next(value for value in values.values() if value.shape == (1, N))
    u = next(value for value in values.values() if value.shape == (N, N_MEMORY))
    return values["from_query.weight"], values["from_query.bias"], u, v[0]


def looked(net: gModule, query: Array, memory: Array, row: int, n_entries: int) -> tuple[Array, Array]:
    """Return context and weights of one row, entry by entry."""
    w, b, u, v = parameters_by_hand(net)
    scores = [v @ np.tanh(w @ query[row] + b + u @ memory[row, s]) for s in range(n_entries)]
    weights = softmax(np.array([scores]))[0]
    return weights @ memory[row, :n_entries], weights


@pytest.mark.parametrize(("rows", "entries"), [(1, 1), (2, 7), (6, 2)])
def test_additive_attention(rows: int, entries: int) -> None:
    net = nn.attention(N_QUERY, N_MEMORY, N)
    query, memory = real(rows, N_QUERY), real(rows, entries, N_MEMORY)
    context, weights = net.forward([query, memory])
    for row in range(rows):
        expected = looked(net, query, memory, row, entries)
        np.testing.assert_allclose(context[row], expected[0], rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(weights[row], expected[1], rtol=1e-12)
    assert check_gradients(net, [query, memory]).ok
    assert sum(p.size for p in net.parameters()) == (N_QUERY * N + N) + N_MEMORY * N + N


@pytest.mark.parametrize("scaled", [False, True])
def test_dot_product_attention(scaled: bool) -> None:
    net = nn.dot_product_attention(N_MEMORY, scaled)
    query, memory = real(2, N_MEMORY), real(2, 6, N_MEMORY)
    scores = np.einsum("bm,bsm->bs", query, memory) / (np.sqrt(N_MEMORY) if scaled else 1)
    context, weights = net.forward([query, memory])
    np.testing.assert_allclose(weights, softmax(scores), rtol=1e-12)
    np.testing.assert_allclose(context, np.einsum("bs,bsm->bm", softmax(scores), memory), rtol=1e-12, atol=1e-14)
    assert check_gradients(net, [query, memory]).ok
    assert not net.parameters()


LENGTHS = np.array([6, 1, 0, 4])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kind", [bool, int, float])
@pytest.mark.parametrize("additive", [False, True])
def test_padding_has_no_weight_and_no_gradient(additive: bool, kind: type, dtype: Any) -> None:
    size = N_QUERY if additive else N_MEMORY
    plain = nn.attention(size, N_MEMORY, N) if additive else nn.dot_product_attention(N_MEMORY)
    masked = (
        nn.attention(size, N_MEMORY, N, masked=True) if additive else nn.dot_product_attention(N_MEMORY, masked=True)
    )
    for mine, theirs in zip(masked.parameters(), plain.parameters(), strict=True):
        mine.value = theirs.value
    plain.type(dtype)
    masked.type(dtype)
    query, memory = real(4, size).astype(dtype), real(4, 6, N_MEMORY).astype(dtype)
    there = np.arange(6) < LENGTHS[:, None]
    memory[~there] = 1000  # what stands in the padding would win, if it were looked at
    d_context, d_weights = real(4, N_MEMORY, seed=1).astype(dtype), real(4, 6, seed=2).astype(dtype)
    masked.zero_grad_parameters()
    plain.zero_grad_parameters()
    tape = masked.run([query, memory, there.astype(kind)])
    context, weights = tape.output
    d_query, d_memory, d_mask = tape.backward([d_context, d_weights])
    assert not weights[~there].any()
    assert not d_memory[~there].any()
    assert not d_mask.any()
    assert not context[2].any()
    assert not d_query[2].any()
    close = {"rtol": 1e-12, "atol": 1e-14} if dtype is np.float64 else {"rtol": 1e-4, "atol": 1e-5}
    for row in (0, 1, 3):
        n = LENGTHS[row]
        alone = plain.run([query[row : row + 1], memory[row : row + 1, :n]])
        one_context, one_weights = alone.output
        one_query, one_memory = alone.backward([d_context[row : row + 1], d_weights[row : row + 1, :n]])
        np.testing.assert_allclose(context[row], one_context[0], **close)
        np.testing.assert_allclose(weights[row, :n], one_weights[0], **close)
        np.testing.assert_allclose(d_query[row], one_query[0], **close)
        np.testing.assert_allclose(d_memory[row, :n], one_memory[0], **close)
    for mine, theirs in zip(masked.parameters(), plain.parameters(), strict=True):
        np.testing.assert_allclose(mine.grad, theirs.grad, **close)


def test_the_names_of_attention() -> None:
    for net in (nn.attention(4, 3, 5, masked=True), nn.dot_product_attention(3, masked=True)):
        assert [node.name for node in net.graph().inputs] == ["query", "memory", "mask"]
        assert [node.name for node in net.graph().outputs] == ["context", "weights"]
    with pytest.raises(IndexError, match=r"index 2 .* out of range"):
        nn.dot_product_attention(3, masked=True).forward([real(1, 3), real(1, 2, 3), np.array([[2, 1]])])


# ---- a cell that looks into a memory


def test_a_step_that_attends() -> None:
    cell, look = nn.lstm(2 + N_MEMORY, N_QUERY), nn.attention(N_QUERY, N_MEMORY, N)
    step = nn.attending(cell, look)
    assert [node.name for node in step.graph().inputs] == ["x", "memory", "prev_c", "prev_h"]
    assert [node.name for node in step.graph().outputs] == ["next_c", "next_h", "context", "weights"]
    x, memory, c, h = real(3, 2), real(3, 6, N_MEMORY), real(3, N_QUERY), real(3, N_QUERY, seed=1)
    context, weights = look.forward([h, memory])
    expected = [*cell.forward([np.hstack([x, context]), c, h]), context, weights]
    for mine, theirs in zip(step.forward([x, memory, c, h]), expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert check_gradients(step, [x, memory, c, h]).ok


def test_a_decoder_over_what_an_encoder_wrote() -> None:
    """Both halves of a translation in one drawing, ragged on both sides, with all its gradients."""
    encoder = nn.bidirectional(nn.gru(2, 2), nn.gru(2, 1), lengths=True)
    step = nn.attending(nn.gru(1 + N_MEMORY, N_QUERY), nn.attention(N_QUERY, N_MEMORY, N, masked=True))
    decoder = gn.Recurrence(step, outputs=["next_h", "weights"], constants=["memory", "mask"], lengths=True)
    source, source_lengths, mask, target, target_lengths = (nn.Identity()() for _ in range(5))
    memory = nn.Transpose((0, 1))(encoder([source, source_lengths]))
    h, weights = decoder([target, memory, mask, target_lengths]).split(2)
    net = gModule([source, source_lengths, mask, target, target_lengths], [h, weights])
    lengths, ends = np.array([5, 2, 3]), np.array([1, 4, 0])
    there = (np.arange(5) < lengths[:, None]).astype(int)
    x = [real(5, 3, 2), lengths, there, real(4, 3, 1), ends]
    _, found = net.forward(x)
    assert found.shape == (4, 3, 5)
    running = np.arange(4)[:, None] < ends
    np.testing.assert_allclose(found.sum(2), running, rtol=1e-12)
    assert not found[:, there == 0].any()
    # A batch without memory at some steps, and gradients through both halves.
    dh, dw = real(4, 3, N_QUERY, seed=1), real(4, 3, 5, seed=2)
    d_source = net.backward(x, [dh, dw])[0]
    assert not d_source[np.arange(5)[:, None] >= lengths].any()
    assert d_source[0, 0].any()
    assert not d_source[:, 2].any()  # its target is empty
    assert check_gradients(net, x).ok


@pytest.mark.parametrize(
    ("cell", "look", "error", "text"),
    [
        (nn.lstm, nn.dot_product_attention(3), TypeError, "attending's cell is the function lstm"),
        (nn.Linear(3, 3), nn.dot_product_attention(3), TypeError, "attending's cell is Linear"),
        (nn.rnn(6, 3), nn.Linear(3, 3), TypeError, "attending's attention is Linear.*attention\\(query_size"),
        (nn.rnn(6, 3), nn.rnn(3, 3), ValueError, "attention takes 2 values and gives 1;"),
    ],
)
def test_what_cannot_attend_is_refused(cell: Any, look: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        nn.attending(cell, look)
