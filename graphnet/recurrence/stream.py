"""Stream: a sequence that comes in pieces; the state goes on from piece to piece."""

from __future__ import annotations

from graphnet.nesting import Nested, copy_nested, describe, zeros_like
from graphnet.recurrence.layer import Recurrence
from graphnet.tape import Tape


class Stream:
    """Run a recurrence over a sequence that comes in pieces, each going on from the state where the last one ended.

    Modules store nothing when they run, so the state that is carried is here: any number of streams may go through one
    net. It is carried as numbers only (detached): gradients go back to the beginning of a piece and no further, which
    is backpropagation through time truncated at the pieces. Masks of ``Dropout(per_sequence=True)`` are drawn anew for
    each piece.

    Parameters
    ----------
    net : Recurrence
        With ``final_states=True``.

    Attributes
    ----------
    states : list or None
        The states after the latest piece; None at the beginning, when the net's own initial states are taken. They may
        be set.
    tape : Tape or None
        The tape of the latest piece.

    Raises
    ------
    TypeError, ValueError
        If the net is no recurrence that puts out its final states.

    Examples
    --------
    >>> import numpy as np
    >>> from graphnet import modules as nn
    >>> net = Recurrence(nn.rnn(3, 2), final_states=True)
    >>> x = np.ones((6, 1, 3))
    >>> stream = Stream(net)
    >>> first, second = stream.forward(x[:4]), stream.forward(x[4:])
    >>> whole, last = net.forward(x)
    >>> bool((second == whole[4:]).all())
    True
    """

    def __init__(self, net: Recurrence) -> None:
        if not isinstance(net, Recurrence):
            raise TypeError(f"a Stream runs a Recurrence, not {net!r}")
        if not net.final_states:
            raise ValueError(f"{net.label()} does not put out its final states; make it with final_states=True")
        if net.reverse:
            raise ValueError(f"{net.label()} runs from the end, so it cannot go on with what comes after")
        self.net = net
        self.states: list[Nested] | None = None
        self.tape: Tape | None = None

    def run(self, x: Nested) -> Tape:
        """Run the next piece and return its tape; ``x`` is the net's input without states."""
        if self.states is not None:
            items = list(x) if isinstance(x, (list, tuple)) else [x]
            end = len(items) - self.net.lengths
            x = [*items[:end], *self.states, *items[end:]]
        self.tape = None  # so that two are never held at a time
        try:
            self.tape = self.net.run(x)
        except ValueError as error:
            if self.states is not None:
                error.add_note(
                    f"the stream carries the states {describe(self.states)}; reset() begins anew without them"
                )
            raise
        self.states = copy_nested(self.tape.result()[-len(self.net.feedback) :])
        return self.tape

    def forward(self, x: Nested) -> Nested:
        """Return what the net puts out for the next piece, without the states; :meth:`backward` may follow."""
        outputs = self.run(x).output[: self._n_outputs()]
        return outputs[0] if len(outputs) == 1 else outputs

    def _n_outputs(self) -> int:
        return len(self.net.wiring.put_out)

    def backward(self, dy: Nested, scale: float = 1.0) -> Nested:
        """Return the gradient of the latest piece's input, and of the states if it took some.

        Parameters
        ----------
        dy : ndarray or list
            The gradient of what :meth:`forward` returned.
        scale : float
            A factor on the parameters' gradients.
        """
        if self.tape is None:
            raise RuntimeError("a Stream's backward needs a forward(x) before it")
        n = self._n_outputs()
        outputs = [dy] if n == 1 else dy
        return self.tape.backward([*outputs, *zeros_like(self.tape.result()[n:])], scale)

    def reset(self) -> None:
        """Begin anew, from the net's initial states."""
        self.states = self.tape = None
