"""Readings: numbers in the boxes of a picture, as text or as colours with a scale above the graph."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from graphnet.draw.look import style
from graphnet.draw.look.measures import Measure, OfNodes, OfParameters, OfRun, sum_of
from graphnet.draw.look.scale import Scale, legible_on, written
from graphnet.draw.look.text import one_line
from graphnet.draw.look.themes import LIGHT
from graphnet.inspect.readings import KINDS as RUN_WORDS
from graphnet.inspect.readings import Reading
from graphnet.module import Module

if TYPE_CHECKING:
    from graphnet.draw.look.themes import Theme
    from graphnet.draw.scene.parts import Box, Frame
    from graphnet.draw.scene.scene import Scene
    from graphnet.inspect.costs.profiling import Profile

PROFILE_WORDS = ("time", "memory")
WORDS = ("parameters", *RUN_WORDS, *PROFILE_WORDS)

# A word for a number of each node, or the numbers themselves.
Number: TypeAlias = str | Reading


class Asked(NamedTuple):
    """Which numbers a picture is to show: the options of :func:`graphnet.draw.draw`, checked.

    Attributes
    ----------
    show : tuple of str or Reading
        What is written in the boxes.
    color : str, Reading or None
        What gives them their colours.
    """

    show: tuple[Number, ...] = ()
    color: Number | None = None
    profile: Profile | None = None

    @classmethod
    def checked(
        cls, show: Number | Iterable[Number] | None, color: Number | None, profile: Profile | None, net: object
    ) -> Asked:
        """Check what draw is given.

        Raises
        ------
        TypeError, ValueError
            If a word is unknown, a profile is missing, or it is of another net.
        """
        listed: tuple[Any, ...] = () if show is None else (show,)
        if isinstance(show, Iterable) and not isinstance(show, str):
            listed = tuple(show)
        for word in [*listed, *([] if color is None else [color])]:
            if isinstance(word, Reading):
                continue
            if not isinstance(word, str):
                raise TypeError(f"show and color take words or readings, not {word!r}")
            if word not in WORDS:
                raise ValueError(f"draw cannot show {word!r}; it can show {', '.join(map(repr, WORDS))}")
            if word in PROFILE_WORDS and profile is None:
                raise ValueError(f"the {word} of nodes has to be measured: pass profile=gn.profile(net, x)")
        if profile is not None and profile.net is not net:
            raise ValueError(f"the profile is of {profile.net.label()}, not of what is to be drawn")
        return cls(listed, color, profile)

    def __bool__(self) -> bool:
        return bool(self.show) or self.color is not None


class Readings:
    """The numbers of a picture.

    Parameters
    ----------
    asked : Asked
    scene : Scene
        What is shown, and the run whose values it shows.
    modules : list of Module
        What is drawn.
    theme : Theme

    Raises
    ------
    ValueError
        If there is no run to read, or no backward of which gradients could be read.
    """

    def __init__(self, asked: Asked, scene: Scene, modules: list[Module], theme: Theme = LIGHT) -> None:
        self._scene = scene
        self._theme = theme
        self._written = [_measure(word, asked.profile, scene) for word in asked.show]
        self._measures = list(self._written)
        self._colored: Measure | None = None
        if asked.color in asked.show:
            self._colored = self._written[asked.show.index(asked.color)]
        elif asked.color is not None:
            self._colored = _measure(asked.color, asked.profile, scene)
            self._measures.append(self._colored)
        counted = any(measure.what == "parameters" for measure in self._measures)
        self._sum = sum_of(modules).total() if counted else ""
        self._colors: dict[Box, str] = {}
        self._scale: Scale | None = None
        if self._colored is not None:
            found = {box: self._colored.number(box) for box in scene.boxes}
            numbers = {box: number for box, number in found.items() if number is not None}
            self._scale = Scale(self._colored.kind, self._colored.unit, numbers.values(), theme.scale)
            self._colors = {b: self._scale.color(n) for b, n in numbers.items() if math.isfinite(n)}

    def lines(self, box: Box) -> list[str]:
        """Return the lines of text in a box, escaped; a NaN is told also if only colours are asked for."""
        found = []
        for measure in self._measures:
            strange = _is_strange(measure, box)
            if (measure in self._written or strange) and (line := one_line(measure.line(box), 60)):
                found.append(f"<b>{line}</b>" if strange else line)
        return found

    def lines_of_frame(self, frame: Frame) -> list[str]:
        """Return the lines of text in the label of a frame, escaped."""
        return [one_line(line, 60) for measure in self._written if (line := measure.line_of_frame(frame))]

    def look(self, box: Box) -> dict[str, str]:
        """Return the attributes by which a box shows its number; none if boxes have no colours by theirs."""
        if self._has_strange(box):
            return self._theme.paint(style.NOT_FINITE)
        if self._colored is None:
            return {}
        color = self._colors.get(box, self._theme.unread)
        return {"fillcolor": color, "fontcolor": legible_on(color)}

    def tooltip(self, box: Box) -> str:
        """Return the numbers of a box in words."""
        found = [(measure, measure.number(box)) for measure in self._measures]
        return "".join(
            f"\n{_caption(measure)}: {written(number, measure.kind, measure.unit)}"
            for measure, number in found
            if number is not None
        )

    def _has_strange(self, box: Box) -> bool:
        return any(_is_strange(measure, box) for measure in self._measures)

    def legend(self) -> list[str]:
        """Return the lines above the graph, in HTML: the sum of the parameters, the scale, what the numbers mean."""
        lines = [f'<font point-size="11">{one_line(self._sum, 160)}</font>'] if self._sum else []
        told = [
            self._moment(measure)
            for measure in self._written
            if measure.what != "parameters" and measure is not self._colored
        ]
        if told:
            lines.append(_small(f"in the boxes: {'; '.join(dict.fromkeys(told))}"))
        if self._colored is not None and self._scale is not None:
            caption = self._moment(self._colored)
            lines.append(
                self._scale.bar(caption) if self._colors else _small(f"no node has a finite number for {caption}")
            )
        if any(map(self._has_strange, self._scene.boxes)):
            lines.append(_small("thick double outline: NaN or infinite"))
        return lines

    def _moment(self, measure: Measure) -> str:
        """Return what a number is, and of which steps."""
        return _caption(measure) + (", over all steps" if measure.over_steps(self._scene) else "")


def _measure(word: Number, profile: Profile | None, scene: Scene) -> Measure:
    if isinstance(word, Reading):
        return OfNodes(word)
    if word == "parameters":
        return OfParameters(scene)
    if profile is not None and word == "time":
        return OfNodes(profile.reading)
    if profile is not None and word == "memory":
        held = {row.site: float(row.holding.total) for row in profile.rows}
        return OfNodes(Reading("memory", "memory", "bytes", "log", "What a node holds after a run.", held))
    tape = scene.flow.tape
    if tape is None or tape.x is None:  # shapes only
        raise ValueError(f"there is no run to read the {word} of: pass tape=net.run(x), or call forward(x) before")
    return OfRun(word, tape, scene.flow.step)


def _is_strange(measure: Measure, box: Box) -> bool:
    """Tell whether a number is none, or that of numbers which are none."""
    number = measure.number(box)
    return number is not None and (not math.isfinite(number) or (measure.what == "not finite" and number > 0))


def _caption(measure: Measure) -> str:
    """Return what a measure is, with its unit unless that stands behind every number."""
    told_by_numbers = measure.unit in ("s", "bytes", "share", "numbers")
    return measure.title if told_by_numbers else f"{measure.title} ({measure.unit})"


def _small(text: str) -> str:
    return f'<font point-size="10" color="{style.FAINT}">{one_line(text, 160)}</font>'
