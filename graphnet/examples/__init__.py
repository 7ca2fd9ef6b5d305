"""The experiments of the field's tutorials, each run by one command: ``graphnet example NAME``.

An example is a module or a package of this folder, whose docstring begins with its summary in one line, and which has::

    def run(folder: Path, *, quick: bool, seed: int) -> None

It prints its tables as they come, writes its pictures to ``folder``, which is there, and says what it wrote. With
``quick`` it is a small form of itself that takes seconds. It imports what is optional, such as matplotlib, only when it
runs. Its name stands in :data:`NAMES`.
"""

from __future__ import annotations

import importlib
from types import ModuleType

NAMES = ("toy_series", "gradient_flow", "embedding", "learning_to_execute", "digits", "translation")


def examples() -> dict[str, ModuleType]:
    """Return all examples by their names.

    Examples
    --------
    >>> "toy_series" in examples()
    True
    """
    return {name: importlib.import_module(f"{__name__}.{name}") for name in NAMES}


def summary(example: ModuleType) -> str:
    """Return what an example is, in one line.

    >>> summary(examples()["embedding"])
    'A row of a table instead of a product with a one-hot vector: the same numbers, and what that saves.'
    """
    return (example.__doc__ or "").splitlines()[0]
