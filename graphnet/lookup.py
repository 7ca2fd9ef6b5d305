"""Lookup: the call of a plan that a node, a name, a path or a module stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graphnet.node import Node
from graphnet.splicing import Call

if TYPE_CHECKING:
    from graphnet.module import Module


def find_call(calls: list[Call], key: str | Node | Module, hint: str = "") -> Call:
    """Return the one call that the key stands for.

    Parameters
    ----------
    calls : list of Call
    key : str, Node or Module
        A node, its name or its path (``layer/forget_gate``), or what it calls.
    hint : str
        Where else the user may look; it ends the message if there is no such call.

    Raises
    ------
    LookupError
        If there is none, or if there are several.
    """
    found = [call for call in calls if not call.helper and _matches(call, key)]
    if isinstance(key, str) and len(found) > 1:  # a node of the net itself comes before those of inner nets
        found = [call for call in found if call.path() == key] or found
    if len(found) == 1:
        return found[0]
    wanted = f"{key!r}" if isinstance(key, str) else str(key)
    if not found:
        names = ", ".join(sorted({call.node.name for call in calls if call.node.name})) or "none"
        raise LookupError(f"this run has no {wanted}; the nodes that have names: {names}{hint}")
    places = "; ".join(f"{call.path()}{call.written_at()}" for call in found)
    raise LookupError(
        f"{wanted} stands at {len(found)} places of this run: {places}. Ask for one by its path or its node"
    )


def _matches(call: Call, key: str | Node | Module) -> bool:
    if isinstance(key, str):
        return call.node.name == key or call.path() == key
    return call.node is key if isinstance(key, Node) else call.module is key
