"""Tree: modules inside modules, walked without recursion, each visited once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Self, cast

from graphnet.description import Described

if TYPE_CHECKING:
    from graphnet.module import Module


class Tree(Described):
    """A module as seen by those who walk over all modules inside it.

    Attributes
    ----------
    train : bool
        The mode: True while training, as a fresh module; False after :meth:`evaluate`.
    """

    train: bool = True

    def named_children(self) -> list[tuple[str, Module]]:
        """Return the modules directly inside this one, with a name for each: those that are its attributes."""
        return [(name, cast("Module", value)) for name, value in vars(self).items() if isinstance(value, Tree)]

    def __repr__(self) -> str:
        inside = "".join(f"\n  ({name}) " + repr(child).replace("\n", "\n  ") for name, child in self.named_children())
        return f"{self.exact_label()}{inside}"

    def _walk(self, path: str) -> Iterator[tuple[str, Module]]:
        """Yield this module and all inside it, each before its children and each once."""
        seen: set[int] = set()
        pending: list[tuple[str, Module]] = [(path, cast("Module", self))]
        while pending:
            prefix, module = pending.pop()
            if id(module) in seen:
                continue
            seen.add(id(module))
            yield prefix, module
            pending.extend((f"{prefix}{name}.", child) for name, child in reversed(module.named_children()))

    def list_modules(self) -> list[Module]:
        """Return this module and all inside it, each before its children and each once."""
        return [module for _, module in self._walk("")]

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Call ``function`` with this module and all inside it; return the module."""
        for module in self.list_modules():
            function(module)
        return self

    def find_modules(self, kind: str | Callable[..., Module]) -> tuple[list[Module], list[Module | None]]:
        """Return the modules of exactly this class (given itself or by its name), and the container of each."""
        found: list[Module] = []
        containers: list[Module | None] = []
        owner: dict[int, Module] = {}
        for module in self.list_modules():
            for _, child in module.named_children():
                owner.setdefault(id(child), module)
            if kind in (module.__class__, module.__class__.__name__):
                found.append(module)
                containers.append(owner.get(id(module)))
        return found, containers

    def replace(self, function: Callable[[Module], Module]) -> Module:
        """Return ``function(self)``, after putting ``function(child)`` in the place of every module inside.

        A module that stands at several places is replaced by one and the same module.
        """
        return self._replaced(function, {})

    def _replaced(self, function: Callable[[Module], Module], done: dict[int, Module]) -> Module:
        """Replace, once for all places where this module stands; ``done`` holds what was replaced by what."""
        if id(self) not in done:
            done[id(self)] = function(cast("Module", self))
            for name, child in self.named_children():
                setattr(self, name, child._replaced(function, done))
        return done[id(self)]

    def training(self) -> Self:
        """Switch this module and all inside it to training."""
        for module in self.list_modules():
            module.train = True
        return self

    def evaluate(self) -> Self:
        """Switch this module and all inside it to evaluation: dropout passes on, statistics stand still."""
        for module in self.list_modules():
            module.train = False
        return self
