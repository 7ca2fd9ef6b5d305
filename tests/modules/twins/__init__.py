"""The twins in PyTorch of the public names of graphnet.modules, and why the others have none."""

from __future__ import annotations

from tests.modules.twins import arrays, criterions, elementwise, images, layers, tables
from tests.modules.twins.pytorch import Twin as Twin

# By name, and behind a comma by what is told apart.
TWINS: dict[str, Twin] = {
    **arrays.TWINS,
    **criterions.TWINS,
    **elementwise.TWINS,
    **images.TWINS,
    **layers.TWINS,
    **tables.TWINS,
}

# What else compares these with PyTorch.
CELLS = ["bidirectional", "gru", "lstm", "rnn", "stacked"]

NO_TWIN: dict[str, str] = {
    **dict.fromkeys(["ConcatTable", "MapTable", "ParallelTable"], "gives lists, as Python does there"),
    **dict.fromkeys(["FlattenTable", "NarrowTable", "SelectTable"], "takes lists, as Python does there"),
    **dict.fromkeys(["ZipTable", "ZipTableOneToMany"], "takes lists, as Python does there"),
    **dict.fromkeys(["Decorator", "NaN", "NaNCheck", "PrintSize", "Profile"], "computes nothing"),
    "DistanceRatioCriterion": "is no loss of theirs",
    **dict.fromkeys(["attending", "attention", "terminal_state"], "is a drawing of modules that have twins"),
    **dict.fromkeys(["char_rnn", "variational"], "is a drawing of cells that have twins"),
    **dict.fromkeys(["coupled_lstm", "layer_norm_lstm", "peephole_lstm"], "is no LSTM of theirs"),
    "joined_rnn": "is rnn with one matrix",
    "lstm_of_eight_linears": "is lstm, drawn otherwise",
}
