"""Recurrence: a step that was drawn, along time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import astuple
from typing import Any, TypeAlias

import numpy as np

from graphnet.edge import whole_number
from graphnet.gmodule import gModule
from graphnet.nesting import Array, Nested
from graphnet.recurrence.feedback import feedback_places, wiring_of
from graphnet.recurrence.initial import InitialStates
from graphnet.recurrence.loop import Gradients, Run
from graphnet.recurrence.sequences import Given, read_input, swapped, turned
from graphnet.recurrence.shapes import shapes_over_time, state_shapes, step_inputs
from graphnet.shapes import Shape
from graphnet.sizes import Size
from graphnet.stepping import Stops

Which: TypeAlias = Any  # a node of the step, or its name

# The arguments that describe a recurrence in pictures and files; the others are nodes.
_PLAIN = ("final_states", "lengths", "batch_first", "reverse", "initial", "truncate", "recompute")


class Recurrence(InitialStates):
    """A step graph run over a sequence: outputs that are fed back are inputs of the next step.

    ::

        [y[t], s[t+1]] = step([x[t], s[t]])        t = 0, ..., T - 1

    The parameters are the step's, the same at all steps, and T may be another in every call.

    The input is the list ``[*sequences and constants, *states, lengths]``, or the array alone where it would be a list
    of one. Sequences (T x B x ...) and constants (B x ...) stand in the order of the step's inputs. The states before
    the first step (B x ..., a row for each row) stand in that order, too, or are all left out; ``lengths`` (B integers)
    is there if asked for. The output is ``[*outputs, *final states]``, or the value alone.

    Parameters
    ----------
    step : gModule
        One step.
    feedback : dict of Node to Node, optional
        Outputs of the step, and the inputs they feed at the next one; nodes, or their names. By default every output
        named ``next_*`` feeds the input named ``prev_*``.
    outputs : list of Node, optional
        The outputs, or their names, that are put out at every step, as sequences; by default those that are not fed
        back, or, where all are, the last one.
    constants : list of Node
        The inputs, or their names, that take the same value at every step: what attention looks at, say.
    final_states : bool
        Put out the states after each row's last step, too.
    lengths : bool
        Take the lengths of the rows, integers from 0 to T. A row's state stops at its end; its padding has no
        influence, whatever it holds, and no gradient; its outputs there are zeros.
    batch_first : bool
        Take and put out sequences as B x T x ....
    reverse : bool
        Run from each row's end to its beginning. Outputs stand where their inputs stand.
    initial : {"zero", "learned"}
        What states that are left out are: zeros; or parameters, the same for all rows, which are zeros at first.
    truncate : int, optional
        Gradients of the states are dropped at the multiples of this many steps, so that none goes back over more.
    recompute : bool
        Keep only the states of about √T steps, and compute what lies between anew on the way back: the memory is that
        of about √T steps, for the time of one more forward. Random numbers come from a generator of the run's own.

    Attributes
    ----------
    step : gModule
    feedback : tuple of (int, int)
        The place of each output that is fed back among the step's outputs, and of the input it feeds among its inputs.

    Raises
    ------
    TypeError, ValueError
        If the feedback cannot be right: a node that is not the step's, an input fed twice, a shape or a type that does
        not fit. The message names both nodes and their lines.

    Notes
    -----
    Sequences are differentiated by backpropagation through time: Werbos, "Backpropagation through time: what it does
    and how to do it", 1990. ``layer.run(x)[layer].saved[t]`` is the tape of step t, ``saved.outputs("next_c")`` what a
    node gave at all steps, T x B x ..., both in the order of running. Torch7's users clone their nets for every step,
    or use the package rnn's ``Sequencer``. To carry the state from one piece of a stream to the next, use
    :class:`graphnet.Stream`.

    Examples
    --------
    >>> import numpy as np, graphnet as gn
    >>> from graphnet import modules as nn
    >>> x, prev_h = nn.Identity()(), nn.Identity()()
    >>> next_h = [nn.Linear(3, 2)(x), nn.Linear(2, 2)(prev_h)] >> nn.CAddTable() >> nn.Tanh()
    >>> layer = gn.Recurrence(gn.gModule([x, prev_h], [next_h]), feedback={next_h: prev_h})
    >>> layer.forward(np.zeros((7, 4, 3))).shape
    (7, 4, 2)
    >>> layer = gn.Recurrence(nn.lstm(3, 2), lengths=True, final_states=True)
    >>> h, last_c, last_h = layer.forward([np.ones((7, 4, 3)), np.array([7, 1, 0, 3])])
    >>> bool((h[2, 3] == last_h[3]).all())
    True
    """

    saves = True
    joint = True
    stepwise = True

    def __init__(
        self,
        step: gModule,
        feedback: Mapping[Which, Which] | None = None,
        *,
        outputs: Iterable[Which] | None = None,
        constants: Iterable[Which] = (),
        final_states: bool = False,
        lengths: bool = False,
        batch_first: bool = False,
        reverse: bool = False,
        initial: str = "zero",
        truncate: int | None = None,
        recompute: bool = False,
    ) -> None:
        if not isinstance(step, gModule):
            raise TypeError(f"the step of a Recurrence is a gModule, which has inputs and outputs; not {step!r}")
        flags = {"final_states": final_states, "lengths": lengths, "batch_first": batch_first, "reverse": reverse}
        for name, flag in {**flags, "recompute": recompute}.items():
            if not isinstance(flag, bool):
                raise TypeError(f"Recurrence's {name} is True or False, not {flag!r}")
        if initial not in ("zero", "learned"):
            raise ValueError(f"initial is 'zero' or 'learned', not {initial!r}")
        self._arguments = ((), {name: value for name, value in self._arguments[1].items() if name in _PLAIN})
        self.step = step
        self.dtype = step.type()
        self.feedback = feedback_places(step.graph(), feedback)
        self.final_states = final_states
        self.lengths = lengths
        self.batch_first = batch_first
        self.reverse = reverse
        self.truncate = None if truncate is None else whole_number(truncate, "Recurrence's truncate", 1)
        self.recompute = recompute
        # In plain tuples, which files can hold.
        self._places = tuple(astuple(wiring_of(step.graph(), self.feedback, outputs, constants)))
        if not self.wiring.put_out and not final_states:
            raise ValueError("outputs is empty and final_states is False, so nothing would be put out")
        self._initial = None
        shapes = state_shapes(step.plan(), self.wiring)  # also to refuse now what cannot fit
        if initial == "learned":
            self._learn_initial(shapes)

    # ---- the hooks

    def update_output(self, x: Nested) -> tuple[Nested, Run]:
        run = self._begin(self._read(x))
        return self._put_out(run, *run.forward()), run

    def pull_back(self, x: Nested, y: Nested, dy: Nested, scale: Any, accumulate: bool, *saved: Any) -> Nested:
        run: Run = saved[0]
        found = run.backward(*self._come_back(run, dy), self.truncate, scale, accumulate)
        return self._passed_back(run, x, found, scale, accumulate)

    def forwards(self, x: Nested) -> Stops[tuple[Nested, Run]]:
        """Do what ``update_output`` does, with a stop after every node of every step."""
        run = self._begin(self._read(x))
        ys, states = yield from run.forward_stepwise()
        return self._put_out(run, ys, states), run

    def backwards(self, x: Nested, y: Nested, dy: Nested, scale: Any, accumulate: bool, run: Run) -> Stops[Nested]:
        """Do what ``pull_back`` does, with a stop after every node of every step."""
        found = yield from run.backward_stepwise(*self._come_back(run, dy), self.truncate, scale, accumulate)
        return self._passed_back(run, x, found, scale, accumulate)

    def _put_out(self, run: Run, ys: list[Nested], states: list[Nested]) -> Nested:
        found = [*self._outwards(ys, run.lengths), *(states if self.final_states else [])]
        return found[0] if len(found) == 1 else found

    def _come_back(self, run: Run, dy: Nested) -> tuple[list[Nested], list[Nested] | None]:
        """Return the gradients of the sequences that are put out and of the final states, in the order of running."""
        n = len(run.wiring.put_out)
        gradients = dy if n + self.final_states * len(self.feedback) > 1 else [dy]
        return self._inwards(gradients[:n], run.lengths), gradients[n:] if self.final_states else None

    def _passed_back(self, run: Run, x: Nested, found: Gradients, scale: Any, accumulate: bool) -> Nested:
        """Return the gradient of the input, of what the loop found."""
        dxs, dconstants, dstates = found
        wiring = run.wiring
        by_place = dict(zip(wiring.sequences, self._outwards(dxs, run.lengths), strict=True))
        by_place.update(zip(wiring.constants, dconstants, strict=True))
        gradients = [by_place[place] for place in sorted(by_place)]
        if isinstance(x, list) and len(x) - self.lengths > len(gradients):
            gradients += dstates
        elif accumulate and self._initial is not None:
            self._accumulate(dstates, scale)
        if run.lengths is not None:
            gradients.append(np.zeros(run.n_rows, x[-1].dtype))
        return gradients if isinstance(x, list) else gradients[0]

    def output_shape(self, shape: Shape) -> Shape:
        inputs, n_steps = self._step_inputs(shape)
        found = shapes_over_time(self.step.plan(), self.wiring, inputs, n_steps, self.batch_first)
        found = found if self.final_states else found[: len(self.wiring.put_out)]
        return found[0] if len(found) == 1 else found

    def inner_shapes(self, shape: Shape) -> dict[str, Shape]:
        inputs, _ = self._step_inputs(shape)
        return {"step": inputs}

    def _step_inputs(self, shape: Shape) -> tuple[list[Shape], Size | int]:
        plan, wiring = self.step.plan(), self.wiring
        return step_inputs(plan, wiring, shape, self.label, lengths=self.lengths, batch_first=self.batch_first)

    def update_grad_input(self, x: Nested, y: Nested, dy: Nested, *saved: Any) -> Nested:
        return self.pull_back(x, y, dy, 1.0, False, *saved)

    def acc_grad_parameters(self, x: Nested, y: Nested, dy: Nested, scale: Any = 1.0, *saved: Any) -> None:
        self.pull_back(x, y, dy, scale, True, *saved)

    def _read(self, x: Nested) -> Given:
        nodes = self.step.graph().inputs
        if (len(nodes), len(self.step.graph().outputs)) != self._places[-2:]:
            raise ValueError(f"{self.label()} was given another step, {self.step.label()}; make a new Recurrence of it")
        return read_input(x, self.wiring, nodes, self.label, lengths=self.lengths, batch_first=self.batch_first)

    def _begin(self, given: Given) -> Run:
        return Run(
            plan=self.step.plan(),
            wiring=self.wiring,
            sequences=turned(given.sequences, given.lengths) if self.reverse else given.sequences,
            constants=given.constants,
            first_states=self._first_states(given) if given.states is None else given.states,
            n_steps=given.n_steps,
            n_rows=given.n_rows,
            lengths=given.lengths,
            segment=segment_length(given.n_steps) if self.recompute else None,
            states_left_out=given.states is None,
        )

    def _outwards(self, sequences: list[Nested], lengths: Array | None) -> list[Nested]:
        """Bring sequences from the order of running to the caller's order and layout."""
        if self.reverse:
            sequences = turned(sequences, lengths)
        return swapped(sequences) if self.batch_first else sequences

    def _inwards(self, sequences: list[Nested], lengths: Array | None) -> list[Nested]:
        """Bring sequences from the caller's order and layout to the order of running."""
        if self.batch_first:
            sequences = swapped(sequences)
        return turned(sequences, lengths) if self.reverse else sequences

    # ---- the user's side

    def steps_for(self, shape: Shape) -> Size | int:
        """Return the number of steps for the shape of what is taken.

        Examples
        --------
        >>> from graphnet import modules as nn
        >>> Recurrence(nn.lstm(3, 2), batch_first=True).steps_for((32, 7, 3))
        7
        """
        return self._step_inputs(shape)[1]

    def fans(self, name: str) -> None:
        """Return None: initial states are no weights."""

    def reset(self, stdv: Any = None) -> None:
        """Draw the step's parameters anew; learned initial states become zeros."""
        self.step.reset(stdv)
        for parameter in self.own_parameters().values():
            parameter.value.fill(0)


def segment_length(n_steps: int) -> int:
    """Return the length of segments for which one of them and the states before each take the least memory: √T."""
    return max(1, math.ceil(math.sqrt(n_steps)))
