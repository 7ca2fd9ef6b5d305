"""A wrong gradient is found in the whole net, and the node at fault is named, wherever it stands."""

import time

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.draw.look.style import FAILED
from graphnet.inspect import progress
from graphnet.random import generator_state
from tests.graphnet.test_draw import nodes


class WrongSlope(nn.Tanh):
    def slope(self, x, y):
        return super().slope(x, y) * 1.001


class WrongWeight(nn.Linear):
    """The gradient of one number of the weights is wrong."""

    def acc_grad_parameters(self, x, y, dy, scale=1.0):
        super().acc_grad_parameters(x, y, dy, scale)
        self.weight.grad[-1, 1] += 1e-3 * scale


class WrongPart(nn.CMulTable):
    """The gradient of one element of the input is wrong."""

    def update_grad_input(self, x, y, dy):
        first, second = super().update_grad_input(x, y, dy)
        return [first, second * 1.01]


def numbers(*shape):
    return np.random.default_rng(len(shape)).normal(size=shape)


def chain_of_50(n, wrong=()):
    """A net of 50 nodes that compute, where those of these names are wrong."""
    gn.manual_seed(2)
    x = h = nn.Identity()().annotate(name="x")
    for i in range(25):
        h = (WrongWeight if f"linear{i}" in wrong else nn.Linear)(n, n)(h).annotate(name=f"linear{i}")
        h = (WrongSlope if f"tanh{i}" in wrong else nn.Tanh)()(h).annotate(name=f"tanh{i}")
    return gn.gModule([x], [h])


def draw_step(first=nn.Tanh):
    x, prev_h = nn.Identity()(), nn.Identity()()
    sum_ = nn.CAddTable()([nn.Linear(3, 4)(x), nn.Linear(4, 4)(prev_h)])
    next_h = first()(sum_)
    gn.annotate_nodes()
    return gn.gModule([x, prev_h], [next_h])


def at_fault(report):
    return [(check.path, check.name) for check in report.wrong]


# ---- the node at fault


@pytest.mark.parametrize("n", [3, 10, 60])
def test_a_wrong_gradient_of_one_number_in_one_of_50_nodes_is_found_and_named(n):
    net = chain_of_50(n, {"linear11"})
    report = gn.check_gradients(net, numbers(4, n))
    assert not report.ok
    (check,) = report.wrong
    assert (check.node.name, check.name, check.place) == ("linear11", "weight", (n - 1, 1))
    assert check.computed - check.numeric == pytest.approx(1e-3, abs=1e-8)
    assert str(check.drawn_at).startswith(f"{__file__}:")
    assert f"linear11 = WrongWeight({n}, {n}), drawn at {__file__}:" in str(report)
    assert f"the gradient of its weight is wrong at [{n - 1}, 1]: computed" in str(report)
    assert repr(report) == "GradientReport(1 of 51 gradients wrong, 1 at fault)"
    assert repr(check).startswith(f"NodeCheck(linear11, weight: at [{n - 1}, 1]: computed")


def test_a_wrong_slope_spreads_to_all_that_stands_before_it_but_one_node_is_at_fault():
    report = gn.check_gradients(chain_of_50(4, {"tanh20"}), numbers(2, 4))
    assert sum(not check.ok for check in report.checks) > 10
    assert at_fault(report) == [("tanh20", "input")]


def test_several_nodes_at_fault_are_all_named():
    report = gn.check_gradients(chain_of_50(4, {"tanh3", "linear7", "tanh20"}), numbers(2, 4))
    assert at_fault(report) == [("tanh3", "input"), ("linear7", "weight"), ("tanh20", "input")]


def test_a_right_net_of_50_nodes_is_checked_within_two_seconds_and_each_of_its_nodes_is():
    net, x = chain_of_50(30), numbers(8, 30)
    start = time.perf_counter()
    report = gn.check_gradients(net, x)
    assert time.perf_counter() - start < 2
    assert report.ok
    assert report.wrong == []
    assert len({check.site for check in report.node_checks}) == 51  # and the input's Identity


def test_the_element_of_a_list_is_told():
    a, b = nn.Identity()(), nn.Identity()()
    net = gn.gModule([a, b], [WrongPart()([nn.Tanh()(a), nn.Sigmoid()(b)])])
    report = gn.check_gradients(net, [numbers(5), numbers(5)])
    assert [(check.name, check.node.action()) for check in report.wrong] == [("input 1", "WrongPart()")]


def test_the_node_inside_of_containers_is_named():
    inner = nn.Sequential(nn.Linear(3, 4), nn.ConcatTable(nn.Tanh(), WrongSlope()), nn.CAddTable())
    x = nn.Identity()()
    report = gn.check_gradients(gn.gModule([x], [inner(x).annotate(name="inner")]), numbers(2, 3))
    assert at_fault(report) == [("inner/[1] ConcatTable()/[1] WrongSlope()", "input")]


@pytest.mark.parametrize("options", [{}, {"recompute": True}, {"reverse": True, "batch_first": True}])
def test_the_node_inside_of_a_recurrence_is_named_with_the_step(options):
    layer = gn.Recurrence(draw_step(WrongSlope), **options)
    x = nn.Identity()()
    net = gn.gModule([x], [nn.Sum(0)(layer(x).annotate(name="layer"))])
    report = gn.check_gradients(net, numbers(3, 3, 3))
    assert at_fault(report) == [("layer/next_h", "input")]
    (check,) = report.wrong
    assert check.times in {(0,), (2,)}
    assert f"(at step {check.times[0]})" in str(report)
    assert check.site[0] in net.plan().calls
    assert check.site[1] in layer.step.plan().calls
    assert at_fault(gn.check_gradients(layer, numbers(3, 3, 3))) == [(f"{layer.label()}/next_h", "input")]


def test_the_node_inside_of_recurrences_in_recurrences_is_named():
    inner = gn.Recurrence(draw_step(WrongSlope))
    x, prev_s = nn.Identity()(), nn.Identity()()
    ys = inner(x).annotate(name="inner")
    next_s = nn.CAddTable()([nn.Mean(0)(ys), prev_s]).annotate(name="next_s")
    outer = gn.Recurrence(gn.gModule([x, prev_s], [next_s]), {next_s: prev_s})
    (check,) = gn.check_gradients(outer, numbers(2, 2, 2, 3)).wrong
    assert check.path.endswith("/inner/next_h")
    assert len(check.times) == 2


def test_a_recurrence_that_goes_back_wrongly_itself_is_named():
    class Forgetful(gn.Recurrence):
        def pull_back(self, x, y, dy, scale, accumulate, *saved):
            return 0.5 * super().pull_back(x, y, dy, scale, accumulate, *saved)

    x = nn.Identity()()
    net = gn.gModule([x], [nn.Sum(0)(Forgetful(draw_step())(x).annotate(name="layer"))])
    report = gn.check_gradients(net, numbers(4, 2, 3))
    assert at_fault(report) == [("layer", "input")]


def test_a_node_that_is_wrong_only_between_the_first_and_the_last_step_is_named():
    class WrongWhereLarge(nn.Tanh):
        def slope(self, x, y):
            return super().slope(x, y) + 0.01 * (np.abs(y) > 0.99)

    x = np.zeros((9, 1, 3))
    x[4] = 30
    (check,) = gn.check_gradients(gn.Recurrence(draw_step(WrongWhereLarge)), x).wrong
    assert check.path.endswith("next_h")
    assert check.times == (4,)


class LeavesOutScale(nn.Linear):
    def acc_grad_parameters(self, x, y, dy, scale=1.0):
        super().acc_grad_parameters(x, y, dy)


class Overwrites(nn.Linear):
    def acc_grad_parameters(self, x, y, dy, scale=1.0):
        self.zero_grad_parameters()
        super().acc_grad_parameters(x, y, dy, scale)


@pytest.mark.parametrize("kind", [LeavesOutScale, Overwrites])
def test_gradients_of_parameters_that_are_not_scaled_or_not_added_to_are_wrong(kind):
    report = gn.check_gradients(nn.Sequential(nn.Linear(3, 4), kind(4, 2)), numbers(2, 3))
    path = f"[1] {kind.__name__}(4, 2)"
    assert at_fault(report) == [(path, "weight"), (path, "bias")]


def test_of_a_tied_module_both_calls_are_checked_and_their_parameters_at_each():
    tied = WrongWeight(3, 3)
    x = nn.Identity()()
    net = gn.gModule([x], [tied(nn.Tanh()(tied(x).annotate(name="first"))).annotate(name="second")])
    report = gn.check_gradients(net, numbers(2, 3))
    assert [(check.path, check.name, check.place) for check in report.wrong] == [
        ("first", "weight", (2, 1)),
        ("second", "weight", (2, 1)),
    ]


def test_a_criterion_in_a_net_is_named():
    class WrongCriterion(nn.MSECriterion):
        def grad_input_of(self, x, target):
            return super().grad_input_of(x, target) * 2

    x, t = nn.Identity()(), nn.Identity()()
    loss = WrongCriterion()([nn.Linear(3, 2)(x), t])
    gn.annotate_nodes()
    report = gn.check_gradients(gn.gModule([x, t], [loss]), [numbers(2, 3), numbers(2, 2)])
    assert at_fault(report) == [("loss", "input 0"), ("loss", "input 1")]


def test_where_no_node_is_at_fault_the_report_says_so():
    class Cut(nn.Identity):
        """What is right only for gradients that are not too large."""

        def update_grad_input(self, x, y, dy):
            return np.minimum(dy, 2)

    report = gn.check_gradients(nn.Sequential(Cut(), nn.MulConstant(3)), numbers(3))
    assert not report.ok
    assert report.wrong == []
    assert str(report).endswith("None of the 2 nodes is wrong by itself.")


# ---- what is not wrong


@pytest.mark.parametrize("module", [nn.ReLU(), nn.Abs(), nn.HardTanh(), nn.Threshold(0.0, 0.0), nn.LeakyReLU(0.1)])
def test_a_gradient_at_a_kink_is_right_if_it_is_a_slope_to_one_side_or_between(module):
    x = np.array([0.0, 1.0, -1.0, 3e-7, -3e-7, 0.5, 2.0])
    report = gn.check_gradients(nn.Sequential(module, nn.MulConstant(3)), x)
    assert report.ok, str(report)
    assert gn.check_gradients(module, np.zeros((30, 40))).ok


def test_a_gradient_at_a_kink_that_is_on_neither_side_is_wrong():
    class WrongAtZero(nn.ReLU):
        def slope(self, x, y):
            return np.where(x == 0, 1.2, super().slope(x, y))

    report = gn.check_gradients(WrongAtZero(), np.array([0.0, 1.0]))
    assert [(check.place, check.ok) for check in report.checks] == [((0,), False)]


def test_kinks_are_counted_and_told():
    report = gn.check_gradients(nn.Abs(), np.array([0.0, 1.0, 0.0]))
    assert report.checks[0].kinks == 2
    assert str(report).endswith("ok (2 at kinks)")


def test_a_small_error_where_there_is_no_kink_is_no_kink():
    class SlightlyWrong(nn.Tanh):
        def slope(self, x, y):
            return super().slope(x, y) + 4e-6

    assert not gn.check_gradients(SlightlyWrong(), numbers(3)).ok
    assert not gn.check_gradients(SlightlyWrong(), numbers(30, 30)).ok


def test_gradients_that_are_cut_off_on_purpose_are_not_wrong():
    assert gn.check_gradients(gn.Recurrence(draw_step(), truncate=2), numbers(5, 2, 3)).ok


@pytest.mark.parametrize("step", [0, -1e-6, 1e-20, float("nan")])
def test_numbers_cannot_be_moved_by_nothing(step):
    with pytest.raises(ValueError, match="step, how far numbers are moved, must be at least 1e-12"):
        gn.check_gradients(nn.Tanh(), numbers(3), step=step)


def test_random_modules_draw_the_same_for_the_net_and_for_each_node():
    step = draw_step(lambda: nn.Sequential(nn.Dropout(0.5, per_sequence=True), nn.Tanh(), nn.RReLU()))
    net = nn.Sequential(gn.Recurrence(step), nn.Dropout(0.3), nn.Bottle(nn.Linear(4, 2)), nn.WhiteNoise())
    before = generator_state()
    report = gn.check_gradients(net, numbers(4, 3, 3))
    assert report.ok, str(report)
    assert generator_state() == before


def test_a_wrong_mask_on_the_way_back_is_named():
    class Unmasked(nn.Dropout):
        def update_grad_input(self, x, y, dy, factor):
            return dy

    gn.manual_seed(0)
    report = gn.check_gradients(nn.Sequential(nn.Tanh(), Unmasked(0.5), nn.Tanh()), numbers(6, 6))
    assert at_fault(report) == [("[1] Unmasked(0.5)", "input")]


def test_integers_are_left_alone_and_tables_of_rows_are_checked():
    net = nn.Sequential(nn.LookupTable(5, 3), WrongSlope(), nn.Bottle(nn.Linear(3, 2)))
    report = gn.check_gradients(net, np.array([[0, 1], [4, 1]]))
    assert [check.name for check in report.checks] == ["0.weight", "2.0.weight", "2.0.bias"]
    assert at_fault(report) == [("[1] WrongSlope()", "input")]


def test_a_net_of_float32_is_checked_in_float64_and_stays_as_it_is():
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNormalization(4), nn.Tanh()).float()
    assert gn.check_gradients(net, numbers(5, 3).astype(np.float32)).ok
    assert net.type() == np.float32
    assert not net.modules[1].running_mean.any()
    assert not any(parameter.grad.any() for parameter in net.parameters())


def test_masks_of_infinities_and_large_numbers_hide_nothing_and_are_not_wrong():
    x, mask = nn.Identity()(), nn.Identity()()
    chances = nn.SoftMax()(nn.CAddTable()([nn.Linear(3, 3)(x), mask]))
    right = gn.gModule([x, mask], [chances])
    wrong = gn.gModule([x, mask], [WrongSlope()(chances)])
    for value in (-np.inf, -1e30):
        values = [numbers(2, 3), np.where(np.eye(2, 3) > 0, value, 0.0)]
        assert gn.check_gradients(right, values).ok
        assert [check.node.action() for check in gn.check_gradients(wrong, values).wrong] == ["WrongSlope()"]


def test_what_a_node_does_not_take_is_no_fault_at_the_edge_of_what_it_takes():
    class Chances(nn.Identity):
        """Takes numbers from 0 to 1 alone."""

        def update_output(self, x):
            if (x < 0).any() or (x > 1).any():
                raise ValueError("no chances")
            return x

    report = gn.check_gradients(nn.Sequential(nn.Sigmoid(), Chances(), nn.Square()), np.array([50.0, -800.0, 0.3]))
    assert report.ok, str(report)
    assert gn.check_gradients(Chances(), np.array([0.0, 1.0, 0.5])).checks[0].kinks == 2


def test_steep_slopes_at_small_numbers_are_right():
    report = gn.check_gradients(nn.Sequential(nn.Exp(), nn.Log(), nn.Tanh()), np.array([-60.0, -18.0, 1.0]))
    assert report.ok, str(report)
    assert gn.check_gradients(nn.Log(), 10.0 ** -np.arange(40.0)).ok


def test_large_numbers_and_small_slopes_beside_them_are_right():
    net = nn.Sequential(nn.AddConstant(1e6), nn.MulConstant(1e3), nn.AddConstant(-1e9), nn.MulConstant(1e-3), nn.Tanh())
    assert gn.check_gradients(net, numbers(4)).ok


def test_a_node_without_gradient_that_none_comes_to_is_left_out():
    class Stop(gn.Module):
        def update_output(self, x):
            return x

        def update_grad_input(self, x, y, dy):
            return None

    class Rounded(gn.Module):
        def update_output(self, x):
            return np.round(x)

    x = nn.Identity()()
    rounded = nn.MulConstant(0)(Stop()(Rounded()(x)))
    report = gn.check_gradients(gn.gModule([x], [nn.CAddTable()([nn.Tanh()(x), rounded])]), numbers(3))
    assert "Rounded()" not in {check.node.action() for check in report.node_checks}


# ---- large arrays


def test_of_a_large_array_all_wrong_numbers_may_be_wrong():
    class Wrong(nn.Linear):
        def acc_grad_parameters(self, x, y, dy, scale=1.0):
            super().acc_grad_parameters(x, y, dy, scale)
            self.weight.grad *= -1

    start = time.perf_counter()
    report = gn.check_gradients(nn.Sequential(nn.Tanh(), Wrong(60, 50)), numbers(4, 60))
    assert time.perf_counter() - start < 5
    assert at_fault(report) == [("[1] Wrong(60, 50)", "weight")]
    (check,) = report.wrong
    assert check.computed == pytest.approx(-check.numeric)
    assert check.error > 0.5


def test_a_nan_among_the_gradients_of_a_large_array_is_found():
    class Broken(nn.Tanh):
        def slope(self, x, y):
            slope = super().slope(x, y)
            slope[17, 3] = np.nan
            return slope

    (check,) = gn.check_gradients(Broken(), numbers(40, 50)).checks
    assert check.place == (17, 3)
    assert not check.ok


def test_where_many_numbers_hold_together_there_is_no_place():
    (check,) = gn.check_gradients(nn.Tanh(), numbers(40, 50)).checks
    assert (check.ok, check.place) == (True, None)


def test_parameters_of_any_layout_in_memory_are_put_back():
    module = nn.Linear(20, 30)
    module.weight = gn.Parameter(np.asfortranarray(module.weight.value))
    assert gn.check_gradients(module, numbers(2, 20)).ok


# ---- what is shown


def test_the_picture_shows_the_nodes_at_fault_in_red_with_what_is_wrong():
    layer = gn.Recurrence(draw_step(WrongSlope))
    x = nn.Identity()()
    net = gn.gModule([x], [nn.Bottle(WrongWeight(4, 2))(layer(x).annotate(name="layer"))])
    report = gn.check_gradients(net, numbers(5, 2, 3))
    picture = report.draw()
    red = [text for text in nodes(picture)[0].values() if FAILED["fillcolor"] in text]
    assert len(red) == 2
    assert "next_h" in red[0]
    assert ">∂input[" in red[0]
    assert "the gradient of its input is wrong at [" in red[0]
    assert ">∂weight[1, 1]: " in red[1]
    bundle = report._repr_mimebundle_()
    assert bundle["image/svg+xml"].startswith("<svg")
    assert bundle["text/plain"] == str(report)
    (whole,) = [text for text in nodes(report.draw(expand=False))[0].values() if "layer" in text]
    assert ">next_h: ∂input[" in whole


def test_a_right_net_is_shown_as_a_table():
    report = gn.check_gradients(nn.Sequential(nn.Linear(2, 2)), numbers(2))
    assert report._repr_mimebundle_() == {"text/plain": str(report)}


def test_a_long_check_shows_a_bar_on_a_terminal(monkeypatch, capsys):
    shown = []
    monkeypatch.setattr(progress, "SECONDS_UNTIL_SHOWN", 0)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    tqdm = pytest.importorskip("tqdm").tqdm
    monkeypatch.setattr("tqdm.tqdm", lambda **options: shown.append(tqdm(**options)) or shown[-1])
    gn.check_gradients(nn.Sequential(nn.Linear(3, 3), nn.Tanh()), numbers(3))
    (bar,) = shown
    assert bar.n == bar.total == 5
    assert "checking gradients" in capsys.readouterr().err
