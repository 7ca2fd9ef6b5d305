"""The kinds of values that options of the command take."""

from __future__ import annotations

import argparse
import math


def natural_number(text: str) -> int:
    """Return an integer of at least 1."""
    number = _integer(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {text}")
    return number


def seed(text: str) -> int:
    """Return an integer of at least 0."""
    number = _integer(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"must be at least 0, not {text}")
    return number


def port(text: str) -> int:
    """Return an integer from 0 to 65535."""
    number = _integer(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"must be from 0 to 65535, not {text}")
    return number


def positive(text: str) -> float:
    """Return a finite number over 0."""
    number = _number(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"must be over 0, not {text}")
    return number


def not_negative(text: str) -> float:
    """Return a finite number of at least 0."""
    number = _number(text)
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"must be at least 0, not {text}")
    return number


def finite(text: str) -> float:
    """Return a finite number."""
    number = _number(text)
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"must be finite, not {text}")
    return number


def probability_to_drop(text: str) -> float:
    """Return a number from 0 to under 1."""
    number = _number(text)
    if not 0 <= number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 0 and under 1, not {text}")
    return number


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be an integer, not {text!r}") from None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number, not {text!r}") from None
