"""The net of a training as its page shows it: the picture, and the nodes in it that are looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from graphnet.draw import draw
from graphnet.draw.look.text import clean, short_place
from graphnet.draw.picture import svg_text
from graphnet.module import Module
from graphnet.parameter import Parameter
from graphnet.plan import Plan
from graphnet.recurrence import Recurrence
from graphnet.splicing import Call, Site, path_of


class WatchedNet:
    """A net's picture, drawn once, and its nodes.

    Parameters
    ----------
    model : Module

    Attributes
    ----------
    diagram : str
        SVG; empty if there is no picture.
    note : str
        Why there is none.
    sites : list of Site
        The nodes that are looked at, in the order of execution.
    boxes : list of list of str
        For each, the names of the boxes that stand for it.
    read_at : list of Site
        For each, where it is read: a container that is one box, at the node inside whose value it gives.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> net = WatchedNet(nn.Sequential(nn.Linear(3, 2), nn.Tanh()))
    >>> [node["path"] for node in net.described([])]
    ['[0] Linear(3, 2)', '[1] Tanh()']
    """

    def __init__(self, model: Module) -> None:
        self.model = model
        model.plan()  # so that the boxes of the picture are known as its calls
        picture = draw(model)
        by_site: dict[Site, list[str]] = {}
        for box, site in picture.sites.items():
            if site[-1].module is not None:
                by_site.setdefault(site, []).append(box)
        self.sites = sorted(by_site, key=_order(model))
        self.boxes = [by_site[site] for site in self.sites]
        self.read_at = [_executed(model, site) for site in self.sites]
        self.diagram, self.note = "", ""
        try:
            self.diagram = svg_text(picture)
        except RuntimeError as error:  # there is no Graphviz, and the message says how to get it
            self.note = str(error)

    def described(self, parameters: Iterable[Parameter]) -> list[dict[str, Any]]:
        """Return for each node what the page tells of it beside its numbers, and which of the parameters it has."""
        # Where the whole net is one recurrence, its name would stand before all others.
        within = 1 if len({site[0] for site in self.sites}) == 1 and all(site[1:] for site in self.sites) else 0
        places = {id(parameter): i for i, parameter in enumerate(parameters)}
        return [
            {
                "path": clean(path_of(site[within:])),
                "boxes": boxes,
                "module": clean(site[-1].action()),
                "place": "" if (place := site[-1].place()) is None else clean(short_place(place)),
                "parameters": _parameters(site, places),
            }
            for site, boxes in zip(self.sites, self.boxes, strict=True)
        ]


def _order(model: Module) -> Callable[[Site], tuple[int, ...]]:
    """Return what tells the place of a node in the order of execution."""
    places: dict[Plan, dict[Call, int]] = {}

    def place(site: Site) -> tuple[int, ...]:
        for plan in _plans(model, site):
            if plan not in places:
                places[plan] = {call: i for i, call in enumerate(plan.calls)}
        return tuple(places[plan][call] for plan, call in zip(_plans(model, site), site, strict=True))

    return place


def _plans(model: Module, site: Site) -> list[Plan]:
    """Return the plan of each call of a site: the model's, and those of the steps of the recurrences around it."""
    steps = [call.module.step for call in site[:-1] if isinstance(call.module, Recurrence)]
    return [model.plan(), *(step.plan() for step in steps)]


def _executed(model: Module, site: Site) -> Site:
    """Return the site, or of a container that of the call whose value it gives."""
    if site[-1].hooks is not None:
        return site
    target = site[-1].target
    giving = (call for call in _plans(model, site)[-1].executed if call.target == target)
    return (*site[:-1], next(giving, site[-1]))


def _parameters(site: Site, places: dict[int, int]) -> list[int]:
    module = site[-1].module
    inside = [] if module is None else module.parameters()
    return [places[id(parameter)] for parameter in inside if id(parameter) in places]
