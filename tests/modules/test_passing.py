"""Copy, Constant, L1Penalty, WhiteNoise, MaskedLoss and criterions of modules: what the contract table cannot say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.interop.torch7 import build_criterion, build_module

TANH = {"ctor": "nn.Tanh", "args": []}
MSE = {"ctor": "nn.MSECriterion", "args": []}


# ---- Copy


def test_copy_casts_there_and_the_gradient_back() -> None:
    module = nn.Copy(np.float32, np.float64)
    assert module.forward(np.ones(2)).dtype == np.float64
    assert module.backward(np.ones(2), np.ones(2)).dtype == np.float32
    assert nn.Copy(outtype=np.int64).forward(np.array([1.0, 2.0])).dtype == np.int64
    assert nn.Copy(np.int32, np.float64).forward(np.arange(3)).dtype == np.float64


def test_a_copy_inside_a_net_changes_the_type_only_behind_it() -> None:
    net = nn.Sequential(nn.Linear(3, 2), nn.Copy(np.float64, np.float32), nn.Tanh())
    tape = net.run(np.ones((4, 3)))
    assert tape.output.dtype == np.float32
    assert tape.backward(np.ones((4, 2), np.float32)).dtype == np.float64
    assert net.modules[0].weight.grad.dtype == np.float64
    assert tape[net.modules[1]].grad_input.dtype == np.float64


def test_casting_a_net_casts_its_copies_unless_they_must_not() -> None:
    net = nn.Sequential(nn.Copy(np.float64, np.float64), nn.Copy(np.float64, np.float64, dont_cast=True)).float()
    tape = net.run(np.ones(2))
    assert tape[net.modules[0]].output.dtype == np.float32
    assert tape.output.dtype == np.float64
    assert net.modules[0].label() == "Copy('float32', 'float32')"
    assert tape.backward(np.ones(2)).dtype == np.float32


def test_types_survive_files(tmp_path: Path) -> None:
    gn.save(nn.Copy(np.float64, np.float32), tmp_path / "net")
    other = gn.load(tmp_path / "net")
    assert other.label() == "Copy('float64', 'float32')"
    assert other.forward(np.ones(2)).dtype == np.float32


# ---- Constant


def test_a_constant_is_drawn_without_an_input_and_is_its_own() -> None:
    x = nn.Identity()()
    net = gn.gModule([x], [nn.CAddTable()([x, nn.Constant([1, 2])()])])
    np.testing.assert_array_equal(net.forward(np.ones(2)), [2.0, 3.0])
    np.testing.assert_array_equal(net.backward(np.ones(2), np.ones(2)), np.ones(2))
    constant = nn.Constant(3)
    constant.forward(np.ones(2))[0] = 9
    assert constant.forward(np.ones(2)) == [3.0]
    assert nn.Constant(3).float().forward(np.ones(2)).dtype == np.float32


def test_a_constant_sees_its_batch() -> None:
    module = nn.Constant(np.ones((2, 3)), 1)
    assert module.forward(np.ones(4)).shape == (2, 3)
    assert module.forward(np.ones((5, 4))).shape == (5, 2, 3)
    assert module.forward(np.ones((5, 4, 1))).shape == (5, 2, 3)
    assert module.forward(np.ones((0, 4))).shape == (0, 2, 3)


# ---- noise and prices


def test_white_noise_is_noise_of_its_mean_and_deviation() -> None:
    gn.manual_seed(1)
    module = nn.WhiteNoise(0.5, 2)
    tape = module.run(np.zeros(100_000))
    assert tape.output.mean() == pytest.approx(0.5, abs=0.03)
    assert tape.output.std() == pytest.approx(2, abs=0.03)
    np.testing.assert_array_equal(tape.entries()[0].saved, tape.output)
    assert (module.forward(np.zeros(3)) != module.forward(np.zeros(3))).all()
    np.testing.assert_array_equal(module.evaluate().forward(np.zeros(2)), [0.5, 0.5])


def test_a_penalty_is_told_and_pulls_towards_zero() -> None:
    x = np.array([[1.0, -2.0], [0.0, 3.0]])
    assert nn.L1Penalty(2).penalty(x) == 12
    assert nn.L1Penalty(2, True).penalty(x) == 3
    assert nn.L1Penalty(2, True).penalty(np.zeros((0, 2))) == 0
    module = nn.L1Penalty(2, False, False)
    module.forward(x)
    np.testing.assert_array_equal(module.backward(x, np.ones((2, 2))), [[2, -2], [0, 2]])


# ---- MaskedLoss


def test_rows_that_are_not_scored_count_in_the_divisor_alone() -> None:
    x = np.log([[0.7, 0.2, 0.1], [0.1, 0.2, 0.7], [0.3, 0.4, 0.3], [0.5, 0.5, 1e-9]])
    target = np.array([0, -1, 2, 1])
    criterion = nn.MaskedLoss()
    assert criterion.forward(x, target) == pytest.approx(-(np.log(0.7) + np.log(0.3) + np.log(0.5)) / 4)
    loss, correct, counted = criterion.score(x, target)
    assert loss == criterion.forward(x, target)
    assert (correct, counted) == (2, 3)  # a class that shares the first place is right, as in the original
    expected = np.zeros((4, 3))
    expected[[0, 2, 3], [0, 2, 1]] = -0.25
    np.testing.assert_array_equal(criterion.backward(x, target), expected)


def test_nothing_scored_costs_nothing() -> None:
    assert nn.MaskedLoss().score(np.zeros((2, 3)), np.array([-1, -1])) == (0, 0, 0)
    assert nn.MaskedLoss().score(np.zeros((0, 3)), np.zeros(0, int)) == (0, 0, 0)
    assert nn.MaskedLoss().score([[0, -1]], [0]) == (0, 1, 1)


# ---- criterions and modules


def test_the_gradient_goes_through_the_modules_to_their_parameters() -> None:
    m, n = nn.Linear(3, 2), nn.Linear(4, 2)
    criterion = nn.ModuleCriterion(nn.MSECriterion(), m, n)
    x, t = np.ones((5, 3)), np.ones((5, 4))
    assert criterion.parameters() == [*m.parameters(), *n.parameters()]
    assert criterion.forward(x, t) == nn.MSECriterion().forward(m.forward(x), n.forward(t))
    expected = m.backward(x, nn.MSECriterion().run([m.output, n.output]).backward(1.0)[0])
    m.zero_grad_parameters()
    np.testing.assert_allclose(criterion.backward(x, t), expected)
    assert all(p.grad.any() for p in criterion.parameters())


def test_a_module_criterion_draws_trains_and_stands_within_others() -> None:
    x, t = np.full(2, 3.0), np.full(2, 4.0)
    both = nn.MultiCriterion().add(nn.ModuleCriterion(nn.MSECriterion(), nn.Square()), 2).add(nn.MSECriterion())
    assert both.forward(x, t) == 2 * 25 + 1
    np.testing.assert_array_equal(both.backward(x, t), 2 * 5 * 6 + np.full(2, -1.0))
    within = nn.MultiCriterion().add(nn.ModuleCriterion(nn.MSECriterion(), nn.Linear(2, 2)))
    within.forward(x, t)
    with pytest.raises(ValueError, match="cannot stand within another criterion"):
        within.backward(x, t)
    net = nn.Linear(2, 2)
    trainer = gn.StochasticGradient(net, nn.ModuleCriterion(nn.MSECriterion(), nn.Tanh(), nn.Tanh()))
    trainer.verbose = False
    errors = trainer.train([(x, t)])
    assert errors[-1] < errors[0]


def test_the_targets_module_is_cast_with_the_rest_or_not() -> None:
    for cast, dtype in ((True, np.float32), (False, np.float64)):
        m, n = nn.Linear(2, 2), nn.Linear(2, 2)
        criterion = nn.ModuleCriterion(nn.MSECriterion(), m, n, cast).float()
        assert m.weight.dtype == np.float32
        assert n.weight.dtype == dtype
        assert criterion.type() == np.float32


# ---- Torch7


def test_what_torch7_gives_its_constructors() -> None:
    def label(ctor: str, *args: object) -> str:
        return build_module({"ctor": f"nn.{ctor}", "args": list(args)}).label()

    double, single = "torch.DoubleTensor", "torch.FloatTensor"
    assert label("Copy", double, single) == "Copy('float64', 'float32')"
    assert label("Copy", single, single) == "Copy('float32')"
    assert label("Copy", single, single, True, True) == "Copy('float32', 'float32', dont_cast=True)"
    assert label("L1Penalty", 0.1, None, False) == "L1Penalty(0.1, size_average=False)"  # where false is true, too
    assert label("WhiteNoise", None, 2) == "WhiteNoise(std=2)"
    assert label("NaN", TANH, "cost") == "NaN('cost')"
    assert label("Profile", TANH, 10) == "Profile(10)"
    assert label("Decorator", TANH) == "Decorator()"
    assert label("PrintSize", "here") == "PrintSize('here')"
    assert label("CriterionTable", MSE) == "CriterionTable(MSECriterion(size_average=True))"
    made = build_criterion({"ctor": "nn.ModuleCriterion", "args": [MSE, None, TANH, False]})
    assert made.label() == "ModuleCriterion(MSECriterion(size_average=True), cast_target=False)"
    with pytest.raises(KeyError, match=r"torch\.CudaTensor is a type of tensors that graphnet\.interop\.torch7 does"):
        label("Copy", double, "torch.CudaTensor")
