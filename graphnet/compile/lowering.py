"""Lowering: from the calls of a plan to rows, for those modules that say what they do to rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from graphnet.compile.operators import Untraceable
from graphnet.compile.rows import ALONE, INDICES, Rows
from graphnet.compile.stages import nodes_below
from graphnet.nesting import Nested, gather, leaves, map_nested

if TYPE_CHECKING:
    from graphnet.splicing import Call

FROM_OUTSIDE = frozenset(("input", "state", "index"))
UNSAID = "its module does not say what it does to rows"
_HOOKS = ("update_output", "update_grad_input", "acc_grad_parameters", "pull_back")


@dataclass
class Traced:
    """A drawing as rows.

    Attributes
    ----------
    inputs : list of Rows
        What comes from outside, in the order it is given.
    outputs : list of Rows
        What is put out.
    states : list of (Rows, Rows)
        For each state what it is at a step, and what it will be at the next.
    structure : list of Rows, nested
        The outputs in the lists in which they are put out.
    """

    inputs: list[Rows]
    outputs: list[Rows]
    states: list[tuple[Rows, Rows]]
    structure: list[Nested]


def says_rows(hooks: Any) -> bool:
    """Tell whether what a call executes says what it does to rows, and its hooks are those that are meant."""
    if any(name in vars(hooks) for name in _HOOKS):
        return False
    order = type(hooks).__mro__
    says = _definer(order, "trace")
    return says is not None and all(
        (hook := _definer(order, name)) is None or order.index(hook) >= order.index(says) for name in _HOOKS
    )


def _definer(order: Sequence[type], name: str) -> type | None:
    return next((cls for cls in order if name in vars(cls)), None)


def trace_calls(calls: Sequence[Call], registers: list[Any], *, fusion: bool) -> None:
    """Trace calls one by one, writing to registers what they make of rows; without fusion each stays by itself.

    Raises
    ------
    Untraceable
        If one cannot be said in rows.
    """
    for call in calls:
        given = _traced(call, gather(call.source, registers))
        registers[call.target] = given if fusion else map_nested(_alone, given)


def _alone(rows: Rows) -> Rows:
    return (
        rows
        if rows.kind in INDICES or rows.kind == "affine"
        else Rows("let", (rows,), rows.width, detail=ALONE, inner=rows.inner)
    )


def _traced(call: Call, taken: Nested) -> Nested:
    reason, cause = UNSAID, None
    if says_rows(call.hooks):
        try:
            given = call.hooks.trace(taken)
            if given is not None and all(isinstance(rows, Rows) for rows in leaves(given)):
                _sign(call, taken, given)
                return given
            reason = "what it does to these arrays cannot be said in rows"
        except Untraceable as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001
            # A list for an array, say, or a formula that rows cannot follow; if anything is wrong, its hook will tell.
            reason, cause = f"{type(error).__name__}: {error}", error
    refused = Untraceable(f"{call.path()}: {reason}")
    refused.call = call
    raise refused from cause


def _sign(call: Call, taken: Nested, given: Nested) -> None:
    """Note which call said what it gives, and all that this is made of behind what it takes."""
    before = {id(rows) for rows in leaves(taken)}
    waiting = list(leaves(given))
    while waiting:
        rows = waiting.pop()
        if rows.call is None and id(rows) not in before and rows.kind not in FROM_OUTSIDE:
            rows.call = call
            waiting.extend(rows.sources)


def own_node(rows: Rows, taken: set[int]) -> Rows:
    """Return rows as a node that may have a buffer of its own, for what is put out or fed back."""
    if rows.single or rows.width < 1 or rows.kind in INDICES:
        raise Untraceable("indices, put out")
    computed = rows.kind in ("map", "let", "affine") and id(rows) not in taken
    node = rows if computed else Rows("let", (rows,), rows.width, inner=rows.inner)
    taken.add(id(node))
    return node


def input_rows(shape: tuple[int, ...], kind: np.dtype[Any], dtype: np.dtype[Any], *, steady: bool) -> Rows:
    """Return rows for arrays B x ...; of B whole numbers, indices."""
    if len(shape) == 1 and kind.kind in "iu" and not steady:
        return Rows("index", (), 0)
    width = math.prod(shape[1:])
    if not shape or kind != dtype or not width:
        raise Untraceable(f"an array of {len(shape)} dimensions, of {kind}")
    return Rows("input", (), width, detail=(None, steady), inner=shape[1:])


def kind_of(x: Any, n: int) -> tuple[tuple[int, ...], str]:
    """Return what programs depend on of an array, whose first n dimensions may change."""
    return x.shape[n:], x.dtype.char


def noises_of(registers: Sequence[Any], calls: Iterable[Call]) -> list[Rows]:
    """Return the noise nodes in the order of the calls that draw them, also those that nobody looks at."""
    made = nodes_below(rows for call in calls for rows in leaves(registers[call.target]))
    return [node for node in made if node.kind == "noise"]
