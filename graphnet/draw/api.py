"""What users call: draw, dot and, behind a notebook's display, mimebundle."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import networkx as nx

from graphnet.draw.look.diagram import dot_source
from graphnet.draw.look.plan import plan_source
from graphnet.draw.look.readings import Asked, Number, Readings
from graphnet.draw.look.themes import theme_of
from graphnet.draw.picture import FORMATS, Picture, check_target, notebook_svg
from graphnet.draw.scene.overview import Expand, Shown
from graphnet.draw.scene.places import frames_of, sites_of
from graphnet.draw.scene.sketch import plan_all, sketch
from graphnet.draw.subject import is_backward, scene_and_marks, scene_of_plan
from graphnet.module import Module
from graphnet.tape import Tape

if TYPE_CHECKING:
    from graphnet.draw.look.marks import Failed
    from graphnet.draw.scene.expansion import Key
    from graphnet.draw.scene.scene import Scene
    from graphnet.graph import Digraph
    from graphnet.inspect.compiled.explanation import Explanation
    from graphnet.inspect.costs.profiling import Profile

# Beyond this, a layout takes longer than someone waits for a cell of a notebook.
MOST_BOXES_SHOWN_UNASKED = 200
MOST_LINES_SHOWN_UNASKED = 100


def draw(
    net: Module | Digraph,
    file: str | os.PathLike[str] | None = None,
    *,
    tape: Tape | None = None,
    backward: bool = False,
    contract: bool = False,
    expand: Expand | None = None,
    collapse: Key | Iterable[Key] = (),
    fold: bool | int | None = None,
    unroll: int | Iterable[int] | None = None,
    title: str | None = None,
    failed: Failed | None = None,
    step: int | None = None,
    show: Number | Iterable[Number] | None = None,
    color: Number | None = None,
    profile: Profile | None = None,
    shapes: Any = None,
    explanation: Explanation | None = None,
    theme: str = "light",
) -> Picture:
    """Draw a net as a picture, which a notebook shows and :meth:`Picture.save` writes.

    Parameters
    ----------
    net : Module or networkx.MultiDiGraph
        Any module, or ``net.fg`` or ``net.bg``.
    file : str or path, optional
        Where to save the picture as well; the name ends in .svg, .png, .pdf, .dot or .gv.
    tape : Tape, optional
        A run of the net: the arrows carry the shapes of its values. By default, for a module, the latest ``forward``
        of this thread.
    backward : bool
        Draw the arrows along the gradients; after ``tape.backward``, with the gradients' shapes.
    contract : bool
        Leave out what computes nothing: Identity between other nodes, lists, elements of lists.
    expand : bool, int, str, Node, Module, or list of these, optional
        Whether the inside of containers, recurrences and inner gModules is shown, in frames; else each is one box,
        which tells how much it hides. A number: down to so many frames within each other. A node, its name, its path
        (``encoder/layer``) or the module: those shown, with what stands around them. By default all is shown, unless
        there were more than 300 boxes: then as deep as it goes below this.
    collapse : str, Node, Module, or list of these
        What is one box in any case.
    fold : bool or int, optional
        Show equal parts in a row once, with "× 12": blocks of a Sequential, layers, a module that is called again and
        again, also of several nodes each. Equal are parts of the same structure and labels, up to numbers in names. The
        shapes and colours are those of the first. A number: only if there are so many, True: from two on. By default
        from three on in nets of more than 300 boxes.
    unroll : int or list of int, optional
        Show recurrences as their first so many steps, or as steps of these numbers, each in a frame, with arrows from
        every step's states to the next; by default as one step with a dashed arrow back. With a run, each frame has
        the values of its step.
    title : str, optional
        Stands over the picture.
    failed : exception, Node, GradientReport or NaNOrigin, optional
        What is red: the node at which a run failed, given what it raised; the wire on which shapes do not fit, given
        a :class:`~graphnet.ShapeError`; the nodes at fault that :func:`~graphnet.check_gradients` or
        :func:`~graphnet.find_nan` found; or a node itself.
    step : int, optional
        The step of a run whose values are shown inside of recurrences; by default none, since they differ from step to
        step. Negative ones count from the last.
    show : str, Reading, or list of these, optional
        What is written in the boxes: ``"parameters"`` with their arithmetic; ``"activation"``, ``"gradient"``,
        ``"saturation"``, ``"dead"``, ``"not finite"`` of the run, as :func:`graphnet.inspect.readings.read` tells them;
        ``"time"`` and ``"memory"`` of a profile. In frames of unrolled steps, the numbers are those of the step, else
        of ``step``, or of all steps together.
    color : str or Reading, optional
        Which of these gives the boxes their colours, with a scale above the graph. Boxes without a number stay plain;
        those with a NaN or infinity have a double outline.
    profile : Profile, optional
        What :func:`~graphnet.profile` found out about the net.
    shapes : tuple or list, optional
        The input's shape, as :func:`~graphnet.infer_shapes` takes it; the arrows carry the shapes that follow, without
        a run.
    explanation : Explanation, optional
        What a compiled net told of itself, :meth:`graphnet.Module.explain`: the nodes of each kernel stand in a frame
        of a colour of their own, within frames of what runs once for all steps and of what runs in a loop; matrix
        products stand by themselves. What computes nothing is left out.
    theme : {"light", "dark", "print"}
        Colours on white or on black, or outlines that need none.

    Returns
    -------
    Picture

    Raises
    ------
    TypeError, ValueError
        If ``net`` cannot be drawn, the tape or the profile is of another net or missing, a step is asked for without a
        run or a recurrence, or a word or the file's format is unknown.
    LookupError
        If the run has no such step, or kept none, or nothing stands in the net that is to be expanded or collapsed.
    FileNotFoundError
        If the file's folder does not exist.
    RuntimeError
        If a file is wanted and there is no Graphviz.

    Notes
    -----
    A recurrence is shown as its step, with a dashed arrow from each output that is fed back to the input that it is at
    the next step. Steps are numbered in the order of running, also where that begins at the end.

    nngraph's ``graph.dot``, ``nngraph.simple_print`` (``contract``) and ``nngraph.setDebug`` (``failed``).

    Examples
    --------
    >>> from graphnet import Recurrence, modules as nn
    >>> picture = draw(nn.Sequential(nn.Linear(3, 8), nn.Tanh()), title="a layer")
    >>> "Linear(3, 8)" in picture.source
    True
    >>> draw(Recurrence(nn.lstm(3, 8))).source.count("t → t+1")
    2
    >>> "15 nodes, 144 parameters" in draw(nn.Sequential(nn.lstm(3, 4)), expand=False).source
    True
    >>> draw(Recurrence(nn.lstm(3, 8)), unroll=3).source.count(">t = ")
    3
    >>> "32 = 3·8+8" in draw(nn.Linear(3, 8), show="parameters", theme="dark").source
    True
    """
    if file is not None:
        check_target(pathlib.Path(file))
    if isinstance(net, nx.Graph):
        backward = backward or is_backward(net)
    shown = Shown(contract, expand, collapse, fold, unroll)
    look = theme_of(theme)
    if explanation is not None:
        if net is not explanation.net:
            raise ValueError(f"the explanation is of {explanation.net.label()}, not of what is to be drawn")
        others = (tape, backward, unroll, failed, step, show, color, profile, shapes)
        if any(other is not None and other is not False for other in others):
            raise ValueError("the picture of a plan tells of nothing else: leave out runs, steps, shapes and numbers")
        plan = scene_of_plan(explanation.net, shown._replace(contract=True))
        return _picture(plan_source(plan, explanation, title, look), plan, file)
    asked = Asked.checked(show, color, profile, net)
    if shapes is not None:
        if tape is not None or step is not None or backward or not isinstance(net, Module):
            raise ValueError("shapes tell of a module before it runs: leave out tape, step and backward")
        tape = sketch(net, shapes)
    elif asked:
        plan_all(net)
    scene, marks = scene_and_marks(net, tape, step, shown, backward=backward, failed=failed)
    readings = None
    if asked:
        modules = [net] if isinstance(net, Module) else [module for _, module in net.nodes(data="module") if module]
        readings = Readings(asked, scene, modules, look)
    source = dot_source(scene, backward=backward, title=title, marks=marks, readings=readings, theme=look)
    return _picture(source, scene, file)


def _picture(source: str, scene: Scene, file: str | os.PathLike[str] | None) -> Picture:
    picture = Picture(source, sites_of(scene), frames_of(scene))
    if file is not None:
        picture.save(file)
    return picture


def dot(
    graph: Digraph, title: str = "", file: str | os.PathLike[str] | None = None, *, tape: Tape | None = None
) -> Picture:
    """Draw ``net.fg`` or ``net.bg``; with a file name ``x``, write ``x.dot`` and ``x.svg``.

    Parameters
    ----------
    graph : networkx.MultiDiGraph
    title : str
    file : str or path, optional
        The name without an extension; one that a picture can have is taken off.
    tape : Tape, optional
        A run of the net, whose shapes the arrows carry.

    Notes
    -----
    nngraph's ``graph.dot``, which drops the title.

    Examples
    --------
    >>> from graphnet import modules as nn
    >>> "LSTM" in dot(nn.lstm(3, 2).fg, "LSTM").source
    True
    """
    picture = draw(graph, title=title, tape=tape)
    if file is not None:
        path = pathlib.Path(file)
        stem = path.with_suffix("") if path.suffix.lower() in FORMATS else path
        for extension in (".dot", ".svg"):
            picture.save(stem.with_name(stem.name + extension))
    return picture


def mimebundle(net: Module, text: str | None = None, *, failed: Failed | None = None) -> dict[str, str]:
    """Return what a notebook shows of a net: its picture, or else why there is none. Nothing is raised.

    Parameters
    ----------
    net : Module
    text : str, optional
        What stands there where no pictures are shown; by default the net's structure.
    failed : optional
        What is red; see :func:`draw`.
    """
    try:
        text = _shortened(repr(net)) if text is None else text
    except Exception:  # noqa: BLE001  # a cell's result must not be an error because it cannot be shown
        text = object.__repr__(net)
    try:
        picture = _picture_shown_unasked(net, failed)
        return {"image/svg+xml": notebook_svg(picture), "text/plain": text}
    except Exception as error:  # noqa: BLE001
        return {"text/plain": f"{text}\n({error})"}


def _shortened(text: str) -> str:
    lines = text.splitlines()
    more = len(lines) - MOST_LINES_SHOWN_UNASKED
    return text if more <= 0 else "\n".join([*lines[:MOST_LINES_SHOWN_UNASKED], f"  ... and {more:,} more"])


def _picture_shown_unasked(net: Module, failed: Failed | None) -> Picture:
    scene, marks = scene_and_marks(net, None, None, Shown(), failed=failed, most=MOST_BOXES_SHOWN_UNASKED)
    if len(scene.boxes) <= MOST_BOXES_SHOWN_UNASKED:
        return Picture(dot_source(scene, backward=False, title=None, marks=marks))
    raise ValueError(f"with {len(scene.boxes)} nodes it is drawn only when asked: gn.draw(net)")
