"""Wiring: what each input and each output of a step is, along time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Wiring:
    """Which inputs and outputs of a step are what, by their places; states in the order of the inputs."""

    sequences: tuple[int, ...]
    constants: tuple[int, ...]
    states: tuple[int, ...]
    fed_by: tuple[int, ...]
    put_out: tuple[int, ...]
    n_inputs: int
    n_outputs: int
