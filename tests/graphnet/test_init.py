"""Initialisers: what they draw, for which parameters of a net, in what order, and what they refuse."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet import Parameter, init
from graphnet import modules as nn


@pytest.fixture(autouse=True)
def _seeded() -> None:
    gn.manual_seed(0)


def big() -> Parameter:
    return Parameter(np.zeros((300, 500)))


def net() -> nn.Sequential:
    return nn.Sequential(nn.LookupTable(7, 6), nn.Linear(6, 5), nn.CMul(5), nn.Linear(5, 4))


def kept(module: gn.Module) -> dict[str, np.ndarray]:
    return {name: p.value.copy() for name, p in module.named_parameters().items()}


def changed(module: gn.Module, before: dict[str, np.ndarray]) -> list[str]:
    return [name for name, p in module.named_parameters().items() if not np.array_equal(p.value, before[name])]


# ---- what is drawn


@pytest.mark.parametrize(
    ("initialiser", "std"),
    [
        (init.Xavier(), math.sqrt(2 / 800)),
        (init.Xavier(2), 2 * math.sqrt(2 / 800)),
        (init.Xavier("tanh", "normal"), 5 / 3 * math.sqrt(2 / 800)),
        (init.He(), math.sqrt(2 / 500)),
        (init.He(distribution="uniform"), math.sqrt(2 / 500)),
        (init.He(mode="fan_out"), math.sqrt(2 / 300)),
        (init.He("leaky_relu", 0.5), math.sqrt(2 / 1.25 / 500)),
        (init.He("linear"), math.sqrt(1 / 500)),
        (init.LeCun(), math.sqrt(1 / 500)),
        (init.LeCun("uniform"), math.sqrt(1 / 500)),
        (init.Normal(0, 0.3), 0.3),
        (init.Uniform(-0.3, 0.3), 0.3 / math.sqrt(3)),
    ],
    ids=repr,
)
def test_the_spread_of_a_big_matrix(initialiser: init.Initialiser, std: float) -> None:
    weights = initialiser(big()).value
    assert weights.std() == pytest.approx(std, rel=0.02)
    assert abs(weights.mean()) < 0.01 * std
    uniform = "uniform" in repr(initialiser) or isinstance(initialiser, init.Uniform)
    largest = abs(weights).max() / std
    assert math.sqrt(3) * 0.999 < largest <= math.sqrt(3) if uniform else largest > 3.5


def test_means_and_constants() -> None:
    assert init.Normal(3, 0.1)(big()).value.mean() == pytest.approx(3, abs=0.01)
    weights = init.Uniform(1, 2)(big()).value
    assert 1 <= weights.min() < 1.001
    assert 1.999 < weights.max() <= 2
    assert (init.Constant(-1.5)(Parameter(np.zeros(3))).value == -1.5).all()
    assert (init.Normal(2, 0)(Parameter(np.zeros(3))).value == 2).all()


@pytest.mark.parametrize("shape", [(40, 40), (40, 30), (30, 40), (8, 3, 2, 2), (20, 3, 2, 2), (1, 5)], ids=str)
def test_orthogonal(shape: tuple[int, ...]) -> None:
    w = init.Orthogonal(2)(Parameter(np.zeros(shape))).value.reshape(shape[0], -1)
    product = w @ w.T if w.shape[0] <= w.shape[1] else w.T @ w
    np.testing.assert_allclose(product, 4 * np.eye(min(w.shape)), rtol=0, atol=1e-12)


def test_every_block_is_orthogonal_on_its_own() -> None:
    w = init.Orthogonal(blocks=4)(Parameter(np.zeros((40, 10)))).value
    blocks = np.split(w, 4)
    for block in blocks:
        np.testing.assert_allclose(block @ block.T, np.eye(10), rtol=0, atol=1e-12)
    assert not np.allclose(blocks[0], blocks[1])


def test_orthogonal_matrices_are_equally_likely() -> None:
    """The signs are mended: without that the QR decomposition gives diagonals that are negative on average."""
    traces = [np.trace(init.Orthogonal()(Parameter(np.zeros((5, 5)))).value) for _ in range(2000)]
    assert abs(np.mean(traces)) < 0.1  # a trace has mean 0 and variance 1
    assert np.var(traces) == pytest.approx(1, rel=0.15)


def test_identity() -> None:
    np.testing.assert_array_equal(init.Identity(0.5)(Parameter(np.ones((2, 3)))).value, 0.5 * np.eye(2, 3))


@pytest.mark.parametrize(
    ("name", "gain"), [("linear", 1), ("sigmoid", 1), ("tanh", 5 / 3), ("relu", math.sqrt(2)), ("leaky_relu", 1.25)]
)
def test_gains(name: str, gain: float) -> None:
    assert init.gain(name, math.sqrt(0.28)) == pytest.approx(gain, abs=1e-15)


def test_fans() -> None:
    assert nn.Linear(3, 5).fans("weight") == (3, 5)
    assert nn.Linear(3, 5).fans("bias") is None
    assert nn.Bilinear(3, 2, 4).fans("weight") == (6, 8)
    for module in (nn.LookupTable(5, 3), nn.CMul(2, 3), nn.Euclidean(3, 2), nn.WeightedEuclidean(3, 2)):
        assert [module.fans(name) for name in module.own_parameters()] == [None] * len(module.parameters())
    kernel = init.He()(Parameter(np.zeros((50, 40, 5, 5)))).value
    assert kernel.std() == pytest.approx(math.sqrt(2 / (40 * 25)), rel=0.02)


def test_learned_initial_states_are_no_weights() -> None:
    layer = gn.Recurrence(nn.rnn(3, 2), initial="learned")
    before = kept(layer)
    assert changed(init.Xavier()(layer), before) == ["step.i2h.weight", "step.h2h.weight"]
    assert [layer.fans(name) for name in layer.own_parameters()] == [None]


def test_a_module_may_say_its_fans() -> None:
    class Transposed(nn.Linear):
        def fans(self, name: str) -> Any:
            return self.weight.shape if name == "weight" else None

    assert init.He()(Transposed(20, 800), names="weight").weight.value.std() == pytest.approx(
        math.sqrt(2 / 800), rel=0.02
    )


# ---- of which parameters


@pytest.mark.parametrize("initialiser", [init.Xavier(), init.He(), init.LeCun(), init.Orthogonal(), init.Identity()])
def test_over_a_net_only_weights_are_touched(initialiser: init.Initialiser) -> None:
    module = net()
    before = kept(module)
    assert initialiser(module) is module
    assert changed(module, before) == ["1.weight", "3.weight"]


@pytest.mark.parametrize("initialiser", [init.Normal(), init.Uniform(2, 3), init.Constant(7)])
def test_over_a_net_everything_is_touched(initialiser: init.Initialiser) -> None:
    module = net()
    before = kept(module)
    assert changed(initialiser(module), before) == list(before)


@pytest.mark.parametrize(
    ("names", "touched"),
    [
        ("*", ["0.weight", "1.weight", "1.bias", "2.weight", "3.weight", "3.bias"]),
        ("weight", ["0.weight", "1.weight", "2.weight", "3.weight"]),
        ("*.bias", ["1.bias", "3.bias"]),
        ("1.*", ["1.weight", "1.bias"]),
        ("3.bias", ["3.bias"]),
        (["3.bias", "0.*"], ["0.weight", "3.bias"]),
        ("[12].weight", ["1.weight", "2.weight"]),
    ],
)
def test_names(names: Any, touched: list[str]) -> None:
    module = net()
    before = kept(module)
    assert changed(init.Normal()(module, names=names), before) == touched


def test_names_of_a_drawing_and_of_a_single_module() -> None:
    module = nn.stacked([nn.lstm(3, 2), nn.lstm(2, 2)])
    before = kept(module)
    assert changed(init.Constant(0.5)(module, "h2h.bias"), before) == ["layer_1.h2h.bias", "layer_2.h2h.bias"]
    layer = nn.Linear(3, 2)
    before = kept(layer)
    assert changed(init.Normal()(layer, "*.weight"), before) == ["weight"]


def test_rules() -> None:
    module = net()
    before = kept(module)
    result = init.rules(module, {"3.*": 2, "*": init.Xavier(), "bias": 0.0})
    assert result is module
    assert changed(module, before) == ["1.weight", "1.bias", "3.weight", "3.bias"]
    assert (module.modules[3].weight.value == 2).all()
    assert (module.modules[3].bias.value == 2).all()
    assert (module.modules[1].bias.value == 0).all()


def test_shared_parameters_are_drawn_once() -> None:
    table, decoder = nn.LookupTable(7, 6), nn.Linear(6, 7)
    decoder.weight = table.weight
    tied = nn.Sequential(table, decoder)
    gn.manual_seed(5)
    init.Normal()(tied)
    drawn = gn.generator().normal()
    gn.manual_seed(5)
    expected = np.random.default_rng(5).normal(size=42)
    np.testing.assert_array_equal(table.weight.value.ravel(), expected)
    gn.generator().normal(size=42 + 7)
    assert gn.generator().normal() == drawn
    before = kept(tied)
    assert changed(init.Xavier()(tied), before) == ["0.weight"]  # as the weight of the Linear


def test_types_stay_and_so_do_the_arrays() -> None:
    single = net().float()
    arrays = [p.value for p in single.parameters()]
    gn.manual_seed(1)
    init.Orthogonal()(init.Uniform(-1, 1)(single))
    assert all(p.value is a and p.value.dtype == np.float32 for p, a in zip(single.parameters(), arrays, strict=True))
    double = net()
    gn.manual_seed(1)
    init.Orthogonal()(init.Uniform(-1, 1)(double))
    for p, q in zip(single.parameters(), double.parameters(), strict=True):
        np.testing.assert_array_equal(p.value, q.value.astype(np.float32))


# ---- the same seed gives the same net


@pytest.mark.parametrize(
    "initialiser",
    [init.Xavier(), init.He(), init.LeCun(), init.Orthogonal(), init.Normal(), init.Uniform(-1, 1), init.Torch()],
    ids=repr,
)
def test_a_seed_repeats(initialiser: init.Initialiser) -> None:
    gn.manual_seed(2)
    first = kept(initialiser(net()))
    gn.manual_seed(2)
    assert changed(initialiser(net()), first) == []
    assert changed(initialiser(net()), first)


def test_rules_draw_in_the_order_of_the_parameters() -> None:
    gn.manual_seed(3)
    first = kept(init.rules(net(), {"1.*": init.Normal(), "3.*": init.Normal()}))
    gn.manual_seed(3)
    assert changed(init.rules(net(), {"3.*": init.Normal(), "1.*": init.Normal()}), first) == []


def test_torch_is_reset() -> None:
    for stdv in (None, 0.5):
        first, second = net(), net()
        gn.manual_seed(4)
        first.reset(stdv)
        gn.manual_seed(4)
        assert init.Torch(stdv)(second) is second
        assert changed(second, kept(first)) == []


def test_torch_by_name_leaves_the_others() -> None:
    module = net()
    init.Constant(9)(module)
    before = kept(module)
    assert changed(init.Torch()(module, "3.bias"), before) == ["3.bias"]
    assert abs(module.modules[3].bias.value).max() <= 1 / math.sqrt(5)
    init.rules(module, {"weight": init.Torch(), "bias": 0})
    assert abs(module.modules[1].weight.value).max() <= 1 / math.sqrt(6)


def test_torch_by_name_leaves_statistics() -> None:
    module = nn.BatchNormalization(2)
    module.running_mean[:], module.running_var[:] = 3, 4
    init.Torch()(module, "weight")
    assert [*module.running_mean, *module.running_var] == [3, 3, 4, 4]
    init.Torch()(module)
    assert [*module.running_mean, *module.running_var] == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("make", "bounds"),
    [
        (lambda: nn.Linear(16, 300), {"weight": 1 / 4, "bias": 1 / 4}),
        (lambda: nn.Bilinear(16, 9, 300), {"weight": 1 / 4, "bias": 1 / 4}),
        (lambda: nn.CMul(4, 100), {"weight": 1 / 20}),
        (lambda: nn.CAdd(4, 100), {"bias": 1 / 20}),
        (lambda: nn.Add(400), {"bias": 1 / 20}),
        (lambda: nn.Cosine(300, 16), {"weight": 1 / 4}),
        (lambda: nn.Euclidean(16, 300), {"weight": 1 / 4}),
        (lambda: nn.WeightedEuclidean(16, 300), {"weight": 1 / 4}),
        (lambda: nn.MapTable(nn.Linear(16, 300)), {"module.weight": 1 / 4, "module.bias": 1 / 4}),
    ],
)
def test_torchs_defaults_are_uniform(make: Any, bounds: dict[str, float]) -> None:
    module = make()
    for stdv in (None, 0.7):
        if stdv is not None:
            module.reset(stdv)
        for name, bound in bounds.items():
            value = module.named_parameters()[name].value
            expected = bound if stdv is None else stdv * math.sqrt(3)
            assert 0.97 * expected < abs(value).max() <= expected
            assert value.std() == pytest.approx(expected / math.sqrt(3), rel=0.1)


def test_torchs_other_defaults() -> None:
    table = nn.LookupTable(300, 50)
    assert table.weight.value.std() == pytest.approx(1, rel=0.02)
    table.reset(0.1)
    assert table.weight.value.std() == pytest.approx(0.1, rel=0.02)
    drawn = [nn.Mul().weight.value[0] for _ in range(200)]
    assert 0.95 < max(map(abs, drawn)) <= 1
    for module, name, start in (
        (nn.PReLU(3), "weight", 0.25),
        (nn.WeightedEuclidean(3, 2), "diag_cov", 1),
        (nn.LayerNormalization(3, 0.5), "weight", 1),
        (nn.LayerNormalization(3, 0.5), "bias", 0.5),
    ):
        parameter = module.own_parameters()[name]
        assert (parameter.value == start).all()
        parameter.value += 1
        module.reset(0.1)
        assert (parameter.value == start).all()


# ---- errors


@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (lambda: init.Normal(0, -1), ValueError, "Normal's std must be at least 0, not -1"),
        (lambda: init.Normal("0"), TypeError, "Normal's mean must be a number, not '0'"),
        (lambda: init.Normal(math.nan), ValueError, "Normal's mean must be finite, not nan"),
        (lambda: init.Uniform(1, -1), ValueError, "Uniform's low may not be above its high: 1 and -1"),
        (lambda: init.Uniform(-math.inf, 1), ValueError, "Uniform's low must be finite, not -inf"),
        (lambda: init.Constant(None), TypeError, "Constant's value must be a number, not None"),
        (lambda: init.Constant(True), TypeError, "Constant's value must be a number, not True"),
        (lambda: init.Xavier(-1), ValueError, "Xavier's gain must be at least 0, not -1"),
        (
            lambda: init.Xavier("gelu"),
            ValueError,
            "the nonlinearity must be one of 'linear', 'sigmoid', 'tanh', 'relu'",
        ),
        (lambda: init.Xavier(1, "beta"), ValueError, "Xavier's distribution must be one of 'uniform', 'normal', not"),
        (lambda: init.He("relu6"), ValueError, "the nonlinearity must be one of"),
        (lambda: init.He(mode="fan"), ValueError, "He's mode must be one of 'fan_in', 'fan_out', not 'fan'"),
        (lambda: init.He("leaky_relu", math.nan), ValueError, "He's slope must be finite, not nan"),
        (lambda: init.LeCun("even"), ValueError, "LeCun's distribution must be one of"),
        (lambda: init.Orthogonal(blocks=0), ValueError, "Orthogonal's blocks must be at least 1, not 0"),
        (lambda: init.Orthogonal(blocks=1.5), TypeError, "Orthogonal's blocks must be an integer, not 1.5"),
        (lambda: init.Orthogonal(math.inf), ValueError, "Orthogonal's gain must be finite, not inf"),
        (lambda: init.Identity("1"), TypeError, "Identity's gain must be a number, not '1'"),
        (lambda: init.Torch(0), ValueError, "Torch's stdv must be above 0, not 0"),
        (
            lambda: init.Xavier()(nn.Linear(3, 2).bias),
            ValueError,
            "Xavier(gain=1.0, distribution='uniform') cannot set the parameter: it has shape 2, where a matrix",
        ),
        (
            lambda: init.He()(net(), "3.bias"),
            ValueError,
            "cannot set 3.bias: it has shape 4, where a matrix or a kernel",
        ),
        (
            lambda: init.He()(net(), "*.bias"),
            ValueError,
            "cannot set 1.bias: it has shape 5, where a matrix or a kernel",
        ),
        (
            lambda: init.Xavier()(net(), "0.weight"),
            ValueError,
            "cannot set 0.weight: LookupTable(7, 6) sums no inputs with these weights, 7x6; Constant",
        ),
        (
            lambda: init.Identity()(Parameter(np.zeros((2, 2, 3)))),
            ValueError,
            "Identity(gain=1.0) cannot set the parameter: it has shape 2x2x3, where a matrix is meant",
        ),
        (
            lambda: init.Orthogonal(blocks=4)(net(), "1.weight"),
            ValueError,
            "Orthogonal(gain=1.0, blocks=4) cannot set 1.weight: 4 blocks do not divide the rows of 5x6",
        ),
        (
            lambda: init.Normal()(nn.Linear(3, 2), "wieght"),
            ValueError,
            "Linear(3, 2) has no parameter named like 'wieght'; the names there are: weight, bias",
        ),
        (
            lambda: init.Normal()(nn.Tanh(), "weight"),
            ValueError,
            "Tanh() has no parameter named like 'weight'; the names there are: none",
        ),
        (lambda: init.Normal()(nn.Linear(3, 2), 3), TypeError, "names are a string or a list of strings, not int"),
        (lambda: init.Normal()(nn.Linear(3, 2), [1]), TypeError, "names of parameters are strings, not 1"),
        (
            lambda: init.Normal()(Parameter([1.0]), "weight"),
            TypeError,
            "names choose among the parameters of a module; the target is one Parameter",
        ),
        (
            lambda: init.Normal()(np.zeros((2, 3))),
            TypeError,
            "an initialiser sets a Parameter, a module or a net, not an array of shape 2x3",
        ),
        (lambda: init.Normal()(net().parameters()), TypeError, "sets a Parameter, a module or a net, not a list of 6"),
        (lambda: init.Normal()(nn.Identity()()), TypeError, "not Node; set its module: initialiser(node.module)"),
        (
            lambda: init.Torch()(Parameter([1.0])),
            TypeError,
            "Torch's defaults are those of modules, not of a Parameter; call it with the module",
        ),
        (lambda: init.Torch()(3), TypeError, "an initialiser sets a Parameter, a module or a net, not int"),
        (lambda: init.rules(net(), [0.0]), TypeError, "rules are a dictionary, like"),
        (
            lambda: init.rules(net(), {"bias": "0"}),
            TypeError,
            "the rule 'bias' needs an initialiser or a number, not '0'",
        ),
        (lambda: init.rules(net(), {"bias": init.Xavier}), TypeError, "(without parentheses)"),
        (
            lambda: init.rules(net(), {"gate.*": 0}),
            ValueError,
            "Sequential() has no parameter named like 'gate.*'; the names there are: 0.weight, 1.weight, 1.bias, ",
        ),
        (lambda: init.rules(net(), {"bias": init.Xavier()}), ValueError, "cannot set 1.bias: it has shape 5"),
        (
            lambda: init.rules(net(), {"*": init.Normal(), "bias": 0}),
            ValueError,
            "the rule 'bias' is never reached: rules before it set 1.bias, 3.bias",
        ),
        (lambda: init.rules(nn.Tanh(), {"*": 0}), ValueError, "Tanh() has no parameter named like '*'"),
    ],
)
def test_what_is_refused(call: Any, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=re.escape(text)):
        call()


def test_a_refusal_comes_before_anything_is_drawn() -> None:
    module = net()
    before, state = kept(module), gn.random.generator_state()
    with pytest.raises(ValueError, match="do not divide"):
        init.Orthogonal(blocks=4)(module)  # the first of its weights has 5 rows
    with pytest.raises(ValueError, match="never reached"):
        init.rules(module, {"*": init.Normal(), "1.*": 0})
    assert changed(module, before) == []
    assert gn.random.generator_state() == state


def test_a_net_without_parameters_is_fine() -> None:
    assert isinstance(init.Xavier()(nn.Tanh()), nn.Tanh)


def test_an_initialiser_of_ones_own_needs_numbers() -> None:
    class Half(init.Initialiser):
        pass

    with pytest.raises(NotImplementedError, match="Half does not define numbers"):
        Half()(Parameter([1.0]))
