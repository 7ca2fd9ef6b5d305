"""Looking: what a module shows of itself; the rooms that make it are imported when it is asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from graphnet.nesting import Nested

if TYPE_CHECKING:
    from graphnet.draw import Picture
    from graphnet.equations import Equations
    from graphnet.inspect import Steps, Summary
    from graphnet.module import Module


class Looking:
    """A module as seen by those who want to see what is inside: pictures, tables, one node at a time."""

    def draw(self, file: str | os.PathLike[str] | None = None, **options: Any) -> Picture:
        """Return the picture of the module, and save it if a file is named; see :func:`graphnet.draw.draw`."""
        from graphnet.draw import draw

        return draw(cast("Module", self), file, **options)

    def summary(self, shape: Any = None) -> Summary:
        """Return a table of nodes, shapes and parameters; see :func:`graphnet.inspect.summarise`.

        Parameters
        ----------
        shape : tuple or list, optional
            Of the input: ``("B", 3)``, or a list of such for several inputs.
        """
        from graphnet.inspect import summarise

        return summarise(cast("Module", self), shape)

    def steps(self, x: Nested) -> Steps:
        """Return a run that goes on one node at a time; see :class:`graphnet.inspect.Steps`.

        Parameters
        ----------
        x : ndarray or nested list
            The input, as ``forward`` takes it.
        """
        from graphnet.inspect import Steps

        return Steps(cast("Module", self), x)

    def latex(self, symbols: Mapping[str, str] | None = None, *, inline: bool = True, shape: Any = None) -> Equations:
        """Return the equations of the module; see :func:`graphnet.equations.equations_of`.

        Parameters
        ----------
        symbols : dict of str to str, optional
            LaTeX in place of the names of nodes and parameters.
        inline : bool
            Write out what needs no name, as a textbook would; else every call has an equation.
        shape : tuple or list, optional
            Of the input, where the drawing alone does not tell which index is that of components.
        """
        from graphnet.equations import equations_of

        return equations_of(cast("Module", self), symbols, inline=inline, shape=shape)

    def equation(self, x: Nested) -> Nested:
        """Return what the module makes of terms, for :meth:`latex`; None writes it by its name.

        See :mod:`graphnet.equations.notation` for what it may be written with.
        """
        return None

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Return what a notebook shows: the picture of the module."""
        return self._shown()

    def _shown(self, text: str | None = None, *, failed: Any = None) -> dict[str, str]:
        """Return what a notebook shows of the module or, with the text, of what was found out about it."""
        from graphnet.draw import mimebundle

        return mimebundle(cast("Module", self), text, failed=failed)
