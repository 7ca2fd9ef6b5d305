"""The debugger of ``graphnet step``: reads commands, and shows the node that one stands at."""

from __future__ import annotations

import cmd
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from graphnet.cli.errors import notes_of
from graphnet.draw.look.text import clean, short_place
from graphnet.inspect import BackwardSteps, Steps
from graphnet.inspect.statistics import Statistics
from graphnet.module import Module
from graphnet.nesting import Nested, leaves, map_nested
from graphnet.stepping import Stop, flat

MOST_NUMBERS = 24  # of an array that are printed unasked
HELP = {
    "next [N], n, or an empty line": "run the next node, or the next N",
    "back [N], b": "go back to the stop before this one, or N stops; nothing is undone",
    "to NAME [T]": "go on to the next stop at a node, at time step T if it is given",
    "until CONDITION": "go on until a condition of Python's holds, as in: until abs(grad).max() > 1e3; it may use",
    "": "value (what the node made; backwards, the gradient it got), input, output, grad, grad_input",
    " ": "(all as vectors), name, t, np, and stop, which has all there is to know",
    "nan": "go on to the next node that makes a NaN or an infinity",
    "end": "run all nodes that are left",
    "backward": "run what is left, and go on with the way back; forward: look at the way forwards again",
    "show, p": "print all numbers of this stop",
    "list, l": "print the stops around this one",
    "quit, q, or Ctrl-D": "leave",
}
SHORT = {"": "next", "n": "next", "b": "back", "p": "show", "l": "list", "q": "quit", "EOF": "quit"}
BOLD, FAINT, RED, PLAIN = "\033[1m", "\033[2m", "\033[31m", "\033[0m"


class Debugger(cmd.Cmd):
    """Steps through a run as its commands say; an empty line goes on to the next node.

    Parameters
    ----------
    net : Module
    x : ndarray or nested list
        The input.
    dy : ndarray or nested list, optional
        The gradient of the output; by default ones.
    """

    intro = "An empty line runs the next node; `help` lists what else can be done."

    def __init__(self, net: Module, x: Nested, dy: Nested = None) -> None:
        super().__init__()
        self._terminal = sys.stdin.isatty() and sys.stdout.isatty()
        self.use_rawinput = self._terminal  # for the line editor; else the commands that are read are not echoed
        self._net, self._x, self._dy = net, x, dy
        self._forward = Steps(net, x)
        self._backward: BackwardSteps | None = None
        self._steps: Steps | BackwardSteps = self._forward
        self._show_prompt()

    # ---- going

    def do_next(self, arguments: str) -> None:
        """Run the next node, or the next N."""
        for _ in range(_count(arguments)):
            self._steps.next()
        self._show()

    def do_back(self, arguments: str) -> None:
        """Go back a stop, or N stops."""
        for _ in range(_count(arguments)):
            self._steps.back()
        self._show()

    def do_to(self, arguments: str) -> None:
        """Go on to a node."""
        *words, last = arguments.split() or [""]
        t = int(last) if last.isdecimal() else None
        self._steps.to(" ".join(words if t is not None else [*words, last]) or None, t)
        self._show()

    def do_until(self, arguments: str) -> None:
        """Go on until a condition of Python's holds."""
        if not arguments:
            raise ValueError("until what? As in: until abs(value).max() > 10")
        if self._steps.until(_condition(arguments)) is None:
            print("no node fulfils this: here is the end")
        self._show()

    def do_nan(self, arguments: str) -> None:
        """Go on to the next node that makes a NaN or an infinity."""
        if self._steps.until_not_finite() is None:
            print("all numbers are finite: here is the end")
        self._show()

    def do_end(self, arguments: str) -> None:
        """Run all nodes that are left."""
        self._steps.finish()
        self._show()

    def do_backward(self, arguments: str) -> None:
        """Go on with the way back."""
        if self._backward is None:
            tape = self._forward.finish()
            dy = map_nested(np.ones_like, tape.result()) if self._dy is None else self._dy
            self._backward = self._forward.backward_steps(dy)
            print("backward" if self._dy is not None else "backward, from a gradient of ones")
        self._steps = self._backward
        self._show() if self._backward.here else self.do_next("")

    def do_forward(self, arguments: str) -> None:
        """Go back to the way forwards."""
        self._steps = self._forward
        self._show()

    # ---- looking

    def do_show(self, arguments: str) -> None:
        """Print all numbers of this stop."""
        self._show(whole=True)

    def do_list(self, arguments: str) -> None:
        """Print the stops around this one."""
        here = self._steps.here
        place = self._steps.stops.index(here) if here else 0
        for i, stop in enumerate(self._steps.stops[max(0, place - 8) : place + 4], max(0, place - 8)):
            print(f"{'->' if stop is here else '  '} {i + 1:4}  {_headline(stop)}")

    def do_quit(self, arguments: str) -> bool:
        """Leave."""
        return True

    def do_help(self, arguments: str) -> None:
        """Print what can be done."""
        width = max(map(len, HELP))
        print("\n".join(f"  {usage:<{width}}  {told}" for usage, told in HELP.items()))

    # ---- the loop

    def precmd(self, line: str) -> str:
        command, space, arguments = line.strip().partition(" ")
        return SHORT.get(command, command) + space + arguments

    def onecmd(self, line: str) -> bool:
        """Do a command; what is wrong with it, or with the net, is told and ends nothing."""
        try:
            return bool(super().onecmd(line))
        except Exception as error:  # noqa: BLE001  # whatever a module of the user's, or a condition, raises
            print(self._styled(f"{type(error).__name__}: {clean(error)}{notes_of(error)}", RED))
            return False

    def default(self, line: str) -> None:
        print(f"there is no command {line.split()[0]!r}; `help` lists them")

    def postcmd(self, stop: bool, line: str) -> bool:
        self._show_prompt()
        return stop

    def _show_prompt(self) -> None:
        direction = "backward" if self._steps is self._backward else "forward"
        self.prompt = f"{direction}> " if self._terminal else ""

    def _show(self, whole: bool = False) -> None:
        stop = self._steps.here
        if stop is None:
            print("before the first node")
            return
        place = self._steps.stops.index(stop) + 1
        end = ", the last" if self._steps.at_end else ""
        print(f"{self._styled(_headline(stop), BOLD)}  {self._styled(f'stop {place}{end}', FAINT)}")
        width = max((len(name) for name, _ in _arrays(stop)), default=0)
        for name, array in _arrays(stop):
            statistics = Statistics.of(array)
            print(f"  {name:<{width}}  {self._styled(str(statistics), '' if statistics.finite else RED)}")
            if whole or array.size <= MOST_NUMBERS:
                text = np.array2string(array, precision=4, suppress_small=True, max_line_width=100, threshold=1000)
                print("\n".join(f"      {line}" for line in text.splitlines()))

    def _styled(self, text: str, style: str) -> str:
        return f"{style}{text}{PLAIN}" if self._terminal and style else text


def _headline(stop: Stop) -> str:
    action = stop.site[-1].action()
    name = clean(f"{stop.name} = {action}" if stop.name else stop.path)
    when = "".join(f"  t={t}" for t in stop.times)
    place = f"  {clean(short_place(stop.place))}" if stop.place else ""
    return f"{stop.direction}{when}  {name}{place}"


def _arrays(stop: Stop) -> list[tuple[str, Any]]:
    """Return what a stop holds: names and arrays."""
    found = [*_named("took", stop.input), *_named("gave", stop.output)]
    if stop.direction == "backward":
        found += [*_named("gradient got", stop.grad_output), *_named("passed back", stop.grad_input)]
        found += [(f"gradient of {name}, so far", array) for name, array in (stop.parameter_gradients or {}).items()]
    return found


def _named(what: str, value: Nested) -> Iterator[tuple[str, Any]]:
    arrays = list(leaves(value))
    for i, array in enumerate(arrays):
        yield (what if len(arrays) == 1 else f"{what} [{i}]"), array


def _count(arguments: str) -> int:
    if arguments and not arguments.isdecimal():
        raise ValueError(f"how many? A number is meant, not {arguments!r}")
    return int(arguments or 1)


def _condition(text: str) -> Callable[[Stop], bool]:
    """Return a condition that the user typed, as a function; as in Python's debugger, it is Python."""
    code = compile(text, "<condition>", "eval")

    def holds(stop: Stop) -> bool:
        names = {
            "np": np,
            "stop": stop,
            "name": stop.name,
            "t": stop.t,
            "value": stop.value,
            "grad": stop.grad,
            "input": flat(stop.input),
            "output": flat(stop.output),
            "grad_input": flat(stop.grad_input) if stop.direction == "backward" else np.empty(0),
        }
        return bool(eval(code, names))  # noqa: S307

    return holds
