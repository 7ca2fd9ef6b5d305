"""Schedules of the learning rate."""

import math

import pytest

from graphnet.optim.schedules import (
    Moment,
    Schedule,
    constant,
    cosine,
    exponential_decay,
    linear_decay,
    step_decay,
    warm_up,
)


def course(schedule, n_epochs=4, steps_per_epoch=5):
    return [schedule(Moment(step, steps_per_epoch, n_epochs)) for step in range(n_epochs * steps_per_epoch)]


def test_a_moment():
    moment = Moment(step=7, steps_per_epoch=5, n_epochs=4)
    assert (moment.epoch, moment.total_steps, moment.fraction) == (1, 20, 0.35)
    assert Moment(0, 5, 4).fraction == 0
    with pytest.raises(AttributeError):
        moment.step = 8


def test_constant():
    assert course(constant()) == [1.0] * 20
    assert course(constant(0.5)) == [0.5] * 20


def test_warm_up_rises_and_stays():
    factors = course(warm_up(8))
    assert factors[:8] == [(i + 1) / 8 for i in range(8)]
    assert factors[8:] == [1.0] * 12


@pytest.mark.parametrize("schedule", [linear_decay, cosine])
def test_what_falls_to_the_end(schedule):
    for to in (0.0, 0.3):
        factors = course(schedule(to))
        assert factors[0] == 1
        assert factors == sorted(factors, reverse=True)
        assert factors[10] == pytest.approx((1 + to) / 2)
        assert schedule(to)(Moment(20, 5, 4)) == pytest.approx(to)
    assert course(cosine())[5] == pytest.approx((1 + math.sqrt(0.5)) / 2)


def test_exponential_decay_is_char_rnns():
    # Its loop: at the end of every epoch from learning_rate_decay_after on, the rate is multiplied.
    for after in (1, 2, 3):
        expected, rate = [], 1.0
        for i in range(1, 21):
            expected.append(rate)
            if i % 5 == 0 and i / 5 >= after:
                rate *= 0.97
        assert course(exponential_decay(0.97, after_epoch=after)) == pytest.approx(expected)


def test_step_decay():
    assert course(step_decay(0.5, every=2)) == [1.0] * 10 + [0.5] * 10


def test_products():
    both = zip(course(warm_up(4)), course(linear_decay()), strict=True)
    assert course(warm_up(4) * linear_decay() * (lambda moment: 2.0)) == pytest.approx([2 * a * b for a, b in both])
    assert course((lambda moment: 2.0) * constant(0.25)) == [0.5] * 20


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Schedule(0.5), TypeError, r"a schedule is a function of a Moment, not 0.5; constant\(0.5\) makes one"),
        (lambda: constant() * 0.5, TypeError, "a schedule is a function"),
        (lambda: warm_up(0), ValueError, "warm_up's n must be at least 1, not 0"),
        (lambda: exponential_decay(-1), ValueError, "factor must be a number of at least 0, not -1"),
        (lambda: exponential_decay(0.5, 0), ValueError, "after_epoch must be at least 1, not 0"),
        (lambda: step_decay(0.5, 1.5), TypeError, "every must be an integer, not 1.5"),
        (lambda: cosine(math.nan), ValueError, "to must be a number"),
    ],
)
def test_wrong_arguments_are_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
