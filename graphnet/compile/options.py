"""Options: which of the compiler's transformations are done."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """The transformations that can be switched off, each alone, to look at what it does.

    Attributes
    ----------
    fission : bool
        Take out of a loop over time what no state waits for.
    postponing : bool
        Compute the gradients of weights once, after the loop.
    fusion : bool
        Make one kernel of all that lies between matrix products; else every module is a kernel of its own.
    sharing : bool
        Compute what is equal once, and keep equal gradients in one buffer.
    buffers : bool
        Let buffers that live at other times, or for one step only, share their places.
    machine_code : bool
        Run machine code; else NumPy does what it says.
    """

    fission: bool = True
    postponing: bool = True
    fusion: bool = True
    sharing: bool = True
    buffers: bool = True
    machine_code: bool = True
