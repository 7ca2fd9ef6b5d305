"""The command from outside: what it prints and writes, its exit codes, and what it says to wrong inputs."""

import re
import subprocess
import sys

import numpy as np
import pytest

import graphnet
from graphnet.checkpoint import read_checkpoint, write_checkpoint
from graphnet.cli import main
from graphnet.cli.language_model import Settings
from graphnet.cli.text import read_text
from graphnet.cli.training import Training
from graphnet.draw import Picture
from graphnet.training.step import Comparison

TEXT = "the quick brown fox jumps over the lazy dog.\n" * 40
SMALL = ["--hidden", "8", "--length", "5", "--batch", "4", "--epochs", "2", "--sample", "50"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Return the folder of a finished training."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "text.txt").write_text(TEXT)
    assert main(["train", str(folder / "text.txt"), "--out", str(folder / "out"), *SMALL]) == 0
    return folder / "out"


def run(capsys, *arguments):
    """Return the exit code, and what was printed."""
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def refused(capsys, *arguments):
    """Return the one line that the command says to a wrong input."""
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert not out
    assert err.count("\n") == 1
    return err


def test_train_learns_and_tells(capsys, tmp_path, text):
    code, out, err = run(capsys, "train", text, "--out", str(tmp_path / "new" / "out"), *SMALL)
    assert code == 0
    assert not err  # no bar, since this is no terminal
    validation, entropy = (float(re.search(rf"{name} +([\d.]+) nats", out)[1]) for name in ("loss", "entropy"))
    assert validation < 0.8 * entropy
    assert "epoch 2/2: train" in out
    assert re.search(r"\nspeed +[1-9][\d,]* characters/s of training\n", out)
    assert "a sample at temperature 0.8" in out
    assert re.search(r"about .* of memory for a forward and a backward", out)
    for name in ("checkpoint.safetensors", "loss.png"):
        assert str(tmp_path / "new" / "out" / name) in out
    assert (tmp_path / "new" / "out" / "loss.png").read_bytes().startswith(b"\x89PNG")


def test_train_draws_the_step(trained):
    (picture,) = trained.glob("step.*")
    assert "LSTM" in picture.read_text() or "layer_1" in picture.read_text()


def test_without_graphviz_the_source_is_written(capsys, tmp_path, text, monkeypatch):
    def render(picture, kind="svg"):
        if kind == "dot":
            return picture.source.encode()
        raise RuntimeError('no Graphviz; install it with: pip install "graphnet-nn[diagrams]"')

    monkeypatch.setattr(Picture, "render", render)
    code, out, _ = run(capsys, "train", text, "--out", str(tmp_path / "out"), *SMALL)
    assert code == 0
    assert 'pip install "graphnet-nn[diagrams]"' in out
    assert "layer_1" in (tmp_path / "out" / "step.dot").read_text()


def test_the_checkpoint_holds_all(trained):
    arrays, data = read_checkpoint(trained / "checkpoint.safetensors")
    training, notes = data["training"], data["training"]["notes"]
    assert {name.split(".")[0] for name in arrays if ":" in name} == {"training:optimizer", "training:carried"}
    assert training["standing"]["n_steps"] == 2 * ((len(TEXT) - len(TEXT) // 20) // 20)
    assert training["history"]["validation"][-1]["seen"] == training["standing"]["n_steps"] * 20
    assert len(training["history"]["validation"]) == 2
    assert training["generator"]["bit_generator"] == "PCG64"
    assert notes["symbols"] == "".join(sorted(set(TEXT)))
    assert notes["settings"]["hidden"] == 8


def test_the_checkpoint_is_the_net(trained):
    net = graphnet.load(trained / "checkpoint.safetensors")
    log_probabilities, c, h = net.forward(np.zeros((7, 2), int))
    assert log_probabilities.shape == (7, 2, len(set(TEXT)))
    assert c.shape == h.shape == (2, 8)


@pytest.mark.parametrize("cell", ["rnn", "gru", "peephole", "coupled", "layer-norm"])
def test_other_cells(capsys, tmp_path, text, cell):
    options = ["--cell", cell, "--layers", "2", "--dropout", "0.1", "--variational"]
    code, out, _ = run(capsys, "train", text, "--out", str(tmp_path), *SMALL, *options)
    assert code == 0
    validation, entropy = (float(re.search(rf"{name} +([\d.]+) nats", out)[1]) for name in ("loss", "entropy"))
    assert validation < 0.9 * entropy
    assert f"cell: {cell}" in out
    assert "per_sequence=True" in next(tmp_path.glob("step.*")).read_text()
    file = str(tmp_path / "checkpoint.safetensors")
    code, out, _ = run(capsys, "sample", file, "--length", "20", "--seed", "1")
    assert code == 0
    assert len(out) == 21


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--variational"], "--variational does nothing without --dropout"),
        (["--variational", "--dropout", "0"], "--variational does nothing without --dropout"),
        (["--truncate", "6"], "--truncate 6 does nothing where sequences have 5 steps"),
    ],
)
def test_options_that_do_nothing_are_refused(capsys, tmp_path, text, options, message):
    assert message in refused(capsys, "train", text, "--out", str(tmp_path / "out"), *SMALL, *options)
    assert not (tmp_path / "out").exists()


def test_truncate_goes_with_lines_of_any_length(capsys, tmp_path, lines):
    options = ["--lengths", "--hidden", "4", "--batch", "4", "--epochs", "1", "--truncate", "60"]
    assert run(capsys, "train", lines, "--out", str(tmp_path / "out"), *options)[0] == 0


def test_forget_bias(capsys, tmp_path, text):
    few = [*SMALL, "--epochs", "1", "--learning-rate", "1e-9", "--forget-bias", "2"]
    assert run(capsys, "train", text, "--out", str(tmp_path), *few)[0] == 0
    layer = graphnet.load(tmp_path / "checkpoint.safetensors").step
    bias = layer.named_parameters()["layer_1.i2h.bias"].value
    assert bias[8:16] == pytest.approx([2.0] * 8, abs=1e-3)
    assert abs(bias[:8]).max() < 1
    assert "--forget-bias: the cell gru has no forget gate" in refused(
        capsys, "train", text, "--out", str(tmp_path), *SMALL, "--cell", "gru", "--forget-bias", "1"
    )


@pytest.mark.parametrize("option", [["--truncate", "2"], ["--recompute"]])
def test_ways_to_go_back_in_time(capsys, tmp_path, text, option):
    few = [*SMALL, "--epochs", "1"]
    losses = []
    for name, options in (("plain", []), ("other", option)):
        assert run(capsys, "train", text, "--out", str(tmp_path / name), *few, *options)[0] == 0
        history = read_checkpoint(tmp_path / name / "checkpoint.safetensors")[1]["training"]["history"]["train"]
        losses.append([(row["loss"], row["norm"]) for row in history])
    assert np.allclose(*losses, rtol=1e-5, atol=0) == (option == ["--recompute"])


def test_sample_repeats_itself_with_a_seed(capsys, trained):
    file = str(trained / "checkpoint.safetensors")
    code, first, _ = run(capsys, "sample", file, "--length", "60", "--seed", "3")
    assert code == 0
    assert len(first) == 60 + len("\n")
    assert set(first) <= set(TEXT)
    assert run(capsys, "sample", file, "--length", "60", "--seed", "3")[1] == first
    assert run(capsys, "sample", file, "--length", "60", "--seed", "4")[1] != first
    assert run(capsys, "sample", file, "--length", "60")[1] != run(capsys, "sample", file, "--length", "60")[1]


def test_temperatures_down_to_nothing(capsys, trained):
    file = str(trained / "checkpoint.safetensors")
    coldest, cold = (run(capsys, "sample", file, "--temperature", t, "--length", "40")[1] for t in ("0", "1e-320"))
    assert coldest == cold
    hot = run(capsys, "sample", file, "--temperature", "1e300", "--length", "400")[1]
    assert len(set(hot)) > 20


def test_sample_goes_on_from_a_prime(capsys, trained):
    file = str(trained / "checkpoint.safetensors")
    greedy = ["--temperature", "0", "--length", "10"]
    first, second = (run(capsys, "sample", file, *greedy, "--prime", prime)[1] for prime in ("the quick ", "the lazy "))
    assert first.startswith("the quick ")
    assert first[10:] != second[9:]
    assert "--prime: the character 'Ä' (U+00C4) at place 1" in refused(capsys, "sample", file, "--prime", "fÄ")


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        (b"", "text.txt is empty"),
        (b"abc" * 20, "too short for one batch of 4 rows of 5 steps .* need 25 characters, and there are 24"),
        (b"caf\xe9 au lait" * 100, "text.txt is not UTF-8: the byte 0xe9 at offset 3"),
        (b"a" * 1000, "holds only the character 'a'"),
    ],
)
def test_texts_that_cannot_be_used(capsys, tmp_path, contents, message):
    file = tmp_path / "text.txt"
    file.write_bytes(contents[:24] if b"abc" in contents else contents)
    assert re.search(message, refused(capsys, "train", str(file), "--out", str(tmp_path / "out"), *SMALL))
    assert not (tmp_path / "out").exists()


def test_the_shortest_text_that_is_long_enough(capsys, tmp_path):
    file = tmp_path / "text.txt"
    file.write_text("abc" * 8 + "a")
    assert run(capsys, "train", str(file), "--out", str(tmp_path / "out"), *SMALL)[0] == 0


def test_texts_that_cannot_be_read(capsys, tmp_path):
    assert "nowhere.txt cannot be read: No such file" in refused(capsys, "train", str(tmp_path / "nowhere.txt"))
    assert "is a directory; give a text file" in refused(capsys, "train", str(tmp_path))


def test_a_folder_that_cannot_be_made(capsys, text):
    assert "File exists" in refused(capsys, "train", text, "--out", text, *SMALL)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--hidden", "0", "must be at least 1, not 0"),
        ("--batch", "many", "must be an integer, not 'many'"),
        ("--seed", "-1", "must be at least 0, not -1"),
        ("--clip", "nan", "must be over 0, not nan"),
        ("--temperature", "-1", "must be at least 0, not -1"),
        ("--dropout", "1", "must be at least 0 and under 1, not 1"),
        ("--learning-rate", "fast", "must be a number, not 'fast'"),
        ("--forget-bias", "inf", "must be finite, not inf"),
        ("--cell", "transformer", "invalid choice: 'transformer'"),
        ("--optimizer", "lbfgs", "invalid choice: 'lbfgs'"),
    ],
)
def test_wrong_options(capsys, option, value, message):
    with pytest.raises(SystemExit) as exit_:
        main(["train", option, value])
    assert exit_.value.code == 2
    assert f"argument {option}: {message}" in capsys.readouterr().err


def test_checkpoints_that_cannot_be_used(capsys, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(b"something else")
    for command in (["sample", str(file)], ["train", "--resume", str(file)]):
        assert "is not a checkpoint of graphnet" in refused(capsys, *command)
    write_checkpoint(file, {}, {"kind": "module"})
    assert "holds a module, not a training" in refused(capsys, "sample", str(file))
    assert "No such file" in refused(capsys, "sample", str(tmp_path / "nowhere"))


@pytest.mark.parametrize("package", ["safetensors", "tqdm", "matplotlib"])
def test_a_missing_extra_is_named_before_the_training(capsys, monkeypatch, tmp_path, text, package):
    monkeypatch.setitem(sys.modules, package, None)
    message = refused(capsys, "train", text, "--out", str(tmp_path / "out"), *SMALL)
    assert f"`graphnet train` needs the package {package}" in message
    assert 'pip install "graphnet-nn[train]"' in message


def test_version_and_help(capsys):
    for arguments, expected in (
        (["--version"], f"graphnet {graphnet.__version__}"),
        (["--help"], "train a character-level language model"),
        (["train", "--help"], "--learning-rate"),
        (["train", "--help"], "each line that is not empty is a sequence"),
        (["train", "--help"], "DROP what passes between layers and into the decoder"),
        (["sample", "--help"], "--temperature"),
    ):
        with pytest.raises(SystemExit) as exit_:
            main(arguments)
        assert exit_.value.code == 0
        assert expected in " ".join(capsys.readouterr().out.split())
    with pytest.raises(SystemExit) as exit_:
        main([])
    assert exit_.value.code == 2


def test_a_diverged_training_keeps_the_last_good_checkpoint(capsys, tmp_path, text, monkeypatch):
    out = tmp_path / "out"
    arguments = ["train", text, "--out", str(out), *SMALL]
    monkeypatch.setattr("graphnet.training.step.clip_by_norm", lambda *_: float("nan"))
    code, _, err = run(capsys, *arguments)
    assert code == 1
    assert "the gradient is not finite at step 1: the loss of the batch is" in err
    assert "Try a smaller --learning-rate or --clip" in err
    assert "there is no checkpoint yet" in err
    monkeypatch.undo()
    assert main(arguments) == 0
    good = (out / "checkpoint.safetensors").read_bytes()
    capsys.readouterr()
    monkeypatch.setattr("graphnet.training.step.clip_by_norm", lambda *_: float("inf"))
    code, _, err = run(capsys, *arguments)
    assert code == 1
    assert f"the last good checkpoint is {out / 'checkpoint.safetensors'}" in err
    assert (out / "checkpoint.safetensors").read_bytes() == good


def test_a_reader_that_has_enough(trained):
    arguments = ["sample", str(trained / "checkpoint.safetensors"), "--length", "100"]
    process = subprocess.Popen(
        [sys.executable, "-c", f"from graphnet.cli import main; main({arguments})"],
        cwd=graphnet.__path__[0] + "/..",
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    process.wait()


def test_a_terminal_that_cannot_show_a_character(tmp_path):
    file = tmp_path / "text.txt"
    file.write_text("größe " * 100, encoding="utf-8")
    command = f"from graphnet.cli import main; main(['train', {str(file)!r}, '--out', {str(tmp_path)!r}, *{SMALL}])"
    done = subprocess.run(
        [sys.executable, "-c", command],
        cwd=graphnet.__path__[0] + "/..",
        env={"PYTHONIOENCODING": "ascii", "PATH": ""},
        capture_output=True,
        check=True,
    )
    assert b"?" in done.stdout.split(b"a sample")[1]


def test_a_bar_on_a_terminal(capsys, tmp_path, text, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    code, out, err = run(capsys, "train", text, "--out", str(tmp_path / "out"), *SMALL)
    assert code == 0
    assert "loss" in err
    assert "characters/s" in err
    assert "epoch 2/2" in out


def test_without_a_text_it_reads_pythons_help():
    text = read_text(None)
    assert "Assert statements are a convenient way" in text
    assert len(text) > 100_000


@pytest.mark.parametrize("number", [1, 2])
def test_threads_are_limited_while_training(capsys, tmp_path, text, monkeypatch, number):
    from threadpoolctl import threadpool_info

    seen = set()

    def watched(*arguments):
        seen.update(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")
        return Comparison(*arguments)

    monkeypatch.setattr("graphnet.training.fit.Comparison", watched)
    code, _, _ = run(capsys, "train", text, "--out", str(tmp_path / "out"), "--threads", str(number), *SMALL)
    assert code == 0
    assert seen == {number}


def test_a_finished_training_is_written_where_it_is_wanted(capsys, trained, tmp_path):
    code, out, _ = run(capsys, "train", "--resume", str(trained / "checkpoint.safetensors"), "--out", str(tmp_path))
    assert code == 0
    assert "speed" not in out  # there was nothing left to do
    assert str(tmp_path / "checkpoint.safetensors") in out
    assert run(capsys, "sample", str(tmp_path / "checkpoint.safetensors"), "--length", "5")[0] == 0


def test_an_empty_name_is_not_a_fresh_start(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert "No such file" in refused(capsys, "train", "--resume", "")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda arrays, data: data["training"]["notes"].pop("settings"), "was written by another version of graphnet"),
        (lambda arrays, data: data["training"]["notes"]["settings"].update(wonder=3), "was written by another version"),
        (lambda arrays, data: data["training"]["notes"]["settings"].update(hidden=3), "is of another model"),
        (lambda arrays, data: data["training"]["notes"].update(kind="else"), "holds a training of another kind, not"),
        (lambda arrays, data: data.update(training=[]), "was written by another version of graphnet, or changed"),
        (lambda arrays, data: arrays.pop("step.scores.weight"), "was written by another version of graphnet"),
    ],
)
def test_a_checkpoint_with_other_contents_is_refused(capsys, trained, tmp_path, change, message):
    arrays, data = read_checkpoint(trained / "checkpoint.safetensors")
    change(arrays, data)
    write_checkpoint(tmp_path / "changed", arrays, data)
    for command in (["sample"], ["train", "--out", str(tmp_path), "--resume"]):
        assert message in refused(capsys, *command, str(tmp_path / "changed"))


def test_too_large_a_net_is_one_line(capsys, tmp_path, text):
    assert "not enough memory" in refused(capsys, "train", text, "--out", str(tmp_path), "--hidden", "99999999999")


def test_a_byte_order_mark_is_not_of_the_text(tmp_path):
    (tmp_path / "bom.txt").write_bytes(b"\xef\xbb\xbfabc")
    assert read_text(str(tmp_path / "bom.txt")) == "abc"


# ---- separate lines

LINES = ["to be", "or not to be", "that is the question", "whether", "tis nobler in the mind"]


@pytest.fixture
def lines(tmp_path):
    """Return the name of a file of lines, some of them empty, the last without an end."""
    file = tmp_path / "lines.txt"
    file.write_text("\n\n".join(LINES * 12))
    return str(file)


def test_separate_lines(capsys, tmp_path, lines):
    options = ["--lengths", "--hidden", "16", "--batch", "4", "--epochs", "15"]
    code, out, _ = run(capsys, "train", lines, "--out", str(tmp_path / "out"), *options)
    assert code == 0
    validation, entropy = (float(re.search(rf"{name} +([\d.]+) nats", out)[1]) for name in ("loss", "entropy"))
    assert validation < 0.5 * entropy
    assert "characters/s" in out
    _, data = read_checkpoint(tmp_path / "out" / "checkpoint.safetensors")
    # 57 lines for training, each with its end.
    learnt = (LINES * 12)[:57]
    assert data["training"]["standing"]["seen"] == 15 * sum(len(line) + 1 for line in learnt)
    file = str(tmp_path / "out" / "checkpoint.safetensors")
    code, out, _ = run(capsys, "sample", file, "--prime", "to ", "--temperature", "0", "--length", "9")
    assert code == 0
    assert out.startswith("to be\n")
    assert run(capsys, "train", "--resume", file)[0] == 0


def test_what_a_batch_of_lines_is():
    training = Training("ab\n\nc\nabc\nb", Settings(lengths=True, batch=2, hidden=4))
    encode = training.model.vocabulary.encode
    assert training.model.vocabulary.symbols == "\nabc"
    pairs = set()
    for (x, lengths), target in training.batches.epoch(0):
        for row, n in enumerate(lengths):
            decode = training.model.vocabulary.decode
            pairs.add((decode(x[:n, row]), decode(target[:n, row])))
            assert (target[n:, row] == -100).all()
    assert pairs == {("\nab", "ab\n"), ("\nc", "c\n"), ("\nabc", "abc\n")}
    ((x, lengths), target) = training.validation.epoch(0)[0]
    assert x.T.tolist() == [encode("\nb").tolist()]
    assert target.T.tolist() == [encode("b\n").tolist()]


def test_lines_that_cannot_be_used(capsys, tmp_path, lines):
    out = ["--out", str(tmp_path / "out")]
    both = ["--lengths", "--length", "5"]
    assert "--length means nothing with --lengths" in refused(capsys, "train", lines, *out, *both)
    (tmp_path / "one").write_text("only one line\n\n")
    assert "--lengths needs two lines at least" in refused(capsys, "train", str(tmp_path / "one"), *out, "--lengths")
    assert not (tmp_path / "out").exists()
