"""The contract table: for every public name of graphnet.modules, one or more ways to make it and an input for it."""

from __future__ import annotations

import pytest

from tests.modules.rows import criterions, drawings, images, normalisation, passing, plain
from tests.modules.rows.row import Row as Row

ROWS: dict[str, list[Row]] = {
    **plain.ROWS,
    **criterions.ROWS,
    **drawings.ROWS,
    **images.ROWS,
    **normalisation.ROWS,
    **passing.ROWS,
}

CASES = [(name, row) for name, rows in ROWS.items() for row in rows]
IDS = [f"{name}-{i}" for name, rows in ROWS.items() for i in range(len(rows))]
every_row = pytest.mark.parametrize(("name", "row"), CASES, ids=IDS)
