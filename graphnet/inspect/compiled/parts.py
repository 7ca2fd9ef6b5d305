"""Parts: what a compiled net runs one after the other, calls that became programs and calls as they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from graphnet.inspect.compiled.memory import Memory
from graphnet.inspect.compiled.works import Stage, Work
from graphnet.splicing import Site


@dataclass(frozen=True)
class Way:
    """A program, forwards or backwards.

    Attributes
    ----------
    stages : list of Stage
    memory : Memory
    seconds : float or None
        The time of the whole program, and of packing weights for it.
    n_threads : int or None
        On how many threads it runs.
    """

    stages: list[Stage]
    memory: Memory
    seconds: float | None
    n_threads: int | None

    def works(self) -> Iterator[Work]:
        """Yield all operations in order."""
        for stage in self.stages:
            yield from stage.works


@dataclass(frozen=True)
class Compiled:
    """Calls, or a whole recurrence, that became programs.

    Attributes
    ----------
    sites : tuple of Site
        The calls; of a recurrence, its own.
    loop : bool
        Whether it is a recurrence.
    n_steps, n_rows : int
        Of the run that is explained.
    n_places : int
        How many rows there are at all steps together; sequences that end earlier have fewer.
    n_times : int
        How often all this runs: for each step of a recurrence around it that goes step by step.
    forward, backward : Way
    backend : str
        What runs the programs.
    making : float
        The seconds that it took to make them.
    n_compiled, n_from_disk : int
        How much machine code was compiled for them, and how much was found on disk instead.
    seconds : dict of str to float
        The time forwards and backwards, with what goes in and out.
    """

    sites: tuple[Site, ...]
    loop: bool
    n_steps: int
    n_rows: int
    n_places: int
    n_times: int
    forward: Way
    backward: Way
    backend: str
    making: float
    n_compiled: int
    n_from_disk: int
    seconds: dict[str, float]

    @property
    def ways(self) -> dict[str, Way]:
        """Both ways by their names."""
        return {"forward": self.forward, "backward": self.backward}


@dataclass(frozen=True)
class AsItIs:
    """Calls that are executed by the hooks of their modules; a recurrence goes step by step, and has ``parts``.

    If nothing of a step is compiled, the interpreter runs it, and what it runs is one part.

    Attributes
    ----------
    sites : tuple of Site
    reasons : tuple of str
        For each why it could not be compiled.
    parts : list of Compiled or AsItIs
        What a step of a recurrence runs.
    n_steps : int
        How often.
    seconds : dict of str to float
        The time forwards and backwards, of all together.
    """

    sites: tuple[Site, ...]
    reasons: tuple[str, ...]
    seconds: dict[str, float]
    parts: list[Compiled | AsItIs] = field(default_factory=list)
    n_steps: int = 0

    @property
    def interpreted(self) -> bool:
        """Whether it is a recurrence of whose step nothing is compiled, so that the interpreter runs it."""
        return self.n_steps > 0 and all(isinstance(part, AsItIs) and not part.n_steps for part in self.parts)
