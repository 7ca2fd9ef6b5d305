"""A character model trained by our Recurrence, Trainer and rmsprop has the losses of PyTorch's, step by step."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is optional")

from graphnet.cli.text import read_text
from tests.benchmarks.against_pytorch import compare


@pytest.mark.parametrize("n_layers", [1, 2])
def test_the_losses_of_a_training_are_pytorch_s(n_layers: int) -> None:
    ours, theirs = compare(read_text(None), n_layers, n=12, n_batches=15, n_rows=10, n_steps=20)
    assert (len(ours.losses), len(ours.validation)) == (15, 1)
    assert ours.losses[-1] < ours.losses[0] - 0.2
    for mine, other in ((ours.losses, theirs.losses), (ours.norms, theirs.norms)):
        np.testing.assert_allclose(mine, other, rtol=1e-9)
    assert ours.validation == pytest.approx(theirs.validation, rel=1e-9)


def test_another_order_of_the_gates_would_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.benchmarks.against_pytorch.ORDER", (0, 1, 2, 3))
    ours, theirs = compare(read_text(None), 1, n=12, n_batches=2, n_rows=10, n_steps=20)
    assert abs(ours.losses[0] - theirs.losses[0]) > 1e-5
