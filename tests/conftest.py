"""What all test files use: in many of them every net is compiled, too, and must give the same."""

from __future__ import annotations

import pytest

from graphnet.compile.options import Options
from graphnet.module import Module
from tests.compiled import Comparing

# Files whose nets are compared; by NumPy, since machine code would take minutes to make for so many nets.
COMPARED = {
    "tests.golden": ["golden", "oddities"],
    "tests.graphnet": [
        *["against_pytorch", "checkpoint", "clip", "errors", "find_nan", "forms"],
        *["gmodule", "init", "module", "node", "optim", "parameter", "random_drawings", "recurrence", "robustness"],
        *["shapes", "sizes", "stepping", "stochastic_gradient", "tape"],
    ],
    "tests.modules": [
        *["bad_input", "batch_normalisation", "cells", "cells_attention", "cells_in_time", "cells_over_sequences"],
        *["cells_together", "cells_torch", "contract", "contract_sharing", "images", "modules", "passing", "shapes"],
        *["shapes_refused", "sums", "torch", "weight_norm"],
    ],
}
# Tests that are left out, by the beginnings of their names.
LEFT_OUT = (
    # Drawings that are too long to be compiled in a test.
    "test_nothing_recurses_over_a_long_chain",
    "test_a_chain_of_100_000_nodes",
    "test_a_thousand_steps_equal_the_drawing",
    "test_a_recurrence_is_the_unrolled_drawing[50-",
    "test_a_recurrence_is_the_unrolled_drawing[1000-",
    # They run a net many times; other tests of their file run the same nets.
    "test_gradients_are_right",
    "test_lengths_are_rows_run_alone",
    # They count calls, or measure time or memory.
    "test_memory_grows_linearly_or_with_the_root",
    "test_splitting_costs_the_same_however_long_the_list_is",
    # Other threads draw random numbers meanwhile.
    "test_masks_are_the_same_again_whatever_other_threads_draw",
)


@pytest.fixture(autouse=True)
def comparing(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every net of a test compiled, too, where that is told above."""
    folder, _, file = request.node.module.__name__.rpartition(".") if hasattr(request.node, "module") else ("", "", "")
    if file.removeprefix("test_") in COMPARED.get(folder, []) and not request.node.name.startswith(LEFT_OUT):
        monkeypatch.setattr(Module, "_executor", Comparing(Options(machine_code=False)))
