"""Plan: what runs a module: its calls forwards, giving a tape, and backwards over the tape, pulling gradients."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from operator import is_
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from graphnet.debug import failed, runs
from graphnet.edge import admit, check_like, check_output, given
from graphnet.nesting import Nested, Operand, describe, gather, map_nested
from graphnet.pull import Pull
from graphnet.splicing import Splice
from graphnet.tape import Tape

if TYPE_CHECKING:
    from graphnet.module import Module
    from graphnet.node import Node
    from graphnet.parameter import Parameter

# What the loop forwards needs of a call: its hook, the form of what it takes, its source, its target, whether it saves.
Instruction: TypeAlias = tuple[Callable[..., Any], int, Operand, Any, bool]


class Latest(threading.local):
    """What the latest ``forward`` and ``backward`` of the calling thread gave; no other thread sees it."""

    def __init__(self) -> None:
        self.tape: Tape | None = None
        self.grad_input: Nested = None


class Plan:
    """The interpreter: the calls of one module, run one by one.

    Parameters
    ----------
    module : Module
    """

    def __init__(self, module: Module) -> None:
        self.module = module
        self.latest = Latest()
        self.memory: dict[Any, Any] = {}  # what others find out about the plan, to be found out once
        self.splice = splice = Splice(module)
        self.calls, self.inputs, self.outputs = splice.calls, splice.inputs, splice.outputs
        self._unset = [None] * (splice.size - len(self.inputs))
        self.executed = [call for call in self.calls if call.hooks is not None]
        # In tuples, since looking it up would cost as much as a small call itself.
        self.program: list[Instruction] = [
            (c.hooks.update_output, _form(c.source), c.source, c.target, c.hooks.saves) for c in self.executed
        ]
        # The module and the name of the first parameter: the object may change, when parameters are shared.
        self._typed = next(
            (
                (inside, name)
                for c in self.executed
                if c.module is not None
                for inside in c.module.list_modules()
                for name in inside.own_parameters()
            ),
            None,
        )

    def is_current(self) -> bool:
        """Tell whether the containers' drawings are still those that the plan was made of."""
        for container, kept in self.splice.containers:
            now = container.drawn_from()
            if len(now) != len(kept) or not all(map(is_, now, kept)):
                return False
        return True

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the first parameter, which is the net's; or of the module itself where there is none."""
        if self._typed is None:
            return self.module.dtype
        parameter: Parameter = getattr(*self._typed)
        return parameter.dtype

    def run(self, x: Nested) -> Tape:
        """Check and copy the input, run all calls and return the tape of their values."""
        return self.execute(self.admit(x))

    def execute(self, x: Nested, steady: Mapping[int, Any] | None = None) -> Tape:
        """Run all calls and return the tape of their values.

        Parameters
        ----------
        x : ndarray or nested list
            The input as :meth:`admit` gives it.
        steady : dict, optional
            By register, what steady modules saved at the first step of a sequence and shall use again.
        """
        tape = self.begin(x)
        self.advance(tape, self.program, steady)
        return tape

    def begin(self, x: Nested) -> Tape:
        """Return the tape of a run of which nothing is done yet."""
        values: list[Any] = [x] if len(self.inputs) == 1 else list(x)  # the inputs have the first registers
        values.extend(self._unset)
        return Tape(self, x, values, {})

    @runs
    def advance(self, tape: Tape, program: list[Instruction], steady: Mapping[int, Any] | None = None) -> None:
        """Run calls, those of :attr:`program` or the next of them, and write what they give on the tape."""
        values, saved = tape.values, tape.saved
        ndarray = np.ndarray
        try:
            with np.errstate(all="ignore"):  # infinities and NaN are values
                for update_output, form, source, target, saves in program:
                    if form == 1:
                        argument = values[source]
                    elif form == 2:
                        argument = [values[source[0]], values[source[1]]]
                    else:
                        argument = gather(source, values)
                    if saves:
                        earlier = (steady[target],) if steady and target in steady else ()
                        y, saved[target] = saved_apart(update_output(argument, *earlier))
                    else:
                        y = update_output(argument)
                    values[target] = y if y.__class__ is ndarray else check_output(y)
        except Exception as error:
            call = next(call for call in self.executed if call.target == target)
            call.note(error, "forward", describe(argument))
            failed(error, self.module, tape)
            raise

    def pull(self, tape: Tape, dy: Nested, scale: float = 1.0, *, accumulate: bool = True) -> Nested:
        """Go back over a tape; return the gradient of its input.

        Parameters
        ----------
        tape : Tape
            What :meth:`run` gave.
        dy : ndarray or nested list
            The gradient of the output, of its structure and shapes.
        scale : float
            A factor on what is added to the parameters' gradients.
        accumulate : bool
            Whether anything is added to the parameters' gradients.
        """
        found = self.pull_back(tape, self.admit_gradient(tape, dy), scale, accumulate)
        return found[0] if len(found) == 1 else found

    def pull_back(self, tape: Tape, of_outputs: list[Nested], scale: float, accumulate: bool) -> list[Nested]:
        """Return the gradients of the inputs, given those of the outputs; None stands for one that has none."""
        back = Pull(tape, of_outputs, scale, accumulate)
        back.over(reversed(self.executed))
        return back.finish()

    def admit(self, x: Nested) -> Nested:
        """Check the input and copy it: lists for tuples, floating numbers in the net's type, integers as they are."""
        nodes = self.splice.input_nodes
        if len(nodes) != 1:
            self._check_number(x, "inputs", nodes)
        return admit(x, self.dtype, self._name_input)

    def _name_input(self, path: tuple[int, ...]) -> str:
        nodes = self.splice.input_nodes
        if len(nodes) == 1:
            return "the input" + "".join(f"[{i}]" for i in path)
        return f"input {path[0]} ({nodes[path[0]].label()})" + "".join(f"[{i}]" for i in path[1:])

    def admit_gradient(self, tape: Tape, dy: Nested) -> list[Nested]:
        """Check the gradient of the output and copy it; return that of every output."""
        what = "the gradient of the output"
        if len(self.outputs) != 1:
            self._check_number(dy, "gradients", self.splice.output_nodes)
        checked = admit(dy, self.dtype, lambda path: what + "".join(f"[{i}]" for i in path))
        check_like(checked, tape.result(), what)
        typed = map_nested(lambda array: array.astype(self.dtype, copy=False), checked)
        return [typed] if len(self.outputs) == 1 else typed

    def _check_number(self, values: Nested, what: str, nodes: list[Node]) -> None:
        if not isinstance(values, (list, tuple)) or len(values) != len(nodes):
            names = ", ".join(node.label() for node in nodes)
            raise ValueError(
                f"{self.module.label()} takes a list of {len(nodes)} {what} ({names}); it was given {given(values)}"
            )


def saved_apart(given_back: Any) -> tuple[Any, Any]:
    """Return what a module that saves gave: its output, and what it saved."""
    if given_back.__class__ is not tuple or len(given_back) != 2:
        raise TypeError(
            f"update_output must return (y, saved), since its class says saves = True; it returned {given(given_back)}"
        )
    y, saved = given_back
    return y, saved


def _form(source: Operand) -> int:
    """Return 1 for one register, 2 for a list of two, 0 for any other operand."""
    if isinstance(source, int):
        return 1
    return 2 if len(source) == 2 and all(isinstance(part, int) for part in source) else 0
