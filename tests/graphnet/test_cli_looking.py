"""The commands that look at any net: draw, summary and step, on nets of a file, of a module and of a checkpoint."""

import io
import sys

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.cli import main

NETS = """
import numpy as np
import graphnet as gn
from graphnet import modules as nn

def two(n, m=3, name=None):
    x = nn.Identity()(); hidden = nn.Linear(n, m)(x); y = nn.Tanh()(hidden); gn.annotate_nodes()
    return gn.gModule([x], [y])

net = nn.Linear(4, 2)
SIZE = 4

def nothing():
    return nn.Identity(), []

class Fails(nn.Tanh):
    def value(self, x):
        return 1 / 0

def fails():
    return nn.Sequential(nn.Linear(2, 3), Fails()), np.ones((1, 2))

def no_such_row():
    return nn.Sequential(nn.LookupTable(5, 3)), np.array([9])

def no_array():
    return net, "text"

def with_input():
    return two(2), np.ones((1, 2)), np.full((1, 3), 2.0)

def recurrent():
    return gn.Recurrence(nn.rnn(3, 2)), np.ones((4, 1, 3))

def wrong():
    return 7

def failing():
    return nn.Linear(3, 2)(nn.Linear(3, 2))

class Box:
    inner = net
"""


@pytest.fixture(autouse=True)
def process(monkeypatch):
    """Put back what the process knows of modules: each command has a process of its own."""
    monkeypatch.setattr("sys.path", sys.path[:])
    known = set(sys.modules)
    yield
    for name in {"nets", "uses", "beside_it"} & (set(sys.modules) - known):
        del sys.modules[name]


@pytest.fixture
def nets(tmp_path):
    file = tmp_path / "nets.py"
    file.write_text(NETS)
    return str(file)


def run(capsys, *arguments):
    code = main(list(map(str, arguments)))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def step(capsys, monkeypatch, commands, *arguments):
    """Return what the debugger prints to these commands."""
    monkeypatch.setattr("sys.stdin", io.StringIO(commands))
    code, out, err = run(capsys, "step", *arguments)
    assert (code, err) == (0, "")
    return out


# ---- which net


@pytest.mark.parametrize(
    ("target", "arguments", "told"),
    [
        ("two", ["2"], "9 parameters = 2·3+3"),
        ("two", ["2", "m=5"], "15 parameters = 2·5+5"),
        ("two", ["2", "3", "name='a b'"], "9 parameters"),
        ("net", [], "10 parameters = 4·2+2"),
        ("Box.inner", [], "10 parameters"),
        ("with_input", [], "9 parameters"),
    ],
)
def test_a_net_is_found_in_a_file(capsys, nets, target, arguments, told):
    code, out, err = run(capsys, "summary", f"{nets}:{target}", *arguments)
    assert (code, err) == (0, "")
    assert told in out


def test_a_net_is_found_in_a_module_and_in_a_checkpoint(capsys, tmp_path):
    assert "56 parameters" in run(capsys, "summary", "graphnet.modules:lstm", 3, 2)[1]
    gn.save(nn.lstm(3, 2), tmp_path / "net.safetensors")
    assert "56 parameters" in run(capsys, "summary", tmp_path / "net.safetensors")[1]


def test_shapes_are_told(capsys, nets):
    assert "Bx5" in run(capsys, "summary", f"{nets}:two", 2, 5, "--shape", "Bx2")[1]


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("nowhere.py:net", "there is no file nowhere.py"),
        ("NETS:twoo", "has no 'twoo'; it has two"),
        ("NETS", "which net?"),
        ("NETS:wrong", "gives int 7, where a net is meant"),
        ("NETS:two.name.x", "has no 'name'"),
        ("NETS:SIZE.x", "has no 'x'; it has nothing that could be called"),
        ("NETS:failing", "is a module, Linear(3, 2), where a node is meant"),
        ("NETS:two", "missing 1 required positional argument: 'n'"),
        ("not_there_at_all:net", "cannot be imported"),
    ],
)
def test_what_is_no_net_is_refused_in_words(capsys, nets, target, told):
    code, out, err = run(capsys, "summary", target.replace("NETS", nets))
    assert (code, out) == (2, "")
    assert told in err
    assert "Traceback" not in err


def test_the_line_of_a_failing_function_is_told(capsys, nets):
    assert (
        f"{nets}:{NETS.splitlines().index('    return nn.Linear(3, 2)(nn.Linear(3, 2))') + 1}"
        in run(capsys, "summary", f"{nets}:failing")[2]
    )


def test_a_file_that_fails_as_it_is_read_is_told(capsys, tmp_path):
    (tmp_path / "bad.py").write_text("1 / 0")
    assert "failed at" in run(capsys, "draw", f"{tmp_path / 'bad.py'}:net")[2]


def test_a_file_may_import_what_lies_beside_it(capsys, tmp_path):
    (tmp_path / "beside_it.py").write_text("from graphnet.modules import Tanh")
    (tmp_path / "uses.py").write_text("import beside_it\nnet = beside_it.Tanh()")
    assert run(capsys, "summary", f"{tmp_path / 'uses.py'}:net")[0] == 0


def test_a_function_may_import_what_lies_beside_its_file(capsys, tmp_path):
    (tmp_path / "beside_it.py").write_text("from graphnet.modules import Tanh")
    (tmp_path / "uses.py").write_text("def net():\n    import beside_it\n    return beside_it.Tanh()")
    assert run(capsys, "summary", f"{tmp_path / 'uses.py'}:net")[0] == 0


def test_a_file_may_define_dataclasses_with_annotations_that_are_read_late(capsys, tmp_path):
    (tmp_path / "uses.py").write_text(
        "from __future__ import annotations\nfrom dataclasses import dataclass\nfrom graphnet.modules import Linear\n"
        "@dataclass\nclass Sizes:\n    n: int = 3\nnet = Linear(Sizes().n, 2)"
    )
    code, out, err = run(capsys, "summary", f"{tmp_path / 'uses.py'}:net")
    assert (code, err) == (0, "")
    assert "8 parameters" in out


# ---- draw


def test_a_picture_is_written(capsys, tmp_path, nets):
    file = tmp_path / "net.dot"
    code, out, _ = run(capsys, "draw", f"{nets}:two", 2, "--out", file, "--title", "mine")
    assert (code, out) == (0, f"{file}\n")
    assert "mine" in file.read_text()


def test_a_picture_shows_what_is_asked_for(capsys, tmp_path, nets):
    def drawn(*options):
        code, _, err = run(capsys, "draw", *options, "--out", tmp_path / "net.dot")
        assert (code, err) == (0, "")
        return (tmp_path / "net.dot").read_text()

    assert "9 = 2·3+3" in drawn(f"{nets}:two", 2, "--show", "parameters")
    assert "Bx3" in drawn(f"{nets}:two", 2, "--shape", "Bx2")
    ran = drawn(f"{nets}:two", 2, "--shape", "5x2", "--color", "gradient", "--show", "time", "--theme", "dark")
    assert "5x3" in ran
    assert "s" in ran
    assert "t = 1" in drawn(f"{nets}:recurrent", "--unroll", 2)
    assert "BT" in drawn(f"{nets}:two", 2, "--backward")
    code, _, err = run(capsys, "draw", f"{nets}:net", "--color", "gradient")
    assert code == 2
    assert "what shall it run on?" in err


def test_an_unknown_format_is_refused(capsys, tmp_path, nets):
    code, _, err = run(capsys, "draw", f"{nets}:net", "--out", tmp_path / "net.xyz")
    assert code == 2
    assert "must end in .svg" in err


# ---- step


def test_stepping_forwards_and_backwards(capsys, monkeypatch, nets):
    out = step(capsys, monkeypatch, "\nto y\nbackward\nn\nn\nq\n", f"{nets}:with_input")
    shown = [line for line in out.splitlines() if line.startswith(("forward ", "backward "))]
    assert [line.split()[1] for line in shown] == ["x", "y", "y", "hidden", "x"]
    assert "stop 3, the last" in out
    hidden = out[out.index("backward  hidden") :]
    net = nn.Linear(2, 3)
    assert "gradient of weight, so far  3x2" in hidden
    assert net.weight.shape == (3, 2)


def test_the_numbers_that_are_shown_are_those_of_the_run(capsys, monkeypatch, nets):
    out = step(capsys, monkeypatch, "to hidden\n", f"{nets}:with_input")
    gn.manual_seed(1)
    nn.Linear(4, 2)  # which the file makes first
    x = nn.Identity()()
    net = gn.gModule([x], [nn.Tanh()(nn.Linear(2, 3)(x))])
    expected = net.run(np.ones((1, 2))).entries()[1].output
    assert np.array2string(expected, precision=4, suppress_small=True) in out


def test_conditions_time_steps_and_going_back(capsys, monkeypatch, nets):
    commands = "to h2h 2\nuntil t == 3 and name == 'i2h'\nback 2\nlist\nshow\nnan\n"
    out = step(capsys, monkeypatch, commands, f"{nets}:recurrent")
    lines = out.splitlines()
    assert any(line.startswith("forward  t=2  h2h = Linear(2, 2)") for line in lines)
    assert any(line.startswith("forward  t=3  i2h = Linear(3, 2)") for line in lines)
    assert any(line.startswith("->") for line in lines)
    assert "all numbers are finite: here is the end" in out


def test_random_inputs_and_those_of_files(capsys, monkeypatch, tmp_path, nets):
    first = step(capsys, monkeypatch, "end\n", f"{nets}:net", "--shape", "5x4")
    assert first == step(capsys, monkeypatch, "end\n", f"{nets}:net", "--shape", "5x4")
    assert first != step(capsys, monkeypatch, "end\n", f"{nets}:net", "--shape", "5x4", "--seed", "2")
    np.save(tmp_path / "x.npy", np.ones((5, 4)))
    assert "took  5x4: from 1 to 1" in step(capsys, monkeypatch, "\n", f"{nets}:net", "--input", tmp_path / "x.npy")
    np.savez(tmp_path / "x.npz", a=np.ones((1, 3)), b=np.zeros((1, 2)), c=np.zeros((1, 2)))
    assert "next_h" in step(capsys, monkeypatch, "end\n", "graphnet.modules:lstm", 3, 2, "--input", tmp_path / "x.npz")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "Its inputs are: "),
        (["--shape", "Bx4"], "every size must be a number"),
        (["--input", "nowhere.npy"], "nowhere.npy"),
    ],
)
def test_an_input_that_cannot_be_had_is_refused(capsys, nets, options, told):
    code, _, err = run(capsys, "step", f"{nets}:net", *options)
    assert code == 2
    assert told in err


def test_a_node_that_takes_and_gives_an_empty_list_is_shown(capsys, monkeypatch, nets):
    assert "Error" not in step(capsys, monkeypatch, "n\n", f"{nets}:nothing")


def test_what_is_wrong_ends_nothing(capsys, monkeypatch, nets):
    commands = "to nowhere\nfoo\nuntil\nuntil 1/0\nnext x\nhelp\n\n"
    out = step(capsys, monkeypatch, commands, f"{nets}:with_input")
    for told in ("no stop at 'nowhere' ahead", "no command 'foo'", "until what?", "ZeroDivisionError", "how many?"):
        assert told in out
    assert "go on to the next node that makes a NaN" in out
    assert "stop 2" in out


def test_a_net_that_fails_tells_where(capsys, monkeypatch, nets):
    out = step(capsys, monkeypatch, "end\n", f"{nets}:net", "--shape", "5x3")
    assert "ValueError" in out
    assert "in Linear(4, 2)" in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["summary", "net", "--shape", "Bx5"], "It would fit with Linear(5, 2)"),
        (["draw", "fails", "--color", "activation"], "ZeroDivisionError: division by zero\n  forward in [1] Fails()"),
        (["draw", "fails", "--show", "time"], "ZeroDivisionError"),
        (["draw", "no_such_row", "--color", "activation"], "the index 9 at (0,) is out of range"),
        (["step", "no_such_row", "--page", "step.html"], "the index 9 at (0,) is out of range"),
        (["step", "no_array"], "the input is str, where an array of numbers is meant"),
    ],
)
def test_what_a_net_raises_is_told_without_a_traceback(capsys, monkeypatch, nets, tmp_path, arguments, told):
    monkeypatch.chdir(tmp_path)
    command, name, *options = arguments
    code, out, err = run(capsys, command, f"{nets}:{name}", *options)
    assert (code, out) == (2, "")
    assert told in err


def test_a_page_of_a_net_that_fails_is_written_and_says_so(capsys, tmp_path, nets):
    code, out, _ = run(capsys, "step", f"{nets}:fails", "--page", tmp_path / "step.html")
    assert code == 0
    assert "step.html: 1 node forward, 0 backward\nthere it fails: ZeroDivisionError: division by zero" in out


def test_a_page_is_written_instead(capsys, tmp_path, nets):
    file = tmp_path / "step.html"
    code, out, _ = run(capsys, "step", f"{nets}:with_input", "--page", file)
    assert (code, out) == (0, f"{file}: 3 nodes forward, 3 backward\n")
    assert "ones" not in file.read_text().split("gn-main")[0].split("gn-note")[-1]  # dy came with the net
    code, _, err = run(capsys, "step", f"{nets}:with_input", "--page", tmp_path / "step.txt")
    assert code == 2
    assert "must end in .html" in err
