"""Text: an explanation as tables."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from graphnet.inspect.compiled.memory import ROLES, Memory
from graphnet.inspect.compiled.parts import AsItIs, Compiled
from graphnet.inspect.compiled.works import Stage, Work
from graphnet.inspect.costs.units import duration, percent, readable
from graphnet.inspect.table import table
from graphnet.splicing import path_of

if TYPE_CHECKING:
    from graphnet.inspect.compiled.explanation import Explanation

_WIDTH = 52  # of the column of names, so that a table fits into 120 columns
_RIGHT = (2, 3, 4, 5, 6)
KINDS = {
    "product": "product",
    "weights": "gradient of weights",
    "biases": "gradient of biases",
    "table": "gradient of a table",
    "clear": "setting to zero",
}


class _Line(NamedTuple):
    """A row of a table, or, without cells, a line between rows."""

    title: str = ""
    cells: tuple[str, ...] = ()


def text_of(explanation: Explanation) -> str:
    """Return an explanation as it is printed."""
    found = [_head(explanation)]
    for part in explanation.parts:
        found += _part(part, explanation.watched)
    if explanation.cache.folder is not None:
        cache = explanation.cache
        found.append(
            f"machine code of this process: {cache.compiled} compiled in {duration(cache.seconds_compiling)}, "
            f"{cache.hits} found on disk ({readable(cache.bytes)} in {cache.folder})"
        )
    return "\n\n".join(found)


def _head(explanation: Explanation) -> str:
    name = f"{explanation.net.label()}, compiled, {explanation.dtype}"
    if not explanation.seconds:
        return f"{name}; times are taken if an input is given: explain(x)"
    there, back = explanation.seconds["forward"], explanation.seconds["backward"]
    return (
        f"{name}: {duration(there + back)} for a run, {duration(there)} forwards, {duration(back)} backwards "
        f"(medians of {explanation.repeats}; {duration(explanation.watched)} while the times below are taken)"
    )


def _part(part: Compiled | AsItIs, total: float) -> list[str]:
    """Return the paragraphs of a unit and of those within it."""
    found: list[str] = []
    waiting = [(part, 0)]
    while waiting:
        part, depth = waiting.pop()
        if isinstance(part, Compiled):
            paragraphs = _compiled(part, total)
        else:
            paragraphs = _as_it_is(part, total)
            waiting += [(inner, depth + 1) for inner in part.parts[::-1]]
        found += [textwrap.indent(paragraph, "    " * depth) for paragraph in paragraphs]
    return found


def _as_it_is(part: AsItIs, total: float) -> list[str]:
    taken = _taken(part.seconds, total)
    if part.n_steps:
        (site,), (reason,) = part.sites, part.reasons
        by = ", each run by the interpreter" if part.interpreted else ""
        what = f"{path_of(site)}, step by step, {part.n_steps} steps{by}{taken}"
        return [f"{what}\n  since it could not be one loop: {reason}"]
    names: dict[str, list[str]] = {}
    for site, reason in zip(part.sites, part.reasons, strict=True):
        names.setdefault(reason, []).append(path_of(site))
    rows = []
    for reason, alike in names.items():
        first, *more = textwrap.wrap(_counted(alike), _WIDTH, break_on_hyphens=False)
        rows += [[first, reason], *([f"  {name}", ""] for name in more)]
    return [f"as they are{taken}\n" + textwrap.indent(table(["nodes", "why they are not compiled"], rows), "  ")]


def _taken(seconds: dict[str, float], total: float) -> str:
    if not seconds:
        return ""
    there, back = seconds["forward"], seconds["backward"]
    return f": {duration(there)} forwards, {duration(back)} backwards, {percent((there + back) / total)} of the run"


def _compiled(part: Compiled, total: float) -> list[str]:
    rows = f"{part.n_rows} row{'' if part.n_rows == 1 else 's'}"
    if part.loop:
        ended = f", {part.n_places} in all" if part.n_places != part.n_steps * part.n_rows else ""
        what = f"{path_of(part.sites[0])} as programs for {part.n_steps} steps of {rows}{ended}"
    else:
        n = len(part.sites)
        each = f", at each of {part.n_times} steps" if part.n_times > 1 else ""
        what = f"{n} call{'' if n == 1 else 's'} as one program for {rows}{each}"
    threads = max(way.n_threads or 0 for way in part.ways.values())
    lines = [
        what + _taken(part.seconds, total),
        f"  {part.backend}" + (f", {threads} thread{'' if threads == 1 else 's'}" if threads else ""),
        f"  made in {duration(part.making)}, {part.n_compiled} compiled, {part.n_from_disk} found on disk",
    ]
    return ["\n".join(lines), _table(part, total), _buffers(part)]


# ---- operations


def _table(part: Compiled, total: float) -> str:
    lines: list[_Line] = []
    prefix = common_prefix(path for way in part.ways.values() for work in way.works() for path in work.paths)
    for name, way in part.ways.items():
        lines.append(_Line(f"{name}s" + (f", nodes of {prefix.removesuffix('/')}" if prefix else "")))
        moments = [(moment(part, way.stages, k), stage) for k, stage in enumerate(way.stages)]
        for when, stages in groupby(moments, itemgetter(0)):
            works = [work for _, stage in stages for work in stage.works]
            taken = f": {duration(sum(work.seconds or 0.0 for work in works))}" if total else ""
            lines.append(_Line(f"  {when}{taken}"))
            for work in works:
                lines += _rows(work, prefix, total)
        if way.seconds is not None:
            inside = sum(work.seconds or 0.0 for work in way.works())
            lines.append(_rest("packing, clearing, waiting", way.seconds - inside, total))
            lines.append(_rest("what goes in and out", part.seconds[name] - way.seconds, total))
    head = ["", "nodes", "m × k × n", "operations", *(["time", "share", "GF/s"] if total else [])]
    cells = [line.cells[: len(head)] for line in lines if line.cells]
    written = iter(table(head, cells, right=_RIGHT).splitlines())
    first = next(written)
    return "\n".join([first, *(next(written) if line.cells else line.title for line in lines)])


def moment(part: Compiled, stages: Sequence[Stage], k: int) -> str:
    """Return when a stage runs, in words."""
    if not part.loop:
        return "once, for all rows"
    if stages[k].loop:
        return f"loop over {part.n_steps} steps"
    before, after = (any(stage.loop for stage in some) for some in (stages[:k], stages[k + 1 :]))
    place = {(False, True): ", before the loop", (True, True): ", between loops", (True, False): ", after the loop"}
    return f"once, for all {part.n_steps} steps{place.get((before, after), '')}"


def _rows(work: Work, prefix: str, total: float) -> list[_Line]:
    what = f"kernel {work.number or ''}".rstrip() if work.kind == "kernel" else KINDS[work.kind]
    names = textwrap.wrap(names_of(work, prefix), _WIDTH, break_on_hyphens=False) or [""]
    numbers = [" × ".join(map(str, work.sizes)), _counted_off(work.operations)]
    if work.seconds is not None:
        rate = f"{work.operations / work.seconds / 1e9:.1f}" if work.sizes and work.seconds else ""
        numbers += [duration(work.seconds), percent(work.seconds / total if total else 0.0), rate]
    first = _Line(cells=(f"    {what}", names[0], *numbers))
    blank = ("",) * len(numbers)
    return [first, *(_Line(cells=("", f"  {name}", *blank)) for name in names[1:])]


def _rest(what: str, seconds: float, total: float) -> _Line:
    seconds = max(0.0, seconds)
    return _Line(cells=(f"  {what}", "", "", "", duration(seconds), percent(seconds / total), ""))


def _counted_off(operations: float) -> str:
    """Return a number of operations: ``640``, ``7.0 M``, ``1.3 G``."""
    units = iter(("", " k", " M", " G", " T"))
    unit = next(units)
    while operations >= 999.5:
        operations, unit = operations / 1000, next(units, unit)
    if not operations:
        return ""
    return f"{operations:.1f}{unit}" if operations < 9.95 and unit else f"{operations:.0f}{unit}"


def names_of(work: Work, prefix: str) -> str:
    """Return the names of the nodes of an operation: what is there several times is told once."""
    nodes = _counted(path_of(site).removeprefix(prefix) for site in work.sites)
    if work.biases:
        biases = _counted(path_of(site).removeprefix(prefix) for site in work.biases)
        of = f"bias{'' if len(work.biases) == 1 else 'es'} of {biases}"
        nodes = f"{nodes}; {of}" if nodes else of
    return nodes or ("copies" if work.kind == "kernel" else "")


def _counted(names: Iterable[str]) -> str:
    """Return names in a row; those within the same net follow its name: ``layer_1/{gates, forget_gate}``."""
    groups: dict[str, Counter[str]] = {}
    for name in names:
        before, slash, last = name.rpartition("/")
        groups.setdefault(before + slash, Counter())[last] += 1
    told = []
    for around, counted in groups.items():
        inside = ", ".join(name if n == 1 else f"{name} × {n}" for name, n in counted.items())
        told.append(f"{around}{{{inside}}}" if around and len(counted) > 1 else f"{around}{inside}")
    return ", ".join(told)


def common_prefix(paths: Iterable[str]) -> str:
    """Return what all paths begin with, up to a slash."""
    parts = [path.split("/")[:-1] for path in dict.fromkeys(paths)]
    if len(parts) < 2:
        return ""
    common = []
    for names in zip(*parts, strict=False):
        if len(set(names)) > 1:
            break
        common.append(names[0])
    return "".join(f"{name}/" for name in common)


# ---- buffers


def _buffers(part: Compiled) -> str:
    rows: list[list[str]] = []
    prefix = common_prefix(path for way in part.ways.values() for work in way.works() for path in work.paths)
    for name, way in part.ways.items():
        rows.append([f"{name}s", "", "", ""])
        rows += _of_roles(way.memory, prefix)
        saved = max(0, way.memory.apart - way.memory.bytes)
        rows.append(["  room for all", "those of different times share places" if saved else "", "", ""])
        rows[-1][3] = readable(way.memory.bytes)
        if saved:
            rows.append(["  saved by that", "", "", readable(saved)])
    return table(["", "buffers", "number", "bytes"], rows, right=[2, 3])


def _of_roles(memory: Memory, prefix: str) -> list[list[str]]:
    found = []
    for role, told in ROLES.items():
        held = [buffer for buffer in memory.buffers if buffer.role == role]
        if held:
            names = _counted(buffer.what.removeprefix(prefix) for buffer in held if buffer.what)
            first, *more = textwrap.wrap(names, _WIDTH, break_on_hyphens=False) or [""]
            found.append([f"  {told}", first, str(len(held)), readable(sum(buffer.bytes for buffer in held))])
            found += [["", f"  {name}", "", ""] for name in more]
    return found
