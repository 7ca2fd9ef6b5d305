"""What to say of a call that cannot take what it gets, and what would fit: found by trying other arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from graphnet.nesting import gather, leaves, map_nested
from graphnet.random import drawing_from
from graphnet.shapes import Either, Shape, output_of, says_nothing, written
from graphnet.sizes import Size

if TYPE_CHECKING:
    from graphnet.plan import Plan
    from graphnet.splicing import Call

# So many parameters are made, at most, to find out which other arguments of one module would fit.
_MOST_NUMBERS = 10**7
# What stands for every size that is not known where arguments are tried: what fits it by chance alone does not.
_ANY_SIZE = 10_007  # a prime


@dataclass(frozen=True, eq=False, repr=False)
class Conflict:
    """A call that cannot take what it gets, where that comes from, and what would fit.

    Attributes
    ----------
    message : str
    plan : Plan
        The plan of the net that it stands in.
    call : Call
        The call that refuses.
    makers : list of Call
        Those that made the shapes it gets; what lies between passes them on.
    shapes : list of shapes
        Of all registers of the plan as far as they are known.
    mends : list of str
        What would fit, each as the end of a sentence: ``Linear(8, 2) here``.
    sizes : (int, int) or None
        The size that comes and the one that is wanted, if these are what does not fit.
    """

    message: str
    plan: Plan
    call: Call
    makers: list[Call]
    shapes: list[Shape]
    mends: list[str]
    sizes: tuple[int, int] | None

    @property
    def taken(self) -> Shape:
        """What the call that refuses is given."""
        return gather(self.call.source, self.shapes)

    @property
    def mend(self) -> str:
        """What would fit, in a sentence; empty if nothing was found."""
        return f"It would fit with {', or '.join(self.mends)}" if self.mends else ""


def conflict_at(plan: Plan, call: Call, shapes: list[Shape], error: Exception) -> Conflict:
    """Return what there is to say of a call that cannot take what it gets.

    Parameters
    ----------
    plan : Plan
    call : Call
        The call that refuses.
    shapes : list of shapes
        Of all registers as far as they are known.
    error : Exception
        What the module says.
    """
    source = gather(call.source, shapes)
    lines = [f"{_named(call)}, cannot take {written(source)}: {error}"]
    writers = {done.target: done for done in plan.executed}
    ways = {}
    for register in dict.fromkeys(leaves(call.source)):
        way = _way(writers, register, shapes)
        if way and shapes[register] is not None:
            ways[way[0].target] = way
            lines.append(f"{written(shapes[register])} comes from {_named(way[0])}")
    numbered = list(map(_numbered, shapes))
    taken = gather(call.source, numbered)
    mends = []
    with np.errstate(all="ignore"), drawing_from(np.random.default_rng(0)):
        wanted = _sizes_in(source)
        here = _others(call, wanted, lambda module: output_of(module, taken))
        mends += [f"{label} here" for label, _ in here]
        mends += list(_turned(call, taken))
        for maker, *others in ways.values():

            def fits(module: Any, maker: Call = maker, others: list[Call] = others) -> None:
                changed = list(numbered)
                changed[maker.target] = _numbered(output_of(module, gather(maker.source, changed)))
                for other in others:
                    changed[other.target] = _numbered(output_of(other.hooks, gather(other.source, changed)))
                output_of(call.hooks, gather(call.source, changed))

            name = maker.node.known_as()
            for label, _ in _others(maker, wanted | set(_sizes_of(call)), fits):
                mends.append(f"`{name}` = {label}" if name else f"{label} in place of {maker.action()}")
    makers = [way[0] for way in ways.values()]
    sizes = next((pair for _, pair in here if pair[0] in wanted), None)  # else it is no size that comes
    found = Conflict("", plan, call, makers, list(shapes), mends, sizes)
    return replace(found, message=".\n  ".join([*lines, *filter(None, [found.mend])]))


def _named(call: Call) -> str:
    """Name a call, with its line; one inside a container, or an inner net, with the line of that."""
    outer = call
    while outer.parent is not None:
        outer = outer.parent
    name = call.node.known_as()
    drawn = f"`{name}` = {call.action()}" if name else call.action()  # by a user; else by a container
    named = f"{drawn if call.node.place is not None else call.path()}{call.written_at()}"
    return named if outer.written_at() == call.written_at() else f"{named}, in {outer.node}"


def _way(writers: dict[int, Call], register: int, shapes: list[Shape]) -> list[Call]:
    """Return the calls that lead to a register from the one which made its shape: others pass it on."""
    way: list[Call] = []
    while register in writers:
        call = writers[register]
        way.append(call)
        passes = isinstance(call.source, int) and not says_nothing(call.hooks)
        if not passes or written(shapes[call.source]) != written(shapes[register]):
            break
        register = call.source
    return way[::-1]


def _turned(call: Call, source: Shape) -> Iterator[str]:
    """Yield what before or around a call would fit."""
    if isinstance(source, tuple) and len(source) > 1:
        *front, rows, columns = source
        n = len(front)
        if _works(lambda: output_of(call.hooks, (*front, columns, rows))):
            yield f"Transpose(({n}, {n + 1})) before it"
        if front and _works(lambda: output_of(call.hooks, (rows, columns))):
            yield f"Bottle({call.module.label()}) here" if call.module is not None else "Bottle around it"


def _others(call: Call, sizes: set[int], attempt: Callable[[Any], Any]) -> list[tuple[str, tuple[int, int]]]:
    """Return the label of the module with one of its sizes replaced by another that works, if there is one.

    With it come the size that works and the one that it replaces.
    """
    module = call.module
    if module is None or says_nothing(module):
        return []
    args, kwargs = module._arguments
    numbers = [argument for argument in args if argument.__class__ is int]
    sizes = sizes | {size - number for size in sizes for number in numbers if size > number}  # what is left of one
    n_parameters, n_left = sum(parameter.size for parameter in module.parameters()), _MOST_NUMBERS
    for i, argument in enumerate(args):
        if argument.__class__ is not int:
            continue
        for size in sorted(sizes - {argument}, key=lambda size: (abs(size - argument), size)):
            n_left -= n_parameters * max(1, size // max(1, argument))
            if n_left < 0:
                return []
            made: list[Any] = []

            def made_so(i: int = i, size: int = size, made: list[Any] = made) -> None:
                made.append(type(module)(*args[:i], size, *args[i + 1 :], **kwargs))
                attempt(made[0])

            if _works(made_so):
                return [(made[0].label(), (size, argument))]
    return []


def _numbered(shape: Shape) -> Shape:
    """Return a shape with a number for every size that is not known."""
    if isinstance(shape, Either):
        return Either(list(map(_numbered, shape.options)))
    return map_nested(lambda part: part if part is None else tuple(map(_number, part)), shape)


def _number(size: Size | int) -> int:
    found = size if isinstance(size, int) else size.at(dict.fromkeys(size.symbols(), _ANY_SIZE))
    return _ANY_SIZE if found is None else found


def _sizes_in(shape: Shape) -> set[int]:
    """Return the sizes that are known of a shape, of a list of shapes, or of what they may be."""
    if shape is None:
        return set()
    if isinstance(shape, tuple):
        return {size for size in shape if isinstance(size, int) and size > 0}
    parts = shape if isinstance(shape, list) else shape.options
    return set().union(*map(_sizes_in, parts))


def _sizes_of(call: Call) -> list[int]:
    args = call.module._arguments[0] if call.module is not None else ()
    return [argument for argument in args if argument.__class__ is int and argument > 0]


def _works(attempt: Callable[[], Any]) -> bool:
    try:
        attempt()
    except Exception:  # noqa: BLE001  # whatever a constructor, of a user's class too, says to another size
        return False
    return True
