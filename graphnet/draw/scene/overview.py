"""Overview: how much of a net one picture shows: all that is asked for, or, if nothing is, what is not too much."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from graphnet.draw.scene.expansion import Expansion, Key, count_nodes, inner_graphs
from graphnet.draw.scene.folding import Folding
from graphnet.draw.scene.parts import Drawing
from graphnet.draw.scene.scene import Scene, TooManyBoxesError
from graphnet.draw.scene.stretches import gather_in_stretches
from graphnet.draw.scene.unrolled import Steps
from graphnet.edge import whole_number
from graphnet.graph import Graph
from graphnet.node import Node
from graphnet.recurrence import Recurrence

if TYPE_CHECKING:
    from graphnet.draw.scene.flow import Flow
    from graphnet.module import Module
    from graphnet.splicing import Call

# A picture of more boxes takes more than a glance; nets of more are folded and collapsed unless all is asked for.
LARGE = 300
# More boxes than these, which cannot be folded or collapsed, are put together in stretches; Graphviz needs 10 seconds.
MOST_LAID_OUT = 6000
# Fewer equal parts in a row are shown one by one, unless folding is asked for.
FEWEST_FOLDED = 3

Expand: TypeAlias = bool | int | Key | Iterable[Key]


class Shown(NamedTuple):
    """What of a net is shown: the options of :func:`graphnet.draw.draw`.

    ``apart`` are the nodes and calls that are never folded, ``around`` is the net itself.
    """

    contract: bool = False
    expand: Expand | None = None
    collapse: Key | Iterable[Key] = ()
    fold: bool | int | None = None
    unroll: int | Iterable[int] | None = None
    apart: frozenset[Node | Call] = frozenset()
    around: Module | None = None


def scene_of(net: Graph | Drawing | Recurrence, flow: Flow, shown: Shown, most: int = LARGE) -> Scene:
    """Return the scene of a net: of a large one, as deep as there are no more than ``most`` boxes.

    What is not asked for is tried: first all is shown, then equal parts in a row are folded, then inner graphs are
    collapsed, the innermost first.
    """
    foldings = {least: Folding(least) for least in (FEWEST_FOLDED, _least(shown.fold)) if least}
    steps = None if shown.unroll is None else Steps(shown.unroll)

    def scene(expand: Expand, least: int, most: int | None) -> Scene:
        return Scene(
            net,
            flow,
            contract=shown.contract,
            expansion=Expansion(net, expand, shown.collapse, shown.around),
            folding=foldings.get(least),
            steps=steps,
            apart=shown.apart,
            most=most,
        )

    if shown.expand is not None and shown.fold is not None:
        return scene(shown.expand, _least(shown.fold), None)
    tries = _tries(net, shown)
    expand, least = next(tries)
    try:
        return scene(expand, least, most)
    except TooManyBoxesError:
        pass
    for expand, least in tries:
        with contextlib.suppress(TooManyBoxesError):
            found = scene(expand, least, most)
            break
    else:
        found = scene(expand, least, None)
    found.remark = _remark(net, found, expand)
    if len(found.boxes) > MOST_LAID_OUT:
        gather_in_stretches(found, most)
        found.remark += " and put together, many in one box"
    return found


def _tries(net: Graph | Drawing | Recurrence, shown: Shown) -> Iterator[tuple[Expand, int]]:
    """Yield what to expand, and how many equal parts in a row to fold; the most that could be shown comes first."""
    expand = True if shown.expand is None else shown.expand
    yield expand, _least(shown.fold)
    least = FEWEST_FOLDED if shown.fold is None else _least(shown.fold)
    if shown.fold is None:
        yield expand, least
    if shown.expand is None:
        deepest = max((len(inner.place) for inner in inner_graphs(net)), default=0)
        for depth in range(deepest - 1, -1, -1):
            yield depth, least


def _least(fold: bool | int | None) -> int:
    """Return how many equal parts in a row are folded at least; 0 if none are."""
    if fold is None or isinstance(fold, bool):
        return 2 if fold else 0
    return whole_number(fold, "draw's fold", 2)


def _remark(net: Graph | Drawing | Recurrence, scene: Scene, expand: Expand) -> str:
    """Return what a picture tells of what it does not show."""
    done = []
    if scene.n_folded:
        done.append("equal parts in a row are shown once")
    if not isinstance(expand, bool):
        done.append(f"inner graphs below depth {expand} are closed" if expand else "inner graphs are closed")
    n_nodes = count_nodes(net.step.graph() if isinstance(net, Recurrence) else net)
    return f"{n_nodes:,} nodes; " + " and ".join(done or ["that is much for one picture"])
