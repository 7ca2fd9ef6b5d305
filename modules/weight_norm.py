"""Weight normalisation: the length of every row of the weights learnt apart from its direction."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from graphnet.edge import given, whole_number
from graphnet.module import Module
from graphnet.nesting import Array, Nested
from graphnet.parameter import Fans, Parameter, fans_of
from graphnet.random import generator
from graphnet.shapes import Shape


class Directed(Module):
    """A module whose weights are ``w = g · v / |v|`` row by row; what those below have in common.

    They compute with a module made for the call, which has w as its ``weight`` and whose gradient becomes those of v
    and g: nothing is written to a module that others may be running.
    """

    saves = True
    v: Parameter
    g: Parameter

    def fans(self, name: str) -> Fans | None:
        """Return those of v, whose rows are the weights of one output each."""
        return fans_of(self.v.shape) if name == "v" else None

    def norms(self) -> tuple[Array, Array]:
        """Return what the rows of v are divided by, n_out x 1, and whether it grows with ``|v|``: 1, or 0."""
        raise NotImplementedError(f"{type(self).__name__} does not define norms(self)")

    def normalised(self) -> Array:
        """Return w, n_out x n, row by row."""
        w: Array = self.v.value * (self.g.value / self.norms()[0])
        return w

    def made(self) -> Module:
        """Return a module of this call, with w as its ``weight``."""
        raise NotImplementedError(f"{type(self).__name__} does not define made(self)")

    def gradient_of(self, made: Module) -> Array:
        """Return the gradient of w, n_out x n, of a module that was made."""
        gradient: Array = made.weight.grad  # type: ignore[attr-defined]
        return gradient

    def update_output(self, x: Nested) -> tuple[Nested, Any]:
        made = self.made()
        given_back = made.update_output(x)
        y, *inner = given_back if made.saves else (given_back,)
        return y, (made, self.norms(), inner)

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested, *saved: Any) -> Nested:
        made, _, inner = saved[0]
        return made.update_grad_input(x, y, dy, *inner)

    def acc_grad_parameters(self, x: Nested, y: Nested, dy: Nested, scale: Any = 1.0, *saved: Any) -> None:
        made, (norm, growth), inner = saved[0]
        made.weight.grad.fill(0)  # what an earlier backward over the same tape gave
        made.acc_grad_parameters(x, y, dy, scale, *inner)
        self.acc_weight(self.gradient_of(made), norm, growth)

    def acc_weight(self, dw: Array, norm: Array, growth: Array) -> None:
        """Add to the gradients of v and g what the gradient of w, n_out x n, comes to."""
        v = self.v.value
        dg = np.einsum("ij,ij->i", dw, v)[:, None] / norm
        self.g.grad += dg
        self.v.grad += self.g.value / norm * (dw - growth * dg / norm * v)

    def output_shape(self, shape: Shape) -> Shape:
        return self.made().output_shape(shape)


class WeightNorm(Directed):
    """A module with normalised weights: ``w = g · v / √(|v|² + 10⁻⁴)`` for each output.

    ::

        v ─┐
           ├─ w ── the module's weight
        g ─┘

    Parameters
    ----------
    module : Module
        A module with a ``weight``, as Linear and the convolutions have. It is copied, and stays as it is.
    output_dim : int
        The dimension of its weight along which the outputs are; negative ones count from the end.

    Attributes
    ----------
    v : Parameter
        The directions, n_out x n: a row has all weights of an output. Drawn from N(0, 2/n).
    g : Parameter
        The lengths, n_out x 1; at first those of the rows of v.
    module : Module
        The copy. Its weight is None; its bias, if it has one, starts with 0.

    Raises
    ------
    TypeError, ValueError
        If the module has no weight, or its weight no such dimension.

    Notes
    -----
    Torch7's ``nn.WeightNorm``; Salimans and Kingma, "Weight normalization: a simple reparameterization to accelerate
    training of deep neural networks", 2016. Torch7 forgets gradients that were accumulated before; here they add up.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet.modules import Linear
    >>> layer = WeightNorm(Linear(3, 2))
    >>> layer.forward(np.zeros((4, 3))).shape, list(layer.named_parameters())
    ((4, 2), ['v', 'g', 'module.bias'])
    """

    def __init__(self, module: Module, output_dim: int = 0) -> None:
        if not isinstance(module, Module):
            hint = f"; write {module.__name__}(...)" if isinstance(module, type) else ""
            name = module.__name__ if isinstance(module, type) else given(module)
            raise TypeError(f"WeightNorm takes a module, not {name}{hint}")
        weight = vars(module).get("weight")
        if not isinstance(weight, Parameter):
            raise ValueError(f"WeightNorm takes a module that has a weight; {module.label()} has none")
        n_dims = len(weight.shape)
        dim = whole_number(output_dim, "WeightNorm's output_dim")
        if not -n_dims <= dim < n_dims:
            raise ValueError(
                f"WeightNorm's output_dim is {dim}, but the weight of {module.label()} has {n_dims} dimensions"
            )
        self.output_dim = dim
        self.shape = weight.shape
        n_out = weight.shape[dim]
        self.v = Parameter(np.zeros((n_out, weight.size // n_out), weight.dtype))
        self.g = Parameter(np.zeros((n_out, 1), weight.dtype))
        self.module = module.clone()
        self.module.weight = None  # or it would be a parameter of this module
        # The copy stands for the module given, which is neither kept nor in files.
        self._arguments = ((self.module,), {} if output_dim == 0 else {"output_dim": dim})
        self.reset()

    @property
    def bias(self) -> Parameter | None:
        """That of the module."""
        bias = getattr(self.module, "bias", None)
        return bias if isinstance(bias, Parameter) else None

    def reset(self, stdv: float | None = None) -> None:
        """Draw v, by default of standard deviation √(2/n); g becomes the lengths, and the bias 0."""
        self.v.value = generator().normal(0, math.sqrt(2 / self.v.shape[1]) if stdv is None else stdv, self.v.shape)
        self.g.value = np.sqrt((self.v.value**2).sum(1, keepdims=True))
        if self.bias is not None:
            self.bias.value.fill(0)

    def norms(self) -> tuple[Array, Array]:
        norm = np.sqrt((self.v.value**2).sum(1, keepdims=True) + 1e-4)
        return norm, np.ones_like(norm)

    def weight(self) -> Array:
        """Return w in the shape of the module's weight."""
        n_out, *others = np.moveaxis(np.empty(self.shape), self.output_dim, 0).shape
        return np.moveaxis(self.normalised().reshape(n_out, *others), 0, self.output_dim)

    def made(self) -> Module:
        made: Module = type(self.module).__new__(type(self.module))
        vars(made).update({name: value for name, value in vars(self.module).items() if name != "_plan"})
        made.weight = Parameter(self.weight())
        return made

    def gradient_of(self, made: Module) -> Array:
        return np.moveaxis(super().gradient_of(made), self.output_dim, 0).reshape(self.v.shape)
