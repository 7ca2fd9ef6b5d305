"""An RNN, an LSTM and a GRU tell a place on a curve from noisy heights: the toy of the lstm-play pages.

The source reports that its LSTM "converges nearly 2x as fast as the RNN": the training error that the LSTM has after 5
epochs (.0739) is the RNN's after 9. That is counted in epochs, and with a ten times larger learning rate; the seconds
are in the table, too.

Its rows of variable length are of 2 to 4 heights on its page, and of 3 or 4 in its last code. Two heights leave many
places undecided: with this noise, nothing can have an error under 0.4 for lengths 2 to 4. So its error of .0478 must be
of the latter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import graphnet as gn
from graphnet.examples.toy_series.data import draw, least_error
from graphnet.examples.toy_series.nets import LSTM, OF_ALL_SEEDS, RNN, SETTINGS, Outcome, Setting, train

ROWS, SEEDS = 200_000, 3
QUICK_ROWS = 4_000
LENGTHS = tuple(dict.fromkeys(setting.lengths for setting in SETTINGS))
SHOWN = (1, 2, 5, 10, 12, 20)  # epochs in the table


def run(folder: Path, *, quick: bool, seed: int) -> None:
    """Train the nets, at full size from three seeds, and write pictures; that of the predictions is of the first."""
    from graphnet.examples.toy_series.plots import draw_learning, draw_predictions, draw_task

    rows = QUICK_ROWS if quick else ROWS
    print(f"{rows:,} rows, 70 % of them to train on; training errors (mean squares) after so many epochs\n")
    print(heading())
    outcomes = train_all(SETTINGS, rows, seed)
    for one in range(seed + 1, seed + (1 if quick else SEEDS)):
        outcomes += train_all(OF_ALL_SEEDS, rows, one)
    for setting in SETTINGS:
        if setting.documented:
            print(line(setting.name, "source", setting.documented))
    gn.manual_seed(seed)
    print("\nthe least error that anything can have with this noise, by the number of heights: ", end="")
    print(", ".join(f"{n} {least_error(gn.generator(), n):.3f}" for n in (2, 3, 4)) + "\n")
    for one in dict.fromkeys(outcome.seed for outcome in outcomes):
        print(compared(*(o for o in outcomes if o.seed == one and o.setting in (RNN, LSTM))))
    files = [
        draw_task(gn.generator(), folder / "task.png"),
        draw_predictions([o for o in outcomes if o.seed == seed], folder / "predictions.png"),
        draw_learning([o for o in outcomes if not o.setting.variable], folder / "learning.png"),
    ]
    print("\nwritten: " + ", ".join(map(str, files)))


def train_all(settings: Iterable[Setting], rows: int, seed: int) -> list[Outcome]:
    """Train several nets on data of one seed; print a line of the table for each."""
    gn.manual_seed(seed)
    toys = {lengths: draw(rows, gn.generator(), lengths) for lengths in LENGTHS}
    outcomes = []
    for setting in settings:
        outcome = train(setting, toys[setting.lengths], seed)
        outcomes.append(outcome)
        cells = (f"{outcome.n_parameters:,}", f"{setting.batch}", f"{setting.rate:g}")
        ends = (f"{outcome.test[-1]:.4f}", f"{outcome.seconds[-1]:.0f}")
        print(line(setting.name, f"seed {seed}", dict(enumerate(outcome.train, 1)), cells, ends), flush=True)
    return outcomes


def heading() -> str:
    """Return the names of the table's columns."""
    epochs = "".join(f"{epoch:>8}" for epoch in SHOWN)
    return f"{'':<18} {'':>7} {'numbers':>8} {'batch':>6} {'rate':>5}{epochs} {'test':>8} {'CPU s':>8}"


def line(
    name: str,
    whose: str,
    errors: Mapping[int, float],
    cells: tuple[str, str, str] = ("", "", ""),
    ends: tuple[str, str] = ("", ""),
) -> str:
    """Return a line of the table: ``errors`` by the epoch, and the cells to their left and their right.

    >>> line("RNN", "source", {1: 0.4327}).split()
    ['RNN', 'source', '0.4327']
    """
    shown = "".join(f"{errors[epoch]:8.4f}" if epoch in errors else " " * 8 for epoch in SHOWN)
    numbers, batch, rate = cells
    test, seconds = ends
    return f"{name:<18} {whose:>7} {numbers:>8} {batch:>6} {rate:>5}{shown} {test:>8} {seconds:>8}".rstrip()


def compared(rnn: Outcome, lstm: Outcome) -> str:
    """Say when the RNN reaches the error that the LSTM has after its last epoch, in epochs and in seconds."""
    error, epochs = lstm.train[-1], len(lstm.train)
    reached = rnn.epochs_to(error)
    start = (
        f"seed {lstm.seed}: the LSTM has {error:.4f} after {epochs} epochs ({lstm.seconds[-1]:.0f} s), the RNN after"
    )
    if reached is None:
        return f"{start} > {len(rnn.train)} (> {rnn.seconds[-1]:.0f} s)"
    return f"{start} {reached} ({rnn.seconds[reached - 1]:.0f} s)"
