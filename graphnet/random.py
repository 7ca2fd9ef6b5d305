"""The one generator behind every random number: initial parameters, dropout masks, shuffles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

_generator = np.random.default_rng()


def generator() -> np.random.Generator:
    """Return the generator that modules draw from.

    >>> isinstance(generator(), np.random.Generator)
    True
    """
    return _generator


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
