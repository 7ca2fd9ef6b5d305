"""Modules give what PyTorch's give, where PyTorch is installed: it is no dependency of the tests, being 200 MB."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from graphnet import modules as nn
from graphnet.nesting import leaves, map_nested
from tests.modules.twins import TWINS
from tests.modules.twins.pytorch import real

torch = pytest.importorskip("torch", reason="PyTorch is optional")


@pytest.mark.parametrize("name", TWINS)
def test_a_module_is_its_twin(name: str) -> None:
    make, twin, x = TWINS[name]
    module = make()
    theirs = [torch.tensor(a, requires_grad=a.dtype.kind == "f") for a in leaves(x)]
    parameters = [torch.tensor(p.value, requires_grad=True) for p in module.parameters()]
    given = twin(*theirs, *parameters)
    expected = [given] if isinstance(given, torch.Tensor) else list(given)

    tape = module.run(x)
    dy = map_nested(lambda y: real(*y.shape).astype(y.dtype), tape.output)
    pairs = [(y, torch.tensor(d)) for y, d in zip(expected, leaves(dy), strict=True) if y.requires_grad]
    torch.autograd.backward([y for y, _ in pairs], [d for _, d in pairs])
    gradients = [*leaves(tape.backward(dy)), *(p.grad for p in module.parameters())]
    for mine, tensor in zip(leaves(tape.output), expected, strict=True):
        np.testing.assert_allclose(mine, tensor.detach().numpy(), rtol=1e-10, atol=1e-12, strict=tensor.requires_grad)
    for mine, tensor in zip(gradients, [*theirs, *parameters], strict=True):
        if tensor.grad is not None:
            np.testing.assert_allclose(mine, tensor.grad.numpy(), rtol=1e-10, atol=1e-12)
        else:
            assert not mine.any()


def reordered(array: np.ndarray, n: int) -> Any:
    """Turn the rows of our gates (in, forget, out, transform) into PyTorch's order (in, forget, transform, out)."""
    i, f, o, g = (array[k * n : (k + 1) * n] for k in range(4))
    return torch.tensor(np.concatenate([i, f, g, o]))


@pytest.mark.parametrize(("inputs", "n", "batch"), [(3, 2, 1), (5, 4, 7)])
def test_an_lstm_step_is_pytorch_s(inputs: int, n: int, batch: int) -> None:
    layer = nn.lstm(inputs, n)
    cell = torch.nn.LSTMCell(inputs, n, dtype=torch.float64)
    ours = layer.named_parameters()
    pairs = {"weight_ih": "i2h.weight", "bias_ih": "i2h.bias", "weight_hh": "h2h.weight", "bias_hh": "h2h.bias"}
    with torch.no_grad():
        for theirs, name in pairs.items():
            getattr(cell, theirs).copy_(reordered(ours[name].value, n))

    rng = np.random.default_rng(0)
    values = [rng.normal(size=(batch, size)) for size in (inputs, n, n)]
    x, c, h = (torch.tensor(value, requires_grad=True) for value in values)
    next_h, next_c = cell(x, (h, c))
    dc, dh = rng.normal(size=(batch, n)), rng.normal(size=(batch, n))
    torch.autograd.backward([next_c, next_h], [torch.tensor(dc), torch.tensor(dh)])

    layer.zero_grad_parameters()
    out = layer.forward(values)
    gradients = layer.backward(values, [dc, dh])
    for mine, theirs in zip(out, (next_c, next_h), strict=True):
        np.testing.assert_allclose(mine, theirs.detach().numpy(), rtol=1e-12, atol=1e-14)
    for mine, theirs in zip(gradients, (x, c, h), strict=True):
        np.testing.assert_allclose(mine, theirs.grad.numpy(), rtol=1e-12, atol=1e-14)
    for theirs, name in pairs.items():
        expected = getattr(cell, theirs).grad.numpy()
        np.testing.assert_allclose(reordered(ours[name].grad, n).numpy(), expected, rtol=1e-12, atol=1e-14)
