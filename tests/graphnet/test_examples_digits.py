"""The example digits: real data that need no network, a net that reads them row by row, and its pictures."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.cli import main
from graphnet.examples import digits


def test_the_data_are_there_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("nothing may be downloaded")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    images, shown = digits.load()
    assert images.shape == (1797, 8, 8)
    assert (images.min(), images.max()) == (0, 1)
    assert np.bincount(shown).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    assert main(["example", "digits", "--quick", "--out", str(tmp_path)]) == 2
    assert "scikit-learn" in (error := capsys.readouterr().err)
    assert 'pip install "graphnet-nn[examples]"' in error


def test_both_directions_end_at_an_end() -> None:
    gn.manual_seed(1)
    net = digits.draw(3, 0.0)
    x = np.random.default_rng(0).normal(size=(8, 2, 8))
    tape = net.run(x)
    down, up = (tape[f"last_h_{direction}"].output for direction in ("downwards", "upwards"))
    recurrences = [module for module in net.list_modules() if isinstance(module, gn.Recurrence)]
    np.testing.assert_array_equal(down, recurrences[0].forward(x)[0][-1])
    np.testing.assert_array_equal(up, recurrences[1].forward(x)[0][0])
    assert gn.check_gradients(net, x[:, :1]).ok
    per_direction = 4 * (8 * 3 + 3) + 4 * (3 * 3 + 3)
    assert sum(p.size for p in net.parameters()) == 2 * per_direction + (6 * 10 + 10)


def test_confusion_counts_digits_by_row() -> None:
    read, shown = np.array([3, 3, 8, 5]), np.array([3, 8, 8, 3])
    counts = digits.confusion(read, shown)
    assert counts.sum() == 4
    assert (counts[3, 3], counts[8, 3], counts[8, 8], counts[3, 5]) == (1, 1, 1, 1)


def test_it_learns() -> None:
    images, shown = digits.load()
    gn.manual_seed(0)
    net = digits.draw(16, 0.0).float()
    trainer = gn.Trainer(
        net,
        nn.ClassNLLCriterion(),
        gn.optim.Adam(net.parameters(), 0.01),
        metrics={"accuracy": digits.accuracy},
        progress=False,
    )
    learnt, others = np.split(np.random.default_rng(0).permutation(800), [500])
    batches = gn.batches.Shuffled(images[learnt], shown[learnt], size=20, steps_first=True)
    held_out = [(images[others].swapaxes(0, 1), shown[others])]
    before = trainer.evaluate(held_out)
    trainer.fit(batches, epochs=8)
    after = trainer.evaluate(held_out)
    assert before["loss"] == pytest.approx(np.log(10), abs=0.1)
    assert after["loss"] < 0.25 * before["loss"]
    assert after["accuracy"] > 0.8


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["example", "digits", "--quick", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "11,402 parameters" in out
    read = int(out.split("test: ")[1].split()[0])
    assert read > 0.8 * 450
    assert {file.name for file in tmp_path.iterdir()} == {"learning.png", "confusion.png", "misread.png"}
    for file in tmp_path.iterdir():
        assert str(file) in out
        assert file.read_bytes().startswith(b"\x89PNG")
