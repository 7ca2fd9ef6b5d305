"""LivePage: a page that shows a training while it goes on."""

from __future__ import annotations

import math
import os
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from graphnet.edge import whole_number
from graphnet.files import check_writable, write_atomically
from graphnet.pages.training import training_page
from graphnet.training.arguments import check_seconds
from graphnet.training.callback import Callback
from graphnet.training.page_data import page_data
from graphnet.training.recorder import Recorder
from graphnet.training.watched_net import WatchedNet

if TYPE_CHECKING:
    from graphnet.training.trainer import Trainer


SHARE_OF_WRITING = 0.02  # of the time, at most


class LivePage(Callback):
    """Writes a page that shows a training while it goes on, in a browser and without a server.

    It has the losses and the metrics, the gradient norm of every parameter, the saturation of gates, dead units, the
    learning rate, the speed and the time left; and the net's picture, whose boxes are coloured by any of these at a
    moment that a slider chooses. The page holds all that it needs. It refreshes itself until the training has ended,
    or has written nothing for long. Without scripts, it shows the latest state.

    What is shown of the nodes is read off the tape of a step that is done anyway, so looking costs little and changes
    nothing. After a resume, the series begin anew at the step that is next; the losses before it are in
    ``trainer.history``, and are shown, too.

    Parameters
    ----------
    file : path
        The page, such as ``training.html``, in a folder that is there.
    every : int, optional
        How many steps there are from one recorded moment to the next; by default so many that there are about 150
        moments in the fit, or fewer, so that looking takes no more than about 3 % of the time. When there are too many
        for a page of a megabyte or two, every second one goes, and the distance doubles.
    seconds : float
        Between two writes; or more, where writing takes long.
    title : str, optional
        By default the model's label.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind.

    Notes
    -----
    The norms of the parameters' gradients are those that the optimizer took, after clipping; the norm of the whole
    gradient, and the gradients at nodes, are those before it. ``graphnet watch FILE`` shows the page at an address
    where a browser opens no files.

    A page that cannot be written, since the disk is full, say, is told once by a warning, and tried again.

    Examples
    --------
    >>> import tempfile, numpy as np, graphnet as gn
    >>> from graphnet import modules as nn
    >>> net = nn.Sequential(nn.Linear(2, 4), nn.Sigmoid(), nn.Linear(4, 1))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = LivePage(f"{folder}/training.html")
    ...     optimizer = gn.optim.SGD(net.parameters(), 0.1)
    ...     trainer = gn.Trainer(net, nn.MSECriterion(), optimizer, callbacks=[page], progress=False)
    ...     history = trainer.fit([(np.ones((3, 2)), np.ones((3, 1)))], epochs=10)
    ...     page.file.read_text("utf-8").startswith("<!doctype html>")
    True
    """

    def __init__(
        self,
        file: str | os.PathLike[str],
        *,
        every: int | None = None,
        seconds: float = 3.0,
        title: str | None = None,
    ) -> None:
        check_seconds("LivePage's seconds", seconds)
        self.file = Path(file)
        self.every = None if every is None else whole_number(every, "LivePage's every", 1)
        self.seconds = float(seconds)
        self.title = title
        self._recorder: Recorder | None = None
        self._trainer: Trainer | None = None
        self._net: WatchedNet | None = None
        self._written = -math.inf
        self._longest = 0.0  # seconds between two writes, ever
        self._took = 0.0
        self._warned = False

    def on_start(self, trainer: Trainer) -> None:
        check_writable(self.file, "the page of the training")
        if self._net is None or self._recorder is None or not self._recorder.goes_on(trainer):
            self._net = WatchedNet(trainer.model)
            self._recorder = Recorder(trainer, self._net.sites, self._net.read_at, self.every)
        self._recorder.begin(trainer)
        self._write(trainer, "running")

    def after_step(self, trainer: Trainer) -> None:
        assert self._recorder is not None
        self._recorder.add(trainer)
        if time.monotonic() - self._written >= max(self.seconds, self._took / SHARE_OF_WRITING):
            self._write(trainer, "running")

    def on_end(self, trainer: Trainer) -> None:
        assert self._recorder is not None
        failure = trainer.failure
        if failure is None:
            done = trainer.epoch >= trainer.epochs or not trainer.stopping
            self._write(trainer, "finished" if done else "stopped")
            return
        if isinstance(failure, Exception):
            self._recorder.fail(trainer, failure)
        self._write(trainer, "failed" if isinstance(failure, Exception) else "stopped")

    def _write(self, trainer: Trainer, state: str) -> None:
        """Write the page; a training does not end because its page cannot be written."""
        assert self._recorder is not None
        assert self._net is not None
        now = time.monotonic()
        if math.isfinite(self._written):
            self._longest = max(self._longest, now - self._written)
        title = self.title or f"Training {trainer.model.label()}"
        data = page_data(trainer, self._recorder, self._net, title, state, self.seconds, self._longest)
        try:
            write_atomically(self.file, training_page(data, self._net.diagram, self._net.note).encode())
        except OSError as error:
            if not self._warned:
                self._warned = True
                warnings.warn(
                    f"the page of the training, {self.file}, could not be written ({error.strerror or error}); the "
                    "training goes on, and the page is tried again",
                    stacklevel=2,
                )
        self._written = time.monotonic()
        self._took = self._written - now
