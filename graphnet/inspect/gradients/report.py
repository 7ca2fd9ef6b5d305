"""What a check of gradients found: of the whole net, and of each node by itself; as a table and as a picture."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphnet.inspect.gradients.differences import GradientCheck
from graphnet.splicing import Site, path_of, place_of

if TYPE_CHECKING:
    from graphnet.draw import Picture
    from graphnet.module import Module
    from graphnet.node import Node, Place


@dataclass(frozen=True, repr=False)
class NodeCheck(GradientCheck):
    """The gradient of one array that a node takes, or of one of its module's parameters.

    Attributes
    ----------
    site : tuple of Call
        Where the node stands: the calls of the recurrences around it, and its own.
    times : tuple of int
        The time step of each recurrence around it, the outermost first, in the order of running.
    """

    site: Site = ()
    times: tuple[int, ...] = ()

    @property
    def node(self) -> Node:
        """The node."""
        return self.site[-1].node

    @property
    def module(self) -> Module | None:
        """What the node calls."""
        return self.site[-1].module

    @property
    def path(self) -> str:
        """The node's name behind those of the nets it stands in: ``layer/forget_gate``."""
        return path_of(self.site)

    @property
    def drawn_at(self) -> Place | None:
        """The file and line of the innermost node that the user wrote."""
        return place_of(self.site)

    def __repr__(self) -> str:
        return f"NodeCheck({self.path}, {self.name}: {'ok' if self.ok else _numbers(self)})"

    def sentence(self) -> str:
        """Tell in words what is wrong where."""
        call = self.site[-1]
        action = call.action()
        what = self.path if action in self.path else f"{self.path} = {action}"
        where = "" if self.drawn_at is None else f", drawn at {self.drawn_at}"
        return f"{what}{where}: {self.told()}"

    def told(self) -> str:
        """Tell in words what is wrong."""
        when = f" (at step {', '.join(map(str, self.times))})" if self.times else ""
        return f"the gradient of its {self.name} is wrong {_numbers(self)}{when}"


@dataclass(frozen=True, repr=False)
class GradientReport:
    """What :func:`check_gradients` found; printed, a table with the wrong ones marked, and the nodes at fault.

    Attributes
    ----------
    net : Module
    checks : list of GradientCheck
        Of the inputs and the parameters of the whole net.
    node_checks : list of NodeCheck
        Of what each node takes and of its module's parameters, each node by itself.
    """

    net: Module
    checks: list[GradientCheck]
    node_checks: list[NodeCheck] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every gradient is right."""
        return all(check.ok for check in (*self.checks, *self.node_checks))

    @property
    def wrong(self) -> list[NodeCheck]:
        """The wrong gradients of the nodes that are at fault: wrong by themselves."""
        return [check for check in self.node_checks if not check.ok]

    def __str__(self) -> str:
        width = max((len(check.name) for check in self.checks), default=0)
        lines = []
        for check in self.checks:
            told = f"ok{_kinks(check)}" if check.ok else f"WRONG {_numbers(check)}"
            lines.append(f"{check.name:<{width}}  {check.error:8.1e}  {told}")
        n = len({check.site for check in self.node_checks})
        if self.wrong:
            lines += ["", "At fault:", *(f"  {check.sentence()}" for check in self.wrong)]
        elif not self.ok:
            lines += ["", f"None of the {n} nodes is wrong by itself." if n > 1 else "The node is right by itself."]
        return "\n".join(lines)

    def __repr__(self) -> str:
        n = sum(not check.ok for check in self.checks)
        return f"GradientReport({n} of {len(self.checks)} gradients wrong, {len(self.wrong)} at fault)"

    def draw(self, file: str | os.PathLike[str] | None = None, **options: Any) -> Picture:
        """Return the picture of the net with the nodes at fault in red; see :func:`graphnet.draw.draw`."""
        return self.net.draw(file, failed=self, **options)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Return what a notebook shows: the table, and the picture if there are nodes at fault."""
        return {"text/plain": str(self)} if self.ok else self.net._shown(str(self), failed=self)


def _numbers(check: GradientCheck) -> str:
    place = "in a direction" if check.place is None else f"at {list(check.place)}"
    return f"{place}: computed {check.computed:.9g}, numeric {check.numeric:.9g}"


def _kinks(check: GradientCheck) -> str:
    if not check.kinks:
        return ""
    return f" ({check.kinks} at {'a kink' if check.kinks == 1 else 'kinks'})"
