"""The running statistics of batch normalisation: what moves them, what does not, and who carries them."""

from __future__ import annotations

import copy
import pickle
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.batches import Shuffled

X = np.random.default_rng(0).normal(size=(8, 3)) * [1, 2, 5] + [0, 10, -3]


def moved(module: Any, times: int = 1, x: np.ndarray = X) -> Any:
    for _ in range(times):
        tape = module.run(x)
        tape.backward(np.ones_like(tape.output))
    return module


def statistics(module: Any) -> np.ndarray:
    return np.array([module.running_mean, module.running_var])


@pytest.mark.parametrize("affine", [True, False])
def test_statistics_move_in_backward_once_for_each_whatever_its_scale(affine: bool) -> None:
    module = nn.BatchNormalization(3, momentum=0.3, affine=affine)
    mean, var = module.running_mean, module.running_var
    tape = module.run(X)
    np.testing.assert_array_equal(statistics(module), [[0] * 3, [1] * 3])
    tape.backward(np.zeros_like(X), 0)
    np.testing.assert_allclose(module.running_mean, 0.3 * X.mean(0), rtol=1e-14)
    np.testing.assert_allclose(module.running_var, 0.7 + 0.3 * X.var(0, ddof=1), rtol=1e-14)
    assert module.running_mean is mean
    assert module.running_var is var
    assert not any(p.grad.any() for p in module.parameters())


def test_nothing_moves_without_accumulation_nor_when_evaluating() -> None:
    module = nn.BatchNormalization(3)
    tape = module.run(X)
    tape.plan.pull(tape, np.ones_like(X), accumulate=False)
    np.testing.assert_array_equal(statistics(module), [[0] * 3, [1] * 3])
    moved(module.evaluate())
    np.testing.assert_array_equal(statistics(module), [[0] * 3, [1] * 3])
    gn.check_gradients(module.training(), X)
    np.testing.assert_array_equal(statistics(module), [[0] * 3, [1] * 3])


def test_a_hook_alone_moves_them_as_the_engine_does() -> None:
    module, twin = nn.BatchNormalization(3), nn.BatchNormalization(3)
    twin.weight.value = module.weight.value
    dy = np.random.default_rng(1).normal(size=X.shape)
    y, saved = module.update_output(X)
    dx = module.update_grad_input(X, y, dy, saved)
    np.testing.assert_array_equal(statistics(module), [[0] * 3, [1] * 3])
    module.acc_grad_parameters(X, y, dy, 2.0, saved)
    tape = twin.run(X)
    np.testing.assert_array_equal(dx, tape.backward(dy, 2.0))
    np.testing.assert_array_equal(statistics(module), statistics(twin))
    np.testing.assert_array_equal(module.weight.grad, twin.weight.grad)


def test_one_row_is_normalised_with_the_running_statistics_and_leaves_them() -> None:
    module = moved(nn.BatchNormalization(3), 5)
    before = statistics(module)
    row = X[:1]
    y = moved(module, x=row).forward(row)
    np.testing.assert_array_equal(statistics(module), before)
    np.testing.assert_array_equal(y, module.evaluate().forward(row))
    np.testing.assert_array_equal(y[0], module.forward(row[0]))


def test_an_image_is_a_batch_of_its_places() -> None:
    x = np.random.default_rng(2).normal(3, 2, size=(1, 2, 4, 5))
    module = moved(nn.SpatialBatchNormalization(2, momentum=1), x=x)
    np.testing.assert_allclose(module.running_mean, x.mean((0, 2, 3)), rtol=1e-13)
    np.testing.assert_allclose(module.running_var, x.var((0, 2, 3), ddof=1), rtol=1e-13)
    y = module.evaluate().forward(x)
    np.testing.assert_array_equal(module.forward(x[0]), y[0])


@pytest.mark.parametrize(("shift", "tolerance"), [(1e6, 1e-9), (1e8, 1e-7)])
def test_numbers_far_from_zero_keep_their_variance(shift: float, tolerance: float) -> None:
    module = nn.BatchNormalization(3, affine=False)
    np.testing.assert_allclose(module.forward(X + shift), module.forward(X), rtol=tolerance, atol=10 * tolerance)


def test_equal_numbers_without_eps_become_zero() -> None:
    module = nn.BatchNormalization(2, 0, affine=False)
    x = np.ones((3, 2))
    np.testing.assert_array_equal(module.forward(x), np.zeros((3, 2)))
    np.testing.assert_array_equal(module.backward(x, x), np.zeros((3, 2)))


def test_reset_forgets_them() -> None:
    module = moved(nn.BatchNormalization(3))
    module.reset()
    np.testing.assert_array_equal(statistics(module), [[0] * 3, [1] * 3])
    assert (module.weight.value >= 0).all()
    assert (module.weight.value < 1).all()


def copies(module: Any, folder: Path) -> list[Any]:
    gn.save(module, folder / "saved")
    module.write(folder / "written")
    return [
        gn.load(folder / "saved"),
        gn.Module.read(folder / "written"),
        module.clone(),
        module.clone("weight"),
        copy.deepcopy(module),
        pickle.loads(pickle.dumps(module)),
    ]


def test_files_and_copies_carry_them_and_go_their_own_way(tmp_path: Path) -> None:
    module = moved(nn.BatchNormalization(3), 3)
    before = statistics(module)
    for other in copies(module, tmp_path):
        np.testing.assert_array_equal(statistics(other), before)
        moved(other)
        assert (statistics(other) != before).all()
        np.testing.assert_array_equal(statistics(module), before)


def test_single_precision_casts_them() -> None:
    net = nn.Sequential(nn.BatchNormalization(3, affine=False)).float()
    x = X.astype(np.float32)
    (module,) = net.modules
    for _ in range(2):
        tape = net.run(x)
        dx = tape.backward(x)
        assert tape.output.dtype == dx.dtype == module.running_mean.dtype == module.running_var.dtype == np.float32
        net.evaluate()
    assert module.running_mean.any()


def test_threads_count_every_backward() -> None:
    module = nn.BatchNormalization(3, momentum=0.01)

    def work() -> None:
        moved(module, 50)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_allclose(statistics(module), statistics(moved(nn.BatchNormalization(3, momentum=0.01), 200)))


# ---- in training


def trainer() -> tuple[gn.Trainer, Shuffled]:
    gn.manual_seed(1)
    net = nn.Sequential(nn.Linear(3, 6), nn.BatchNormalization(6), nn.Tanh(), nn.Linear(6, 1))
    target = X @ [[1.0], [-2.0], [0.5]]
    made = gn.Trainer(net, nn.MSECriterion(), gn.optim.Adam(net.parameters(), 0.05), progress=False)
    return made, Shuffled(np.tile(X, (3, 1)), np.tile(target, (3, 1)), 5, seed=3)


def everything(made: gn.Trainer) -> list[np.ndarray]:
    net: Any = made.model
    return [*(p.value for p in net.parameters()), *statistics(net.modules[1])]


def test_a_training_resumed_is_the_same_bit_for_bit(tmp_path: Path) -> None:
    whole, data = trainer()
    whole.fit(data, 4)
    first, _ = trainer()
    first.fit(data, 2, checkpoint=tmp_path / "stopped")
    resumed, _ = trainer()
    resumed.resume(tmp_path / "stopped").fit(data, 4)
    for a, b in zip(everything(whole), everything(resumed), strict=True):
        np.testing.assert_array_equal(a, b)


def test_validation_changes_nothing_and_the_best_comes_with_its_statistics() -> None:
    plain, data = trainer()
    plain.fit(data, 2)
    validated, _ = trainer()
    validated.fit(data, 2, validation=data)
    for a, b in zip(everything(plain), everything(validated), strict=True):
        np.testing.assert_array_equal(a, b)
    made, _ = trainer()
    kept: dict[int, list[np.ndarray]] = {}

    class Keep(gn.Callback):
        def after_epoch(self, trainer: gn.Trainer) -> None:
            kept[len(kept) + 1] = [a.copy() for a in everything(trainer)]

    made.callbacks.append(Keep())
    made.fit(data, 12, validation=[(-X, X[:, :1])], patience=1)
    assert made.history.best is not None
    assert made.history.best.epoch < len(kept)
    for a, b in zip(everything(made), kept[made.history.best.epoch], strict=True):
        np.testing.assert_array_equal(a, b)


# ---- along time


def step() -> gn.gModule:
    x, prev_h = nn.Identity()(), nn.Identity()()
    both = nn.CAddTable()([nn.Linear(3, 4)(x), nn.Linear(4, 4)(prev_h)])
    next_h = nn.Tanh()(nn.BatchNormalization(4)(both))
    gn.annotate_nodes()
    return gn.gModule([x, prev_h], [next_h])


@pytest.mark.parametrize("lengths", [None, [5, 3, 1]])
def test_steps_computed_again_count_once(lengths: list[int] | None) -> None:
    numbers = np.random.default_rng(4)
    x, results = numbers.normal(size=(5, 3, 3)), []
    for recompute in (False, True):
        gn.manual_seed(2)
        net = gn.Recurrence(step(), recompute=recompute, lengths=lengths is not None)
        argument = x if lengths is None else [x, np.array(lengths)]
        tape = net.run(argument)
        dx = tape.backward(np.ones_like(tape.output))
        (module,) = net.find_modules("BatchNormalization")[0]
        dx = dx if lengths is None else dx[0]
        results.append([tape.output, dx, *statistics(module), *(p.grad for p in net.parameters())])
        assert statistics(module)[0].all()
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b)


# ---- what cannot be


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape)


REFUSED: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: nn.BatchNormalization(0), ValueError, "BatchNormalization's n_output must be at least 1, not 0"),
    (lambda: nn.BatchNormalization(2.5), TypeError, "BatchNormalization's n_output must be an integer, not 2.5"),
    (lambda: nn.BatchNormalization(2, -1), ValueError, "BatchNormalization's eps must be at least 0, not -1"),
    (
        lambda: nn.SpatialBatchNormalization(2, momentum=1.5),
        ValueError,
        "SpatialBatchNormalization's momentum is the weight of the new statistics, from 0 to 1; it was 1.5",
    ),
    (lambda: nn.BatchNormalization(2, momentum=None), TypeError, "momentum must be a number, not None"),
    (
        lambda: nn.BatchNormalization(3).forward(zeros(4, 2)),
        ValueError,
        "BatchNormalization(3) takes an array of shape Bx3, or 3 when evaluating; it was given 4x2",
    ),
    (
        lambda: nn.BatchNormalization(3).forward(zeros(3)),
        ValueError,
        "BatchNormalization(3) takes a batch, Bx3, while training; it was given 3",
    ),
    (lambda: nn.BatchNormalization(3).forward([zeros(4, 3)]), TypeError, "takes one array, not the list [4x3]"),
    (lambda: nn.BatchNormalization(3).forward(zeros(4, 3, 2)), ValueError, "it was given 4x3x2"),
    (
        lambda: nn.SpatialBatchNormalization(3).forward(zeros(4, 2, 3, 3)),
        ValueError,
        "SpatialBatchNormalization(3) takes an array of shape Bx3xHxW, or 3xHxW when evaluating; it was given 4x2x3x3",
    ),
    (lambda: nn.SpatialBatchNormalization(3).forward(zeros(4, 3)), ValueError, "it was given 4x3"),
    (
        lambda: nn.VolumetricBatchNormalization(2).output_shape((5, 3, 4, 4, 4)),
        ValueError,
        "takes an array of shape Bx2xTxHxW, or 2xTxHxW when evaluating; it was given 5x3x4x4x4",
    ),
]


@pytest.mark.parametrize(("do", "kind", "text"), REFUSED, ids=[text for _, _, text in REFUSED])
def test_what_cannot_be_is_refused_with_its_reason(do: Callable[[], Any], kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=re.escape(text)):
        do()
