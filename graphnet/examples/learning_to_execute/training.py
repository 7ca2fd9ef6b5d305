"""The training: epochs of fresh programs, which become harder as they are learnt."""

from __future__ import annotations

from dataclasses import dataclass, field

import graphnet as gn
from graphnet import modules as nn
from graphnet.examples.learning_to_execute.columns import Columns, accuracy
from graphnet.examples.learning_to_execute.curriculum import Curriculum
from graphnet.examples.learning_to_execute.model import new_net

LEARNT = 0.95  # the accuracy from which on programs become harder
BACK = 5  # they do so, too, if it is no higher than so many epochs before
DECAY, LEAST_RATE = 0.8, 1e-3


@dataclass(frozen=True)
class Settings:
    """What a training is told.

    Attributes
    ----------
    n, n_layers : int
        The number of units in a layer, and of layers.
    dropout : float
        The probability to drop an element of what a layer takes.
    strategy : str
        That of the :class:`Curriculum`, whose target is (``length``, ``nesting``).
    n_rows, n_steps, n_batches : int
        The columns of programs side by side, the steps of a batch, and the batches of an epoch.
    epochs : int
    learning_rate : float
        The loss is a mean over the characters of answers. The paper's is a sum over the steps, about six of them to a
        batch of 50, so that its rate of 0.5 is one of 3 here.
    momentum : float

    Examples
    --------
    >>> Settings(n=64).n_steps
    50
    """

    n: int = 64
    n_layers: int = 2
    dropout: float = 0.0
    strategy: str = "blend"
    length: int = 2
    nesting: int = 1
    n_rows: int = 20
    n_steps: int = 50
    n_batches: int = 100
    epochs: int = 30
    learning_rate: float = 1.0
    momentum: float = 0.9


# Those of the paper: 2.6 million parameters, and about a second for a step.
ORIGINAL = Settings(n=400, dropout=0.5, length=6, nesting=3, n_rows=100, epochs=400, learning_rate=3.0, momentum=0.0)
QUICK = Settings(n=32, length=1, n_rows=20, n_batches=20, epochs=3)


@dataclass
class Outcome:
    """A net in training, and how hard its programs are.

    Attributes
    ----------
    settings : Settings
    net : Recurrence
    trainer : Trainer
    curriculum : Curriculum
    harder : list of (int, tuple of (int, int))
        After which epochs programs became harder, and the (length, nesting) that they came to.
    """

    settings: Settings
    net: gn.Recurrence
    trainer: gn.Trainer
    curriculum: Curriculum
    harder: list[tuple[int, tuple[int, int]]] = field(default_factory=list)

    def columns(self, part: str, n_batches: int, seed: int) -> Columns:
        """Return programs: by the strategy for training, as hard as it has come to for validation, or the target."""
        hardness = {"train": self.curriculum.hardness, "validation": self.curriculum.of_current}
        settings = self.settings
        return Columns(
            hardness.get(part, self.curriculum.of_target), part, settings.n_rows, settings.n_steps, n_batches, seed
        )


def train(settings: Settings, seed: int) -> Outcome:
    """Train a net; print a line for each epoch.

    Parameters
    ----------
    settings : Settings
    seed : int

    Examples
    --------
    >>> outcome = train(Settings(n=4, n_rows=2, n_batches=2, epochs=1), seed=0)  # doctest: +ELLIPSIS
    epoch  ...
    """
    gn.manual_seed(seed)
    net = new_net(settings.n, settings.n_layers, settings.dropout)
    optimizer = gn.optim.SGD(net.parameters(), settings.learning_rate, momentum=settings.momentum, dampening=0)
    trainer = gn.Trainer(
        net,
        nn.SequenceCriterion(nn.ClassNLLCriterion()),
        optimizer,
        clip_norm=5,
        carry=True,
        metrics={"accuracy": accuracy},
        progress=False,
    )
    curriculum = Curriculum(settings.strategy, settings.length, settings.nesting)
    outcome = Outcome(settings, net, trainer, curriculum)
    accuracies: list[float] = []  # of the epochs since programs became harder
    print("epoch  length, nesting  training loss  validation loss  accuracy")
    for epoch in range(1, settings.epochs + 1):
        validation = outcome.columns("validation", 10, seed + epoch)
        history = trainer.fit(outcome.columns("train", settings.n_batches, seed + epoch), epoch, validation=validation)
        point = history.validation[-1]
        accuracies.append(point.metrics["accuracy"])
        loss = history.epochs()[-1]["train"]
        now = "{}, {}".format(*curriculum.current)
        print(f"{epoch:5}  {now:>15}  {loss:13.3f}  {point.loss:15.3f}  {accuracies[-1]:8.3f}", flush=True)
        if accuracies[-1] > LEARNT or (len(accuracies) > BACK and accuracies[-1] <= accuracies[-1 - BACK]):
            accuracies.clear()
            if curriculum.harder():
                outcome.harder.append((epoch, curriculum.current))
            else:
                optimizer.learning_rate *= DECAY
                if optimizer.learning_rate < LEAST_RATE:
                    break
    return outcome
