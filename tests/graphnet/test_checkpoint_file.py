"""The files of checkpoints: what is refused, and that a file is whole or not written."""

import json
import os
import pickle
import sys

import numpy as np
import pytest
import safetensors.numpy

from graphnet import modules as nn
from graphnet.checkpoint import CheckpointError, load, read_checkpoint, save, write_checkpoint


@pytest.mark.parametrize(
    "array",
    [
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1),
        np.arange(10)[::-2],
        np.array([[1.5, 2.5]], ">f4"),
        np.array(2.5),
        np.zeros((0, 3)),
        np.array([True, False]),
        np.float16([1.5]),
    ],
    ids=str,
)
def test_arrays_come_back(tmp_path, array):
    write_checkpoint(tmp_path / "file", {"größe": array}, {})
    back = read_checkpoint(tmp_path / "file")[0]["größe"]
    assert back.dtype == array.dtype.newbyteorder("=")
    assert back.shape == array.shape
    np.testing.assert_array_equal(back, array)


def test_the_same_contents_make_the_same_file(tmp_path):
    net = nn.char_rnn(5, 4)
    for name in ("first", "second"):
        save(net, tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_data_comes_back(tmp_path):
    data = {"text": "größe", "state": 2**127, "list": [1, 0.1, None, True], "nested": {"a": {}}}
    write_checkpoint(tmp_path / "file", {}, data)
    assert read_checkpoint(tmp_path / "file") == ({}, data)


@pytest.mark.parametrize("array", [np.array([print]), np.array(["a"]), np.array([1j])])
def test_other_arrays_are_refused(tmp_path, array):
    with pytest.raises(TypeError, match="the array 'x' is of type"):
        write_checkpoint(tmp_path / "file", {"x": array}, {})


def test_there_is_no_pickle_in_it(tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("pickle was used")

    for name in ("dump", "dumps", "load", "loads", "Pickler", "Unpickler"):
        monkeypatch.setattr(pickle, name, refuse)
    save(nn.char_rnn(5, 4), tmp_path / "net")
    load(tmp_path / "net")
    header = (tmp_path / "net").read_bytes()
    length = int.from_bytes(header[:8], "little")  # the layout of safetensors: a length, JSON, numbers
    assert "graphnet checkpoint" in json.loads(header[8 : 8 + length])["__metadata__"]


def damaged(whole):
    yield "empty", b""
    yield "a text", b"To be, or not to be"
    yield "a pickle", pickle.dumps({"weights": list(range(100))})
    yield "cut in the header", whole[:100]
    yield "cut in the numbers", whole[:-8]
    yield "something behind", whole + b"\0"
    yield "a number changed", whole[:-3] + bytes([whole[-3] ^ 1]) + whole[-2:]
    yield "the structure changed", whole.replace(b"Linear", b"Limear")
    yield "no checkpoint", safetensors.numpy.save({"x": np.ones(3)})
    yield "another version", whole.replace(b'checkpoint":"1 ', b'checkpoint":"9 ')


def test_damaged_and_foreign_files_are_refused(tmp_path):
    save(nn.Linear(3, 2), tmp_path / "whole")
    whole = (tmp_path / "whole").read_bytes()
    for what, contents in damaged(whole):
        assert contents != whole, what
        (tmp_path / "file").write_bytes(contents)
        with pytest.raises(CheckpointError, match=r"file (is not a checkpoint|is damaged|is a safe|has version 9)"):
            load(tmp_path / "file")


def test_every_cut_is_noticed(tmp_path):
    save(nn.Linear(2, 1), tmp_path / "whole")
    whole = (tmp_path / "whole").read_bytes()
    for length in range(0, len(whole), 7):
        (tmp_path / "file").write_bytes(whole[:length])
        with pytest.raises(CheckpointError):
            load(tmp_path / "file")


def test_python_says_what_cannot_be_opened(tmp_path):
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nothing")
    with pytest.raises(IsADirectoryError):
        load(tmp_path)


@pytest.mark.parametrize("function", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch, function, error):
    file = tmp_path / "net"
    save(nn.Linear(3, 2), file)
    old = file.read_bytes()

    def fail(*_):
        raise error

    monkeypatch.setattr(os, function, fail)
    with pytest.raises(type(error)):
        save(nn.Linear(300, 2), file)
    assert file.read_bytes() == old
    assert list(tmp_path.iterdir()) == [file]  # and nothing beside it


def test_without_safetensors_the_command_that_installs_it_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(ImportError, match=r'pip install "graphnet-nn\[train\]"'):
        save(nn.Tanh(), tmp_path / "net")
    with pytest.raises(ImportError, match=r'pip install "graphnet-nn\[train\]"'):
        load(tmp_path / "net")
