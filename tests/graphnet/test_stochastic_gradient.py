"""StochasticGradient, the training tool of nn."""

import re

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn


def quiet(module, criterion=None, **settings):
    trainer = gn.StochasticGradient(module, criterion or nn.MSECriterion())
    trainer.verbose = False
    for name, value in settings.items():
        setattr(trainer, name, value)
    return trainer


def examples(n=4):
    numbers = np.random.default_rng(0)
    return [(x, np.array([x.sum()])) for x in numbers.normal(size=(n, 3))]


def test_it_has_the_settings_of_the_original():
    trainer = gn.StochasticGradient(nn.Linear(3, 1), nn.MSECriterion())
    assert (trainer.learning_rate, trainer.learning_rate_decay, trainer.max_iteration) == (0.01, 0, 25)
    assert trainer.shuffle_indices
    assert trainer.hook_example is None
    assert trainer.hook_iteration is None


def test_it_takes_the_steps_of_the_original():
    """Example by example, at a rate that the k-th iteration, but for the first, divides by 1 + k · decay."""
    net = nn.Linear(3, 1)
    expected = net.clone()
    data = examples()
    trainer = quiet(net, learning_rate=0.1, learning_rate_decay=0.5, max_iteration=3, shuffle_indices=False)
    errors = trainer.train(data)
    criterion = nn.MSECriterion()
    for rate, error in zip((0.1, 0.1 / 2, 0.1 / 2.5), errors, strict=True):
        total = 0.0
        for x, target in data:
            total += criterion.forward(expected.forward(x), target)
            expected.acc_update_grad_parameters(x, criterion.backward(expected.output, target), rate)
        assert error == pytest.approx(total / len(data), rel=1e-12)
    for a, b in zip(net.parameters(), expected.parameters(), strict=True):
        np.testing.assert_allclose(a.value, b.value, rtol=1e-12)


def test_it_learns():
    errors = quiet(nn.Linear(3, 1), learning_rate=0.1).train(examples(8))
    assert len(errors) == 25
    assert errors[-1] < 1e-3 * errors[0]


def test_the_order_is_drawn_once_by_the_one_generator():
    data = examples(20)

    def orders():
        seen = []
        trainer = quiet(nn.Linear(3, 1), max_iteration=2)
        trainer.hook_example = lambda _, example: seen.append(next(i for i, e in enumerate(data) if e is example))
        trainer.train(data)
        return seen[:20], seen[20:]

    gn.manual_seed(3)
    first, second = orders()
    assert first == second
    assert sorted(first) == list(range(20))
    assert first != sorted(first)
    gn.manual_seed(3)
    assert orders()[0] == first
    assert orders()[0] != first


def test_hooks_are_told_of_examples_and_iterations():
    data = examples(2)
    told = []
    trainer = quiet(nn.Linear(3, 1), max_iteration=2, shuffle_indices=False)
    trainer.hook_example = lambda who, example: told.append((who is trainer, example))
    trainer.hook_iteration = lambda who, iteration, error: told.append((iteration, error))
    errors = trainer.train(data)
    each = [(True, data[0]), (True, data[1])]
    assert told == [*each, (1, errors[0]), *each, (2, errors[1])]


def test_without_an_end_it_goes_on_until_it_is_interrupted():
    def stop(trainer, iteration, error):
        if iteration == 40:
            raise KeyboardInterrupt

    assert len(quiet(nn.Linear(3, 1), max_iteration=0, hook_iteration=stop).train(examples())) == 40
    with pytest.raises(KeyboardInterrupt):
        quiet(nn.Linear(3, 1), max_iteration=50, hook_iteration=stop).train(examples())


def test_what_is_not_finite_stops_it_before_the_step():
    net = nn.Linear(1, 1)
    data = [(np.ones(1), np.ones(1)), (np.array([np.inf]), np.ones(1))]
    after = []
    trainer = quiet(net, shuffle_indices=False)
    trainer.hook_example = lambda *_: after.append(net.weight.value.copy())
    with pytest.raises(gn.DivergedError, match="the loss is not finite at step 2"):
        trainer.train(data)
    np.testing.assert_array_equal(net.weight.value, after[0])


def test_tied_weights_take_one_step():
    inner = nn.Linear(1, 1, bias=False)
    inner.weight.value = [[1.0]]
    data = [(np.ones(1), np.zeros(1))]
    quiet(nn.Sequential(inner, inner), learning_rate=0.1, max_iteration=1).train(data)
    np.testing.assert_allclose(inner.weight.value, [[1 - 0.1 * 2 * 2]])  # d/dw w^4 is 4 w^3


def test_it_trains_in_training_mode_and_puts_the_mode_back():
    net = nn.Sequential(nn.Linear(3, 1), nn.Dropout()).evaluate()
    modes = []
    quiet(net, max_iteration=1, hook_example=lambda trainer, _: modes.append(trainer.module.modules[1].train)).train(
        examples(1)
    )
    assert modes == [True]
    assert not net.modules[1].train


def test_it_tells_of_its_errors(capsys):
    trainer = gn.StochasticGradient(nn.Linear(3, 1), nn.MSECriterion())
    trainer.max_iteration = 2
    trainer.train(examples())
    lines = capsys.readouterr().out.splitlines()
    assert [re.match(r"iteration (\d): error \S+$", line).group(1) for line in lines] == ["1", "2"]


@pytest.mark.parametrize(
    ("do", "kind", "text"),
    [
        (
            lambda: gn.StochasticGradient(nn.Linear, nn.MSECriterion()),
            TypeError,
            "StochasticGradient's module must be a module, not type",
        ),
        (
            lambda: gn.StochasticGradient(nn.Linear(1, 1), "mse"),
            TypeError,
            "StochasticGradient's criterion must be a criterion, not str",
        ),
        (lambda: quiet(nn.Tanh()).train(3), TypeError, "a dataset has a length and gives dataset[i]"),
        (lambda: quiet(nn.Tanh()).train([]), ValueError, "there are no examples in the dataset"),
        (
            lambda: quiet(nn.Tanh()).train([(np.ones(1), np.ones(1)), np.ones(1)]),
            TypeError,
            "an example is a pair of an input and a target; number 1 is an array of shape 1",
        ),
        (
            lambda: quiet(nn.Tanh(), max_iteration=-1).train(examples()),
            ValueError,
            "StochasticGradient's max_iteration must be at least 0, not -1",
        ),
        (
            lambda: quiet(nn.Tanh(), learning_rate="0.1").train(examples()),
            ValueError,
            "learning_rate must be a number of at least 0, not '0.1'",
        ),
        (
            lambda: quiet(nn.Linear(3, 1), learning_rate_decay=-1).train(examples()),
            ValueError,
            "learning_rate_decay must be a number of at least 0, not -1",
        ),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(do, kind, text):
    with pytest.raises(kind, match=re.escape(text)):
        do()
