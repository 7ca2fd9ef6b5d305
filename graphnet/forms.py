"""Forms: the shapes that a module takes, written with letters for sizes, and what it gives for each of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from graphnet.shapes import Either, Shape, written
from graphnet.sizes import UNKNOWN, Size, surely_differ

# A tuple of sizes and of letters, which stand for the same size wherever they stand; or a list of forms.
Form: TypeAlias = Any


def fits(shape: Shape, *forms: Form) -> bool:
    """Tell whether a shape, as far as it is known, may be of one of these forms.

    >>> fits((5, 3), ("B", 3)), fits([(5, 3), (4,)], [("B", 3), ("B",)]), fits([None, (4,)], [("B", 3), ("B",)])
    (True, False, True)
    """
    return any(_letters(form, shape) is not None for form in forms)


def formed(shape: Shape, forms: list[tuple[Form, Form]], refusal: Callable[[str], Exception]) -> Shape:
    """Return the shape of what a module gives that takes a few forms only, or refuse that of its input.

    Parameters
    ----------
    shape : shape
        The input's, as far as it is known.
    forms : list of pairs
        What the module takes, and what it gives for that: a tuple. Letters stand for sizes.
    refusal : callable
        Makes the error, given how the shape is written.

    Examples
    --------
    >>> from graphnet.shapes import as_shape, written
    >>> product = [([("n", "k"), ("k", "m")], ("n", "m"))]
    >>> formed(as_shape([("B", 3), None]), product, ValueError)
    (B, ?)
    """
    found: list[tuple[Size | int, ...]] = []
    for taken, given in forms:
        letters = _letters(taken, shape)
        if letters is None:
            continue
        sizes = tuple(letters.get(size, UNKNOWN) if isinstance(size, str) else size for size in given)
        if sizes not in found:
            found.append(sizes)
    if not found:
        raise refusal(written(shape))
    if len(found) > 1 and len({len(sizes) for sizes in found}) == 1:  # only sizes differ, and those are not known
        return tuple(n if all(m == n for m in others) else UNKNOWN for n, *others in zip(*found, strict=True))
    return found[0] if len(found) == 1 else Either(found)


def _letters(form: Form, shape: Shape) -> dict[str, Size | int] | None:
    """Return what is known of the letters of a form that a shape may be of, else None."""
    letters: dict[str, Size | int] = {}
    pairs = [(form, shape)]
    while pairs:
        wanted, given = pairs.pop()
        if given is None:
            continue
        if isinstance(wanted, list) != isinstance(given, list) or len(wanted) != len(given):
            return None
        if isinstance(wanted, list):
            pairs += zip(wanted, given, strict=True)
            continue
        for name, size in zip(wanted, given, strict=True):
            known = letters.get(name, UNKNOWN) if isinstance(name, str) else name
            if surely_differ(known, size):
                return None
            if isinstance(name, str) and (known is UNKNOWN or isinstance(size, int)):
                letters[name] = size
    return letters
