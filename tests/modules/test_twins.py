"""Every public name has a twin in PyTorch, or a reason why not; PyTorch itself is not needed to tell."""

from __future__ import annotations

from graphnet import modules as nn
from tests.modules.twins import CELLS, NO_TWIN, TWINS


def test_every_public_name_has_a_twin_or_a_reason() -> None:
    public = [name for name, value in vars(nn).items() if not name.startswith("_") and callable(value)]
    with_twin = {name.split(",")[0] for name in TWINS}
    assert sorted([*with_twin, *CELLS, *NO_TWIN]) == sorted(public)
