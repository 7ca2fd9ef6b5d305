"""Checkpoints of modules: what comes back, and which classes are refused."""

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.checkpoint import CheckpointError, load, read_checkpoint, save, write_checkpoint
from tests.graphnet.unrolled import unroll


class Scale(gn.Module):
    """A module of the user's own, with a buffer and attributes of several types."""

    def __init__(self, gain, limits=(0, None)):
        self.gain = gn.Parameter([gain])
        self.limits = limits
        self.notes = {"größe": [1, 2.5, True], 3: None}
        self.mean = np.asfortranarray(np.arange(6.0).reshape(2, 3))

    def update_output(self, x):
        return self.gain.value * x

    def update_grad_input(self, x, y, dy):
        return self.gain.value * dy


class Block(gn.Container):
    """A container whose constructor takes a module and keeps it as an attribute, too."""

    def __init__(self, inner, times):
        super().__init__(inner)
        self.inner = inner
        self.times = times

    def drawing(self, x):
        for _ in range(self.times):
            x = self.inner(x)
        return x


@pytest.fixture
def again(tmp_path):
    """Save and load."""

    def save_and_load(module, classes=()):
        save(module, tmp_path / "net")
        return load(tmp_path / "net", classes)

    return save_and_load


def assert_same_parameters(a, b):
    first, second = a.named_parameters(), b.named_parameters()
    assert list(first) == list(second)
    for p, q in zip(first.values(), second.values(), strict=True):
        assert p.dtype == q.dtype
        np.testing.assert_array_equal(p.value, q.value)
        assert not q.grad.any()


def test_a_drawing_with_shared_modules(again):
    net = unroll(nn.char_rnn(5, 4, 2, 0.5).float(), 3).evaluate()
    same = again(net)
    assert_same_parameters(net, same)
    symbols = [np.array([0, 4])] * 3
    x = [symbols, symbols, *[np.ones((2, 4))] * 4]
    for y, z in zip(net.forward(x), same.forward(x), strict=True):
        assert y.dtype == z.dtype == np.float32
        np.testing.assert_array_equal(y, z)
    dy = [np.ones(()), *[np.ones((2, 4))] * 4]
    net.backward(x, dy)
    same.backward(x, dy)
    for p, q in zip(net.parameters(), same.parameters(), strict=True):
        np.testing.assert_array_equal(p.grad, q.grad)
    assert not any(module.train for module in same.list_modules())
    assert repr(same) == repr(net)


def test_names_places_and_attributes_of_nodes(again):
    größe = nn.Identity()().annotate(description="metres", graph_attributes={"color": "red"})
    first, _ = halves = (größe >> nn.SplitTable(0)).split(2)
    y = nn.CAddTable()([first, halves[1], nn.Tanh()(first)])
    gn.annotate_nodes()
    net = gn.gModule([größe], [y, gn.nest([y, [first]])])
    net.name = "Länge"
    same = again(net)
    assert same.name == "Länge"
    for a, b in zip(net.graph().order, same.graph().order, strict=True):
        for what in ("name", "description", "graph_attributes", "place", "index", "siblings"):
            assert getattr(a, what) == getattr(b, what)
        assert a.label() == b.label()
    assert same.graph().inputs[0].name == "größe"
    np.testing.assert_array_equal(same.forward(np.ones((2, 3)))[1][1][0], np.ones(3))


def test_parameters_shared_between_modules_stay_shared(again, tmp_path):
    encoder, decoder = nn.Linear(3, 3), nn.Linear(3, 3)
    decoder.share(encoder, "weight")
    same = again(nn.Sequential(encoder, nn.Tanh(), decoder, encoder))
    assert same.get(0).weight is same.get(2).weight
    assert same.get(0).bias is not same.get(2).bias
    assert same.get(3) is same.get(0)
    arrays, data = read_checkpoint(tmp_path / "net")
    assert sorted(arrays) == ["0.bias", "0.weight", "2.bias"]  # each once
    assert len(data["modules"]) == 4


def test_containers_as_they_are_now(again):
    net = nn.Sequential(nn.Linear(3, 2)).add(nn.ConcatTable(nn.Tanh(), nn.Sequential()))
    net.insert(nn.Dropout(0.3), 1)
    net.replace(lambda module: nn.Sigmoid() if isinstance(module, nn.Tanh) else module)
    same = again(net)
    assert repr(same) == repr(net)
    assert_same_parameters(net, same)
    assert same.get(1).p == 0.3


def test_modules_that_were_replaced_are_not_saved(again, tmp_path):
    net = nn.Sequential(nn.Linear(300, 300), Block(nn.Linear(300, 300), 1))
    net.replace(lambda module: nn.Tanh() if isinstance(module, nn.Linear) else module)
    net.get(1).inner = net.get(1).modules[0]
    again(net, [Block])
    assert (tmp_path / "net").stat().st_size < 10_000


def test_modules_with_buffers_and_options(again):
    table = nn.LookupTable(4, 3, padding_value=1, max_norm=2.0, norm_type=np.inf)
    same = again(table)
    assert same.arguments() == table.arguments()
    assert_same_parameters(table, same)
    criterion = again(nn.ClassNLLCriterion([1, 2], size_average=False))
    assert criterion.forward(np.array([-1.0, -2.0]), np.array(1)) == 4.0
    assert again(nn.Linear(3, 2, bias=False)).bias is None


def test_classes_of_the_user(again):
    scale = Scale(2.0, limits=(1, (2, None)))
    net = Block(nn.Sequential(scale, Scale(3.0)), 2)
    same = again(net, [Scale, Block])
    assert type(same) is Block
    assert same.inner is same.modules[0]
    assert same.label() == net.label()
    first = same.inner.get(0)
    assert first.limits == (1, (2, None))
    assert first.notes == scale.notes
    np.testing.assert_array_equal(first.mean, scale.mean)  # F-ordered
    np.testing.assert_array_equal(same.forward(np.ones(2)), [36, 36])


def test_a_long_chain(again):
    x = y = nn.Identity()()
    for _ in range(3000):
        y = nn.Identity()(y)
    assert len(again(gn.gModule([x], [y])).graph().order) == 3001


def test_loading_does_not_disturb_the_generator(again):
    net = nn.Linear(3, 2)
    gn.manual_seed(1)
    again(net)
    first = gn.generator().random()
    gn.manual_seed(1)
    assert gn.generator().random() == first


def test_an_unknown_class_is_refused_by_name(tmp_path):
    save(nn.Sequential(Scale(1.0)), tmp_path / "net")
    with pytest.raises(
        CheckpointError, match=r"the class Scale of .*test_checkpoint, .* load\(file, classes=\[Scale\]\)"
    ):
        load(tmp_path / "net")
    with pytest.raises(CheckpointError, match="class Scale"):
        load(tmp_path / "net", [Block])


@pytest.mark.parametrize("name", ["Nothing", "lstm", "annotations", "Parameter"])
def test_only_exported_module_classes_are_built(tmp_path, name):
    data = {"kind": "module", "modules": [{"class": name, "state": []}], "graphs": [], "parameters": []}
    write_checkpoint(tmp_path / "net", {}, data)
    with pytest.raises(CheckpointError, match=f"the class {name}, which is not one of graphnet.modules"):
        load(tmp_path / "net")


def test_a_user_class_does_not_pass_for_one_of_graphnet(tmp_path):
    own = type("Linear", (Scale,), {"__module__": __name__})
    save(own(1.0), tmp_path / "net")
    with pytest.raises(CheckpointError, match="the class Linear of"):
        load(tmp_path / "net")
    assert type(load(tmp_path / "net", [own])) is own


def test_what_cannot_be_saved_is_named(tmp_path):
    scale = Scale(1.0)
    scale.hook = print
    with pytest.raises(TypeError, match=r"Scale\(1.0.*\) cannot be saved: its attribute 'hook' holds <built-in"):
        save(scale, tmp_path / "net")
    assert not list(tmp_path.iterdir())


def test_a_run_is_no_module(tmp_path):
    write_checkpoint(tmp_path / "run", {}, {"kind": "training"})
    with pytest.raises(CheckpointError, match="holds a training, not a module"):
        load(tmp_path / "run")


def test_write_and_read_of_modules(tmp_path):
    net = nn.Linear(3, 2)
    net.write(tmp_path / "net")
    assert_same_parameters(net, gn.Module.read(tmp_path / "net"))
