"""StochasticGradient: the training tool of nn, one example at a time."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from graphnet.clip import clip_by_norm
from graphnet.edge import given, whole_number
from graphnet.module import Module
from graphnet.optim.optimizer import in_range
from graphnet.random import generator
from graphnet.training.progress import EPOCHS_SHOWN, Progress
from graphnet.training.step import Comparison, DivergedError, mode


class StochasticGradient:
    """Train a module on examples, one by one: after each, ``w ← w - η_k dw``.

    The rate η_k is ``learning_rate`` in the first iteration over the examples, and
    ``learning_rate / (1 + k · learning_rate_decay)`` in the k-th.

    :class:`~graphnet.Trainer` is the tool for batches, other optimizers, validation, checkpoints.

    Parameters
    ----------
    module : Module
        What is trained.
    criterion : Criterion
        What compares its output with a target.

    Attributes
    ----------
    learning_rate : float
        0.01, unless it is set, as all of these may be at any time.
    learning_rate_decay : float
        0.
    max_iteration : int
        How often to go over the examples, 25; with 0, until a KeyboardInterrupt, which :meth:`train` then takes for its
        end.
    shuffle_indices : bool
        Whether to take the examples in an order that each call of :meth:`train` draws; True.
    verbose : bool
        Whether to show the progress and the errors; True.
    hook_example : function or None
        Called after each example with this object and the example.
    hook_iteration : function or None
        Called after each iteration with this object, the number of the iteration, the first being 1, and its error.

    Raises
    ------
    TypeError
        If module or criterion are none.

    Notes
    -----
    Torch7's ``nn.StochasticGradient``.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet import modules as nn
    >>> net = nn.Linear(1, 1)
    >>> net.weight.value, net.bias.value = [[0.0]], [0.0]
    >>> trainer = StochasticGradient(net, nn.MSECriterion())
    >>> trainer.learning_rate, trainer.max_iteration, trainer.verbose = 0.25, 3, False
    >>> trainer.train([(np.ones(1), np.ones(1))])
    [1.0, 0.0, 0.0]
    """

    def __init__(self, module: Module, criterion: Module) -> None:
        for name, value in (("module", module), ("criterion", criterion)):
            if not isinstance(value, Module):
                raise TypeError(f"StochasticGradient's {name} must be a {name}, not {given(value)}")
        self.module = module
        self.criterion = criterion
        self.learning_rate = 0.01
        self.learning_rate_decay = 0.0
        self.max_iteration = 25
        self.shuffle_indices = True
        self.verbose = True
        self.hook_example: Callable[[StochasticGradient, Any], Any] | None = None
        self.hook_iteration: Callable[[StochasticGradient, int, float], Any] | None = None

    def train(self, dataset: Any) -> list[float]:
        """Go over the examples, again and again; return the mean error of each iteration.

        The module's gradients are those of the last example then.

        Parameters
        ----------
        dataset : sequence of (input, target)
            Anything that has a length and gives ``dataset[i]``.

        Raises
        ------
        DivergedError
            If the error of an example or its gradient is not finite; the parameters are as they were before it.
        TypeError, ValueError
            If these are no examples, or max_iteration, learning_rate or learning_rate_decay is negative or no number.
        """
        n = _length(dataset)
        last = whole_number(self.max_iteration, "StochasticGradient's max_iteration", 0)
        order = generator().permutation(n).tolist() if self.shuffle_indices else range(n)
        errors: list[float] = []
        steps = itertools.count(1)
        with mode(self.module, train=True), Progress(self.verbose, "examples", 0, last * n or math.inf) as shown:
            shown.start()
            try:
                for iteration in range(1, last + 1) if last else itertools.count(1):
                    rate = in_range("learning_rate", self.learning_rate)
                    if iteration > 1:
                        rate /= 1 + iteration * in_range("learning_rate_decay", self.learning_rate_decay)
                    total = 0.0
                    for i in order:
                        example = dataset[i]
                        error = self._step(example, i, rate, next(steps))
                        total += error
                        shown.update(error, 1)
                        if self.hook_example is not None:
                            self.hook_example(self, example)
                    errors.append(total / n)
                    if self.hook_iteration is not None:
                        self.hook_iteration(self, iteration, errors[-1])
                    if iteration % max(1, -(-last // EPOCHS_SHOWN)) == 0 or iteration == last:
                        shown.line(f"iteration {iteration}: error {errors[-1]:.4g}")
            except KeyboardInterrupt:
                if last:
                    raise
        return errors

    def _step(self, example: Any, i: int, rate: float, number: int) -> float:
        """Take a step down the gradient of one example; return its error."""
        if not isinstance(example, (tuple, list)) or len(example) != 2:
            raise TypeError(f"an example is a pair of an input and a target; number {i} is {given(example)}")
        self.module.zero_grad_parameters()
        comparison = Comparison(self.module, None, self.criterion, *example)
        norm = math.nan
        if math.isfinite(comparison.loss):
            comparison.backward()
            norm = clip_by_norm(self.module.parameters(), math.inf)
        if not math.isfinite(norm):
            what = "the gradient" if math.isfinite(comparison.loss) else "the loss"
            raise DivergedError(number, comparison.loss, norm, what)
        with np.errstate(all="ignore"):  # what overflows is found at the next example
            self.module.update_parameters(rate)
        return comparison.loss


def _length(dataset: Any) -> int:
    """Return how many examples there are, at least one."""
    if not hasattr(dataset, "__len__") or not hasattr(dataset, "__getitem__") or isinstance(dataset, (str, dict)):
        raise TypeError(
            f"a dataset has a length and gives dataset[i], a pair of input and target; not {given(dataset)}"
        )
    n = len(dataset)
    if not n:
        raise ValueError("there are no examples in the dataset")
    return n
