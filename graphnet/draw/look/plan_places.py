"""Where the nodes of a compiled net run, and what a picture tells of kernels, products and recurrences."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from graphnet.draw.look.text import one_line
from graphnet.inspect.compiled.parts import AsItIs, Compiled
from graphnet.inspect.compiled.text import common_prefix, names_of
from graphnet.inspect.costs.units import duration

if TYPE_CHECKING:
    from graphnet.inspect.compiled.explanation import Explanation
    from graphnet.inspect.compiled.works import Work
    from graphnet.splicing import Site


@dataclass
class Place:
    """Where a node of a compiled net runs."""

    part: Compiled | AsItIs
    stage: int = -1  # of a loop, which of its stages
    kernel: int = 0
    lines: list[str] = field(default_factory=list)
    reason: str = ""


def both_ways(there: float, back: float) -> str:
    """Return the times there and back."""
    return f"→ {duration(there)}  ← {duration(back)}"


class Places:
    """Where the nodes of a compiled net run, by their sites, and what is told of kernels and recurrences."""

    def __init__(self, explanation: Explanation) -> None:
        self.timed = bool(explanation.seconds)
        self.of: dict[Site, Place] = {}
        self.loops: dict[Site, Compiled | AsItIs] = {}
        self.kernels: dict[int, list[str]] = {}  # by number the lines of its label
        waiting = explanation.parts[::-1]
        while waiting:
            part = waiting.pop()
            if isinstance(part, Compiled):
                if part.loop:
                    self.loops[part.sites[0]] = part
                self._compiled(part)
            elif part.n_steps:
                self.loops[part.sites[0]] = part
                waiting.extend(part.parts[::-1])
            else:
                for site, reason in zip(part.sites, part.reasons, strict=True):
                    self.of[site] = Place(part, reason=reason)

    def _compiled(self, part: Compiled) -> None:
        back: dict[Any, float] = {}
        for work in part.backward.works():
            key = work.number if work.kind == "kernel" else work.sites if work.sizes else None
            back[key] = back.get(key, 0.0) + (work.seconds or 0.0)
        prefix = common_prefix(path for work in part.forward.works() for path in work.paths)
        for k, stage in enumerate(part.forward.stages):
            for work in stage.works:
                taken = both_ways(work.seconds or 0.0, back.get(work.sites if work.sizes else work.number, 0.0))
                if work.kind == "product":
                    told = [" × ".join(map(str, work.sizes)), *([taken] if self.timed else [])]
                    self.of |= {site: Place(part, k, lines=list(told)) for site in work.sites}
                    continue
                name = f"kernel {work.number}"
                if work.sites:
                    self.kernels[work.number] = _label_of_kernel(name, taken if self.timed else "", work, prefix)
                else:  # it stands in no frame of its own
                    for site in work.biases:
                        self.of[site].lines.append(f"bias: {name} {taken if self.timed else ''}")
                for site in work.sites:
                    self.of.setdefault(site, Place(part, k, work.number))


def _label_of_kernel(name: str, taken: str, work: Work, prefix: str) -> list[str]:
    """Return the lines of the label of a kernel: which it is, within which net, and what biases it adds."""
    where = common_prefix(work.paths).removeprefix(prefix).rstrip("/")
    lines = [f"<b>{name}</b>" + (f" of {one_line(where, 40)}" if where else "")]
    if taken:
        lines.append(taken)
    if work.biases:
        names = names_of(replace(work, sites=()), f"{prefix}{where}/" if where else prefix)
        lines.append(f'<font point-size="9.5">with the {one_line(names, 44)}</font>')
    return lines
