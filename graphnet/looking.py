"""Looking: what a module shows of itself; the rooms that make it are imported when it is asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from graphnet.nesting import Nested

if TYPE_CHECKING:
    from graphnet.draw import Picture
    from graphnet.equations import Equations
    from graphnet.inspect import Explanation, Steps, Summary
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

    def explain(self, x: Nested = None, *, repeats: int = 5) -> Explanation:
        """Tell what a compiled net runs: which nodes became which kernel, what runs once for all steps, and how long.

        Parameters
        ----------
        x : ndarray or nested list, optional
            The input, as ``forward`` takes it. The net runs on it there and back, and every operation is timed; the
            net, its gradients and statistics and the random numbers stay as they are. By default the latest
            ``forward`` of this thread is explained, without times.
        repeats : int
            How many runs are timed, at least 1.

        Returns
        -------
        Explanation
            Printed, a table; its ``draw()`` is a picture of the plan.

        Raises
        ------
        TypeError
            If the net is not compiled.
        ValueError
            If there is no input, and nothing has run yet.

        Notes
        -----
        The times are those of machine code that reads the processor's clock before and after each operation; it is
        made when it is asked for. On several threads they are the average of these.

        Examples
        --------
        >>> import numpy as np, graphnet as gn
        >>> from graphnet import modules as nn
        >>> net = gn.compile(nn.Sequential(nn.Linear(100, 500), nn.Tanh(), nn.Linear(500, 10), nn.LogSoftMax()))
        >>> found = net.explain(np.zeros((64, 100)))
        >>> print(found)  # doctest: +SKIP
        Sequential(4 modules), compiled, float64: 610 µs for a run, 220 µs forwards, 390 µs backwards (medians of 5)
        ...
        >>> [work.kind for work in found.parts[0].forward.works()]
        ['product', 'kernel', 'product', 'kernel']
        >>> found["[1] Tanh()"][0].paths
        ['[1] Tanh()', '[0] Linear(100, 500)']
        """
        from graphnet.inspect import explain

        return explain(cast("Module", self), x, repeats=repeats)

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
