"""What a command says to an input that it cannot use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class InputError(ValueError):
    """A file or an option that cannot be used; the message says which and why."""


@contextmanager
def failures_told() -> Iterator[None]:
    """Raise what a net of the user's raises as an InputError, with the node that it happened at."""
    try:
        yield
    except (OSError, ImportError, MemoryError):  # which are no net's, and told anyway
        raise
    except Exception as error:
        explained = isinstance(error, (TypeError, ValueError, RuntimeError))
        kind = "" if explained else f"{type(error).__name__}: "
        raise InputError(f"{kind}{error}{notes_of(error)}") from error


def notes_of(error: Exception) -> str:
    """Return the notes of an error, each on a line of its own."""
    return "".join(f"\n  {note}" for note in getattr(error, "__notes__", []))
