"""The table of ``python -m tests.benchmarks.modules`` can be printed; its figures are no test."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="PyTorch is optional")
pytest.importorskip("tqdm", reason="the benchmark shows a bar of progress")

from graphnet import modules as nn
from tests.benchmarks.module_twins import Pair, real
from tests.benchmarks.modules import main, mean_ratio, measure


def test_the_table_has_a_row_for_each_size_and_the_means(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--only", "Tanh", "Sum", "--repeats", "1", "--seconds", "0"])
    shown = capsys.readouterr().out
    assert [line.split()[0] for line in shown.splitlines() if "1x16" in line] == ["Tanh", "Sum,", "Sum,"]
    assert [line.split()[0] for line in shown.splitlines() if "256x1024" in line] == ["Tanh", "Sum,", "Sum,"]
    assert "geometric mean of 3 ratios, forward + backward, large: " in shown
    assert "largest single ratios: " in shown


def test_what_differs_from_its_twin_is_not_timed() -> None:
    pair = Pair(lambda _: nn.Tanh(), lambda x: 2 * x.tanh(), real(2), real(3))
    with pytest.raises(AssertionError, match="Tanh"):
        measure("Tanh", pair, "small", "float64", 1, 0)


def test_the_mean_of_ratios_is_geometric() -> None:
    assert mean_ratio([(1.0, 4.0), (4.0, 1.0)]) == pytest.approx(1)
