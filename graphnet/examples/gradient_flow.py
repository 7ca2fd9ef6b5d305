"""How gradients shrink on their way back through time: an RNN, LSTMs, and the bound (γ_θ γ_φ)^(t - k).

Every net runs over one sequence, which stands in n rows of a batch. Row i's loss is the i-th element of the last state;
so the gradients of all rows with respect to the state after step k are the Jacobian of the last state, ∂s_T/∂s_k, and
its norm is how much of any loss can arrive there. One backward gives it for every k.

For the RNN, h_k = tanh(W h_{k-1} + ...), so ∂h_k/∂h_{k-1} = diag(tanh') W, and ‖∂h_T/∂h_k‖ ≤ (γ_θ γ_φ)^(T - k), with
γ_θ = ‖W‖ and γ_φ = max tanh' = 1. For the LSTM, the direct path from cell to cell is ∂c_T/∂c_k = Π diag(f): with open
forget gates, f = 1, nothing is lost over any distance (the constant error carousel).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

import graphnet as gn
from graphnet import modules as nn
from graphnet.nesting import Array

STEPS, UNITS = 100, 32
QUICK_STEPS, QUICK_UNITS = 40, 8
OPEN = 50.0  # a bias for which a sigmoid is 1 to the last digit


@dataclass(frozen=True)
class Flow:
    """What arrives of a gradient: the norm of ∂s_T/∂s_k by distance T - k, from 0 on, and perhaps a bound on it.

    Attributes
    ----------
    name : str
    norms : ndarray
    gamma : float or None
        γ_θ γ_φ; the bound at a distance d is its d-th power.
    """

    name: str
    norms: Array
    gamma: float | None = None

    @property
    def bound(self) -> Array | None:
        return None if self.gamma is None else self.gamma ** np.arange(len(self.norms))


def run(folder: Path, *, quick: bool, seed: int) -> None:
    """Measure all nets; print the norms at some distances, and draw them."""
    gn.manual_seed(seed)
    n_steps, n = (QUICK_STEPS, QUICK_UNITS) if quick else (STEPS, UNITS)
    flows = measure(n_steps, n)
    distances = sorted({d for d in (1, 2, 5, 10, 20, 50) if d < n_steps} | {n_steps - 1})
    print(f"the norm of ∂s_T/∂s_k by the distance T - k; {n} units, {n_steps} steps\n")
    print(f"{'':<36}" + "".join(f"{d:>10}" for d in distances))
    for flow in flows:
        print(f"{flow.name:<36}" + "".join(f"{flow.norms[d]:>10.2g}" for d in distances))
        if flow.bound is not None:
            print(f"{'    bound':<36}" + "".join(f"{flow.bound[d]:>10.2g}" for d in distances))
    print(f"\nwritten: {draw(flows, folder / 'gradient_flow.png')}")


def measure(n_steps: int, n: int) -> list[Flow]:
    """Return the flows of two RNNs and of LSTMs with ever more open forget gates, over one random sequence."""
    x = np.repeat(gn.generator().normal(size=(n_steps, 1, 1)), n, axis=1)
    flows = []
    for gamma in (0.9, 6.0):
        step = nn.rnn(1, n)
        w = step.named_parameters()["h2h.weight"]
        w.value *= gamma / np.linalg.norm(w.value, 2)
        flows.append(Flow(f"RNN with ‖W‖ = {gamma:g}", norms(jacobians(step, x, "next_h")), gamma))
    for bias in (None, 1.0, 5.0):
        step = nn.lstm(1, n, forget_bias=bias)
        name = "LSTM as drawn" if bias is None else f"LSTM with forget biases of {bias:g}"
        flows.append(Flow(name, norms(jacobians(step, x, "next_c"))))
    step = nn.lstm(1, n, forget_bias=OPEN)
    flows.append(Flow("LSTM, open forget gates", norms(jacobians(step, x, "next_c"))))
    flows.append(Flow("LSTM, open, from cell to cell alone", norms(direct_jacobians(step, x))))
    return flows


def jacobians(step: gn.gModule, x: Array, state: str) -> Array:
    """Return ∂s_T/∂s_k for each step k, T x n x n, where s_k is the state that is put out at step k.

    All ways from s_k to s_T count; for a cell, also those through the h of its own step.

    Parameters
    ----------
    step : gModule
        A cell with n units.
    x : ndarray
        The sequence, the same in n rows: T x n x F.
    state : str
        ``"next_h"`` or ``"next_c"``, the name of the step's output.

    Examples
    --------
    >>> found = jacobians(nn.rnn(1, 2), np.ones((4, 2, 1)), "next_h")
    >>> found.shape, found[-1].tolist()
    ((4, 2, 2), [[1.0, 0.0], [0.0, 1.0]])
    """
    layer = gn.Recurrence(step, final_states=True, outputs=[state])
    names = [node.name for node in step.graph().outputs]
    return _backwards(layer, x, 1 + names.index(state), state)


def direct_jacobians(step: gn.gModule, x: Array) -> Array:
    """Return what of ∂c_T/∂c_k goes from cell to cell alone and not through h and the gates.

    The LSTM runs once; then again with the h that it had as a sequence from outside, and c alone fed back. All values
    are the same, and gradients can go back through c only, as in the LSTM of 1997.

    Examples
    --------
    >>> found = direct_jacobians(nn.lstm(1, 2, forget_bias=OPEN), np.ones((9, 2, 1)))
    >>> bool((found == np.eye(2)).all())
    True
    """
    h = gn.Recurrence(step, outputs=["next_h"]).forward(x)
    prev_h = np.concatenate([np.zeros_like(h[:1]), h[:-1]])
    layer = gn.Recurrence(step, {"next_c": "prev_c"}, outputs=["next_h"], final_states=True)
    return _backwards(layer, [x, prev_h], 1, "next_c")


def _backwards(layer: gn.Recurrence, x: Array | list[Array], place: int, state: str) -> Array:
    """Return the gradients of the last state, whose place is given among the outputs, at all steps."""
    tape = layer.run(x)
    dy = [np.zeros_like(y) for y in tape.output]
    dy[place] = np.eye(len(dy[place]))  # row i's loss is element i
    tape.backward(dy)
    found: Array = tape[layer].saved.grad_outputs(state)
    return found


def norms(found: Array) -> Array:
    """Return the largest singular value of each of T Jacobians, the last first: by distance."""
    by_distance: Array = np.linalg.norm(found[::-1], 2, axis=(1, 2))
    return by_distance


def draw(flows: list[Flow], file: Path) -> Path:
    """Draw the norms over the distance, with bounds dashed."""
    from graphnet.examples.pictures import panels, write

    axes = panels(width=11, height=6)
    for flow in flows:
        (line,) = axes.plot(flow.norms, label=flow.name)
        if flow.bound is not None:
            axes.plot(flow.bound, "--", linewidth=1, color=line.get_color(), label=f"its bound {flow.gamma:g}^(T - k)")
    axes.set(xlabel="distance T - k", ylabel="norm of ∂s_T/∂s_k", yscale="log", ylim=(1e-20, 1e14))
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    return write(axes, file)
