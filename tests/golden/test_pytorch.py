"""A training of a character model has the losses that PyTorch's nn.LSTM had, which were written down.

Written by PyTorch 2.13 in double precision with ``tests/benchmarks/against_pytorch.py``, whose setting this is, on the
text below: the losses of a hundred steps, and those on the text held out after every ten.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.character_training import ours, prepare

FIGURES = json.loads(Path(__file__).with_name("pytorch.json").read_text())
TEXT = " ".join(str(i * i) for i in range(8000))


@pytest.mark.parametrize("n_layers", [1, 2])
def test_a_hundred_steps_have_the_losses_of_pytorch(n_layers: int) -> None:
    expected = FIGURES[str(n_layers)]
    curve = ours(*prepare(TEXT, n_layers, n=16, n_batches=100, n_rows=10, n_steps=25))
    assert len(curve.losses) == 100
    assert len(curve.validation) == 10
    np.testing.assert_allclose(curve.losses, expected["losses"], rtol=0, atol=1e-7)
    np.testing.assert_allclose(curve.validation, expected["validation"], rtol=0, atol=1e-7)
