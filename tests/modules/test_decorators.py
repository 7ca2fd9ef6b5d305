"""Decorators watch the module inside and change nothing: NaN, Profile, PrintSize."""

from __future__ import annotations

import copy
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn


def nan_at(*place: int) -> np.ndarray:
    x = np.ones((2, 3))
    x[place] = np.nan
    return x


class NaNBack(nn.Identity):
    """What gives NaN backwards only."""

    def update_grad_input(self, x: Any, y: Any, dy: Any) -> Any:
        return np.full_like(dy, np.nan)


class NaNGradient(nn.Linear):
    """What adds NaN to the gradient of its bias."""

    def acc_grad_parameters(self, x: Any, y: Any, dy: Any, scale: float = 1.0) -> None:
        assert self.bias is not None
        self.bias.grad += np.nan


def test_a_decorator_gives_what_its_module_gives() -> None:
    layer, x, dy = nn.Linear(3, 2), np.ones((4, 3)), np.ones((4, 2))
    tape = layer.run(x)
    for kind in (nn.Decorator, nn.NaN, nn.Profile):
        decorated = kind(layer).run(x)
        np.testing.assert_array_equal(decorated.output, tape.output)
        np.testing.assert_array_equal(decorated.backward(dy), tape.backward(dy))
        assert kind(layer).parameters() == layer.parameters()
        assert list(kind(layer).named_parameters()) == ["0.weight", "0.bias"]


@pytest.mark.parametrize("kind", [nn.Decorator, nn.NaN, nn.Profile])
def test_a_decorator_holds_one_module(kind: Any) -> None:
    with pytest.raises(TypeError, match=f"{kind.__name__} takes modules, not Node"):
        kind(nn.Tanh()())
    with pytest.raises(ValueError, match=r"holds one module.*; nothing can be added or taken away"):
        kind(nn.Tanh()).add(nn.Tanh()).forward(np.ones(2))


# ---- NaN


def test_nan_in_the_input_is_told_from_nan_in_the_output() -> None:
    watched = nn.NaN(nn.Tanh())
    with pytest.raises(FloatingPointError, match=re.escape("NaN in the input of Tanh(): in 1 of its 6 numbers")):
        watched.forward(nan_at(1, 2))
    with pytest.raises(FloatingPointError, match=re.escape("the first at [1, 2]")):
        watched.forward(nan_at(1, 2))
    with pytest.raises(FloatingPointError, match=re.escape("NaN in the output of Log()")):
        nn.NaN(nn.Log()).forward(-np.ones(2))


def test_infinity_is_no_nan() -> None:
    x = np.array([np.inf, -np.inf, 0.0])
    watched = nn.NaN(nn.Identity())
    np.testing.assert_array_equal(watched.forward(x), x)
    np.testing.assert_array_equal(watched.backward(x, -x), -x)


def test_nan_in_parameters_and_gradients_is_named() -> None:
    net = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
    watched = nn.NaN(net, 7)
    watched.forward(np.ones(3))
    with pytest.raises(
        FloatingPointError, match=re.escape("the gradient of the output of Sequential(), whose id is 7")
    ):
        watched.backward(np.ones(3), np.array([0.0, np.nan]))
    net.modules[0].bias.grad[1] = np.nan
    with pytest.raises(FloatingPointError, match=r"NaN in the gradient of the parameter 0\.bias of Sequential"):
        watched.backward(np.ones(3), np.ones(2))
    net.modules[0].weight.value[1, 0] = np.nan
    with pytest.raises(FloatingPointError, match=r"the parameter 0.weight of .* 1 of its 6 numbers.*\[1, 0\]"):
        watched.forward(np.ones(3))


def test_nan_that_arises_backwards_is_found() -> None:
    for inner, what in ((NaNBack(), "gradient of the input"), (NaNGradient(3, 2), "gradient of the parameter bias")):
        watched = nn.NaN(inner)
        y = watched.forward(np.ones(3))
        with pytest.raises(FloatingPointError, match=what):
            watched.backward(np.ones(3), y)


def test_lists_and_lookups_are_watched() -> None:
    with pytest.raises(FloatingPointError, match=re.escape("the input[1][0] of Identity()")):
        nn.NaN(nn.Identity()).forward([np.ones(2), [np.array([np.nan])]])
    table = nn.NaN(nn.LookupTable(4, 2))
    table.forward(np.array([0, 3]))
    table.parameters()[0].grad[3] = np.nan
    with pytest.raises(FloatingPointError, match="gradient of the parameter weight"):
        table.backward(np.array([0, 3]), np.ones((2, 2)))


def test_the_error_names_the_place_in_the_net() -> None:
    x = nn.Identity()()
    cost = nn.NaN(nn.Log(), "cost")(nn.Tanh()(x)).annotate(name="logarithm")
    with pytest.raises(FloatingPointError) as caught:
        gn.gModule([x], [cost]).forward(-np.ones(2))
    assert "forward in logarithm/" in caught.value.__notes__[0]
    assert "test_decorators.py" in caught.value.__notes__[0]


def test_tapes_and_pictures_see_inside() -> None:
    x = nn.Identity()()
    watched = nn.NaN(nn.Sequential(nn.Linear(3, 2), nn.Tanh()))
    net = gn.gModule([x], [watched(x)])
    tape = net.run(np.ones(3))
    assert tape[watched.modules[0].modules[1]].output.shape == (2,)
    assert "Tanh" in net.draw().source
    assert nn.Profile(nn.Tanh()).draw().source


def test_what_takes_the_modules_place_is_watched() -> None:
    layer = nn.Linear(3, 2)
    layer.weight.value.fill(np.nan)
    for put in (
        lambda watched: watched.replace(lambda m: layer if isinstance(m, nn.Linear) else m),
        lambda watched: watched.modules.__setitem__(0, layer),
    ):
        watched = nn.NaN(nn.Linear(3, 2))
        watched.forward(np.ones(3))
        put(watched)
        with pytest.raises(FloatingPointError, match="the parameter weight"):
            watched.forward(np.ones(3))


def test_copies_and_files_watch_their_own_module(tmp_path: Path) -> None:
    watched = nn.NaN(nn.Linear(3, 2), "copied")
    gn.save(watched, tmp_path / "net")
    for other in (
        watched.clone(),
        copy.deepcopy(watched),
        pickle.loads(pickle.dumps(watched)),
        gn.load(tmp_path / "net"),
    ):
        assert all(check.module is other.modules[0] for check in other.modules[1:])
        other.modules[0].bias.value[0] = np.nan
        with pytest.raises(FloatingPointError, match="whose id is 'copied'"):
            other.forward(np.ones(3))
    watched.forward(np.ones(3))


def test_the_module_is_drawn_anew_once() -> None:
    layer, watched = nn.Linear(3, 2), nn.NaN(nn.Linear(3, 2))
    gn.manual_seed(4)
    layer.reset()
    gn.manual_seed(4)
    watched.reset()
    np.testing.assert_array_equal(watched.modules[0].weight.value, layer.weight.value)


def test_a_step_along_time_is_watched() -> None:
    x, prev_h = nn.Identity()(), nn.Identity()()
    next_h = nn.NaN(nn.CAddTable())([x, prev_h])
    net = gn.Recurrence(gn.gModule([x, prev_h], [next_h]), {next_h: prev_h})
    x = np.ones((4, 2, 3))
    x[2, 1, 0] = np.nan
    with pytest.raises(FloatingPointError, match=re.escape("the input[0] of CAddTable()")):
        net.forward([x, np.zeros((2, 3))])


# ---- Profile


def test_profile_counts_prints_and_reports(capsys: pytest.CaptureFixture[str]) -> None:
    timed = nn.Profile(nn.Tanh(), 2, "squash")
    assert timed.report == "squash: no calls yet"
    x = np.ones(3)
    for _ in range(5):
        timed.forward(x)
    timed.backward(x, x)
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 2
    assert all(re.fullmatch(r"squash: 2 forward calls took \S+ s \(\S+ ms each\)", line) for line in printed)
    assert timed.calls == {"forward": 5, "backward": 1}
    assert all(seconds > 0 for seconds in timed.seconds.values())
    assert re.fullmatch(
        r"squash: 5 forward calls took \S+ s \(\S+ ms each\)\nsquash: 1 backward call took \S+ s \(\S+ ms each\)",
        timed.report,
    )


def test_profile_is_called_what_its_module_is(capsys: pytest.CaptureFixture[str]) -> None:
    nn.Profile(nn.Linear(3, 2), 1).forward(np.ones(3))
    assert capsys.readouterr().out.startswith("Linear(3, 2): 1 forward call took ")


def test_times_stay_out_of_copies_and_files(tmp_path: Path) -> None:
    timed = nn.Profile(nn.Linear(3, 2))
    timed.forward(np.ones(3))
    gn.save(timed, tmp_path / "net")
    for other in (timed.clone(), pickle.loads(pickle.dumps(timed)), gn.load(tmp_path / "net")):
        assert other.calls == {"forward": 0, "backward": 0}
        other.forward(np.ones(3))
        assert other.calls["forward"] == 1
    assert timed.calls["forward"] == 1


def test_asking_for_shapes_is_no_call_and_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    net = nn.Sequential(nn.PrintSize(), nn.Profile(nn.Linear(3, 2), 1))
    assert net.output_shape((5, 3)) == (5, 2)
    assert net.modules[1].calls["forward"] == 0
    assert capsys.readouterr().out == ""


# ---- PrintSize


def test_sizes_are_printed_there_and_back(capsys: pytest.CaptureFixture[str]) -> None:
    told = nn.PrintSize()
    told.forward(np.ones((5, 3)))
    told.backward(np.ones((5, 3)), np.ones((5, 3)))
    assert capsys.readouterr().out == "PrintSize: x 5x3\nPrintSize: dy 5x3\n"
