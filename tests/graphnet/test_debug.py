"""With set_debug, what fails inside a net leaves a picture; the error itself is raised, whatever happens."""

import os
import pickle
import sys
import threading
import types
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.draw import debugging, render
from graphnet.draw.debugging import file_name, set_debug
from graphnet.draw.look.style import FAILED, RED


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the current folder, with debugging switched on."""
    monkeypatch.chdir(tmp_path)
    set_debug(True)
    yield tmp_path
    set_debug(False)


class FailsBackwards(nn.Tanh):
    """Cannot go back where a number is large."""

    def slope(self, x, y):
        if (x > 9).any():
            raise ArithmeticError("too large")
        return super().slope(x, y)


def draw_layer(**options):
    x, prev_h = nn.Identity()(), nn.Identity()()
    i2h = nn.Linear(3, 4, bias=False)(x)
    next_h = FailsBackwards()(nn.CAddTable()([i2h, nn.Linear(4, 4)(prev_h)]))
    gn.annotate_nodes()
    i2h.module.weight.value.fill(1)
    return gn.Recurrence(gn.gModule([x, prev_h], [next_h]), **options)


def draw_net(**options):
    x = nn.Identity()()
    net = gn.gModule([x], [nn.Bottle(nn.Linear(4, 2))(draw_layer(**options)(x).annotate(name="layer"))])
    net.name = "of two parts"
    return net


def caught(function, *arguments):
    with pytest.raises((ValueError, ArithmeticError)) as found:
        function(*arguments)
    return found.value


def pictures(folder):
    return sorted(os.listdir(folder))


def picture_of(error):
    """Return what is in the file that the last note of an error names."""
    note = error.__notes__[-1]
    assert note.startswith("its picture: ")
    with open(note.removeprefix("its picture: "), encoding="utf-8") as file:
        return file.read()


def too_large():
    x = np.zeros((5, 2, 3))
    x[3] = 10
    return x


def test_a_failing_run_leaves_a_picture_with_the_node_in_red_and_the_shapes_so_far(folder):
    x = nn.Identity()()
    net = gn.gModule([x], [nn.Sequential(nn.Linear(3, 4), nn.View(-1), nn.Linear(5, 2))(x)])
    error = caught(net.forward, np.zeros((2, 3)))
    assert pictures(folder) == ["gModule_1in_1out.svg"]
    svg = picture_of(error)
    ET.fromstring(svg)
    assert svg.count(f'fill="{FAILED["fillcolor"]}"') == 1
    assert "2x4" in svg
    assert "takes an array of shape 5" in svg
    assert "Linear(5, 2)" in str(error)


def test_no_file_is_overwritten(folder):
    (folder / "of_two_parts.svg").write_text("mine")
    net = draw_net()
    for _ in range(2):
        caught(net.forward, np.zeros((5, 2, 4)))
    assert pictures(folder) == ["of_two_parts.svg", "of_two_parts_2.svg", "of_two_parts_3.svg"]
    assert (folder / "of_two_parts.svg").read_text() == "mine"


@pytest.mark.parametrize("options", [{}, {"recompute": True}])
def test_a_failure_inside_of_a_recurrence_leaves_one_picture_of_the_whole_net_forwards_and_backwards(folder, options):
    net = draw_net(**options)
    error = caught(net.forward, np.zeros((5, 2, 4)))
    assert [note.split(",")[0] for note in error.__notes__[:3]] == [
        "forward in i2h",
        "at step 0 of 5",
        "forward in layer",
    ]
    assert len(pictures(folder)) == 1
    svg = picture_of(error)
    assert svg.count(f'fill="{FAILED["fillcolor"]}"') == 1
    assert f'stroke="{RED}" stroke-width="2"' in svg  # the frame around it
    tape = net.run(too_large())
    error = caught(tape.backward, np.ones((5, 2, 2)))
    assert error.__notes__[0].startswith("backward in next_h, drawn at ")
    assert error.__notes__[0].endswith("; its input: 2x4; the gradient of its output: 2x4")
    assert error.__notes__[1] == "at step 3 of 5"
    assert error.__notes__[2].startswith("backward in layer, drawn at ")
    assert len(error.__notes__) == 4
    assert pictures(folder) == ["of_two_parts.svg", "of_two_parts_2.svg"]
    assert ">ArithmeticError: too large<" in picture_of(error)


def test_stepping_leaves_one_picture_too_forwards_and_backwards(folder):
    net = draw_net()
    steps = net.steps(np.zeros((5, 2, 4)))
    error = caught(steps.finish)
    assert error is caught(steps.finish)
    assert len(error.__notes__) == 4
    assert len(pictures(folder)) == 1
    error = caught(net.steps(too_large()).backward_steps(np.ones((5, 2, 2))).finish)
    assert error.__notes__[1] == "at step 3 of 5"
    assert error.__notes__[0].endswith("; its input: 2x4; the gradient of its output: 2x4")
    assert "too large" in picture_of(error)
    assert len(pictures(folder)) == 2
    plain = caught(nn.Sequential(nn.Tanh(), nn.Linear(3, 2)).steps(np.zeros(4)).finish)
    assert plain.__notes__[-1].endswith("Sequential.svg")


def test_a_module_that_runs_another_itself_leaves_one_picture(folder):
    caught(nn.Sequential(nn.MapTable(nn.Linear(3, 2))).forward, [np.zeros(3), np.zeros(4)])
    assert pictures(folder) == ["Sequential.svg"]
    assert "MapTable" in (folder / "Sequential.svg").read_text()


def test_shapes_that_do_not_fit_leave_a_picture_before_anything_runs(folder):
    x = nn.Identity()()
    y = nn.Linear(9, 2)(nn.Tanh()(nn.Linear(3, 8)(x)))
    error = caught(gn.gModule, [x], [y])
    assert pictures(folder) == ["gModule_1in_1out.svg"]
    assert "8 ≠ 9" in picture_of(error)
    assert "8 ≠ 3" in picture_of(caught(gn.infer_shapes, draw_net(), ("T", "B", 8)))


def test_what_is_tried_and_given_up_leaves_none(folder):
    class Forgiving(gn.Module):
        """Falls back on another way if one fails."""

        def __init__(self):
            self.strict = nn.Linear(3, 2)

        def update_output(self, x):
            try:
                return self.strict.run(x).result()
            except ValueError:
                return np.zeros(2)

    nn.Sequential(Forgiving()).forward(np.zeros(7))
    gn.infer_shapes(nn.Sequential(Forgiving()), ("B", 7))
    assert pictures(folder) == []


def test_a_drawing_that_is_refused_leaves_a_picture_with_the_node_in_red(folder):
    x = nn.Identity()()
    hidden = nn.Linear(3, 4)(x)
    unused, y = nn.Tanh()(hidden), nn.Sigmoid()(hidden)
    svg = picture_of(caught(gn.gModule, [x], [y]))
    assert svg.count(f'fill="{FAILED["fillcolor"]}"') == 1
    assert ">Tanh<" in svg
    svg = picture_of(caught(gn.gModule, [x], [nn.CAddTable()([y, unused, nn.Identity()()])]))
    assert svg.count(f'fill="{FAILED["fillcolor"]}"') == 1


def test_it_can_be_switched_off_and_another_folder_named(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    set_debug(folder=other)
    error = caught(nn.Linear(3, 2).forward, np.zeros(4))
    assert pictures(other) == ["Linear_3_2.svg"]
    set_debug(False)
    error = caught(nn.Linear(3, 2).forward, np.zeros(4))
    assert not any("picture" in note for note in error.__notes__)
    assert (pictures(folder), len(pictures(other))) == ([], 1)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        set_debug(folder=other / "not there")
    with pytest.raises(TypeError, match="set_debug takes True or False, not 'yes'"):
        set_debug("yes")


def test_without_graphviz_dot_is_written(folder, monkeypatch):
    def missing(*arguments):
        raise RuntimeError(render.NOT_FOUND)

    monkeypatch.setattr(sys.modules["graphnet.draw.picture"], "render", missing)
    assert "digraph net {" in picture_of(caught(nn.Linear(3, 2).forward, np.zeros(4)))
    assert pictures(folder) == ["Linear_3_2.dot"]


def test_large_nets_are_not_laid_out(folder, monkeypatch):
    monkeypatch.setattr(debugging, "MOST_LINES_LAID_OUT", 10)
    caught(nn.Sequential(nn.Tanh(), nn.Tanh(), nn.Tanh(), nn.Linear(3, 2)).forward, np.zeros(4))
    assert pictures(folder) == ["Sequential.dot"]


def test_a_picture_that_fails_hides_no_error(folder, monkeypatch):
    def broken(*arguments, **options):
        raise KeyError("of the picture")

    monkeypatch.setattr(debugging, "draw", broken)
    error = caught(nn.Linear(3, 2).forward, np.zeros(4))
    assert "takes an array of shape 3" in str(error)
    assert error.__notes__[-1] == "its picture could not be made: KeyError: 'of the picture'"
    assert pictures(folder) == []


def test_a_file_that_cannot_be_written_leaves_none(folder, monkeypatch):
    def full(path, contents):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(debugging, "write_atomically", full)
    error = caught(nn.Linear(3, 2).forward, np.zeros(4))
    assert "No space left" in error.__notes__[-1]
    assert pictures(folder) == []


def test_failures_in_many_threads_leave_a_picture_each(folder):
    net = nn.Sequential(nn.Tanh(), nn.Linear(3, 2))
    errors = []
    threads = [threading.Thread(target=lambda: errors.append(caught(net.forward, np.zeros(4)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({error.__notes__[-1] for error in errors}) == 4
    assert len(pictures(folder)) == 4
    assert all(picture_of(error).startswith("<?xml") for error in errors)


def test_a_notebook_shows_the_picture(folder, monkeypatch):
    shown = []
    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: types.SimpleNamespace(kernel=None)
    ipython.display = types.ModuleType("IPython.display")
    ipython.display.display = shown.append
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", ipython.display)
    caught(nn.Linear(3, 2).forward, np.zeros(4))
    assert [type(picture) for picture in shown] == [gn.Picture]


def test_names_of_nets_are_made_names_of_files():
    net = nn.lstm(3, 2)
    for name, expected in [
        (None, "gModule_3in_2out"),
        ("../../etc/passwd", "etc_passwd"),
        ("LSTM à deux\nlignes", "LSTM_à_deux_lignes"),
        ("...", "net"),
        ("x" * 300, "x" * 80),
    ]:
        net.name = name
        assert file_name(net) == expected


def test_errors_go_to_other_processes_without_their_nets():
    net = nn.Sequential(*(nn.Tanh() for _ in range(3000)), nn.Linear(4, 2))
    with pytest.raises(ValueError, match="Linear") as failure:
        net.forward(np.ones(3))
    copy = pickle.loads(pickle.dumps(failure.value))
    assert (str(copy), copy.__notes__) == (str(failure.value), failure.value.__notes__)

    x = nn.Identity()()
    y = nn.Tanh()(x)
    for _ in range(3000):
        y = nn.Tanh()(y)
    left_out = nn.Sigmoid()(y)
    with pytest.raises(ValueError, match="does not lead to an output") as failure:
        gn.gModule([x], [nn.Tanh()(y)])
    assert left_out.label() in str(pickle.loads(pickle.dumps(failure.value)))
