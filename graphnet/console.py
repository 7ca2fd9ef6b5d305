"""What this process writes to: a terminal, a notebook, a file."""

from __future__ import annotations

import sys


def in_notebook() -> bool:
    """Return whether what is written to stderr is shown below a notebook's cell.

    >>> in_notebook()
    False
    """
    return type(sys.stderr).__module__.startswith("ipykernel.")


def shows_bars() -> bool:
    """Return whether stderr rewrites its last line, as bars of progress need: a terminal does, a notebook too.

    >>> import io, contextlib
    >>> with contextlib.redirect_stderr(io.StringIO()):
    ...     shows_bars()
    False
    """
    return sys.stderr is not None and (sys.stderr.isatty() or in_notebook())  # None under pythonw
