"""The one generator behind every random number: initial parameters, dropout masks, shuffles."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import numpy as np

_generator = np.random.default_rng()


class _Own(threading.local):
    """A generator that takes the place of the one for all, in this thread and for a while."""

    generator: np.random.Generator | None = None


_own = _Own()


def generator() -> np.random.Generator:
    """Return the generator that modules draw from.

    >>> isinstance(generator(), np.random.Generator)
    True
    """
    return _own.generator or _generator


@contextmanager
def drawing_from(own: np.random.Generator) -> Iterator[None]:
    """Let this thread's modules draw from a generator of its own; the one for all, and other threads, do not notice.

    >>> with drawing_from(np.random.default_rng(0)):
    ...     print(f"{generator().random():.3f}")
    0.637
    """
    before, _own.generator = _own.generator, own
    try:
        yield
    finally:
        _own.generator = before


def drawing_again(state: Mapping[str, Any] | None) -> AbstractContextManager[None]:
    """Let this thread's modules draw what the generator draws from a state on; the generator does not notice.

    >>> state = generator().bit_generator.state; a = generator().random()
    >>> with drawing_again(state):
    ...     bool(a == generator().random())
    True
    """
    own = np.random.default_rng()
    if state is not None:
        own.bit_generator.state = state
    return drawing_from(own)


def manual_seed(seed: int) -> None:
    """Start the generator anew, so that everything random repeats itself.

    Parameters
    ----------
    seed : int
        Any integer that is not negative.

    Examples
    --------
    >>> manual_seed(1); a = generator().random()
    >>> manual_seed(1); bool(a == generator().random())
    True
    """
    set_generator_state(np.random.default_rng(seed).bit_generator.state)


def generator_state() -> dict[str, Any]:
    """Return the state of the generator, as a dictionary that JSON can hold."""
    return dict(_generator.bit_generator.state)


def set_generator_state(state: Mapping[str, Any]) -> None:
    """Continue from a state that :func:`generator_state` gave."""
    _generator.bit_generator.state = state
