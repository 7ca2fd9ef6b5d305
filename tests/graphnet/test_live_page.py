"""The page of a training: what it tells, that looking changes nothing, and that it never stands in the way."""

import html.parser
import itertools
import json
import math
import os
import re

import numpy as np
import pytest

import graphnet as gn
from graphnet import modules as nn
from graphnet.batches import Contiguous, Shuffled
from graphnet.cli import main
from graphnet.files import write_atomically
from graphnet.training import LivePage
from graphnet.training.moments import Losses, Moment, Moments

X = np.random.default_rng(0).normal(size=(40, 3))
TARGET = X @ [[1.0], [-2.0], [0.5]] + 1
SYMBOLS = np.random.default_rng(1).integers(0, 7, 400)


def data_of(page):
    text = page.file.read_text("utf-8")
    return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)[1])


def trainer_of(callbacks, seed=1, **options):
    gn.manual_seed(seed)
    x = nn.Identity()()
    hidden = nn.Sigmoid()(nn.Linear(3, 5)(x))
    net = gn.gModule([x], [nn.Linear(5, 1)(nn.Dropout(0.2)(nn.ReLU()(nn.Linear(5, 5)(hidden))))])
    optimizer = gn.optim.Adam(net.parameters(), 0.01)
    return gn.Trainer(net, nn.MSECriterion(), optimizer, callbacks=callbacks, progress=False, **options)


def language_trainer(callbacks, **options):
    gn.manual_seed(1)
    net = gn.Recurrence(nn.char_rnn(7, 4, 1), final_states=True, **options)
    criterion = nn.SequenceCriterion(nn.ClassNLLCriterion())
    optimizer = gn.optim.Adam(net.parameters(), 0.01)
    return gn.Trainer(net, criterion, optimizer, clip_norm=0.1, carry=True, callbacks=callbacks, progress=False)


class Diary(gn.Callback):
    """Keeps what the page should tell, found in another way."""

    def __init__(self):
        self.losses, self.norms, self.outputs, self.gradients = [], [], [], []

    def after_step(self, trainer):
        self.losses.append(trainer.loss)
        self.norms.append({n: float(np.linalg.norm(p.grad)) for n, p in trainer.model.named_parameters().items()})
        self.outputs.append(trainer.tape.output)
        self.gradients.append(trainer.tape.entries()[-1].grad_output)


def test_the_page_tells_what_the_steps_were(tmp_path):
    diary, page = Diary(), LivePage(tmp_path / "training.html", every=1)
    trainer = trainer_of([diary, page], metrics={"error": lambda y, target: float(abs(y - target).mean())})
    trainer.fit(Shuffled(X, TARGET, 10), 3, validation=[(X, TARGET)])
    data = data_of(page)
    assert data["losses"]["steps"] == list(range(1, 13))
    np.testing.assert_allclose(data["losses"]["means"], diary.losses, rtol=1e-3)
    assert [moment["step"] for moment in data["moments"]] == list(range(1, 13))
    names = [parameter["name"] for parameter in data["parameters"]]
    for moment, norms in zip(data["moments"], diary.norms, strict=True):
        np.testing.assert_allclose(moment["gradients"], [norms[name] for name in names], rtol=1e-3)
    assert data["validation"]["steps"] == [4, 8, 12]
    np.testing.assert_allclose(data["validation"]["losses"], [p.loss for p in trainer.history.validation], rtol=1e-3)
    assert list(data["validation"]["metrics"]) == ["error"]
    assert (data["state"], data["share"], data["alarms"]) == ("finished", 1.0, [])
    last = data["nodes"].index(next(node for node in data["nodes"] if node["module"] == "Linear(5, 1)"))
    place = [reading["key"] for reading in data["readings"]].index("gradient")
    np.testing.assert_allclose(
        [moment["nodes"][place][last] for moment in data["moments"]],
        [np.linalg.norm(gradient) for gradient in diary.gradients],
        rtol=1e-3,
    )


def test_gates_and_dead_units_have_readings(tmp_path):
    page = LivePage(tmp_path / "training.html", every=1)
    trainer = trainer_of([page])
    relu = next(module for module in trainer.model.list_modules() if isinstance(module, nn.ReLU))
    before = next(call for call in trainer.model.plan().calls if call.module is relu).source
    linear = next(call.module for call in trainer.model.plan().calls if call.target == before)
    linear.bias.value[...] = [-100, -100, 1, 1, 1]  # two units that give nothing, whatever comes
    trainer.fit([(X, TARGET)], 2)
    data = data_of(page)
    keys = [reading["key"] for reading in data["readings"]]
    dead = data["moments"][-1]["nodes"][keys.index("dead")]
    assert dead[next(i for i, node in enumerate(data["nodes"]) if node["module"] == "ReLU()")] >= 0.4
    saturation = data["moments"][-1]["nodes"][keys.index("saturation")]
    sigmoid = next(i for i, node in enumerate(data["nodes"]) if node["module"] == "Sigmoid()")
    assert 0 <= saturation[sigmoid] <= 1


@pytest.mark.parametrize("make", [trainer_of, language_trainer])
def test_looking_changes_nothing(tmp_path, make):
    batches = Shuffled(X, TARGET, 10) if make is trainer_of else Contiguous(SYMBOLS, 4, 5)
    found = []
    for callbacks in ([], [LivePage(tmp_path / "training.html", every=1, seconds=0)]):
        trainer = make(callbacks)
        history = trainer.fit(batches, 2)
        numbers = [parameter.value.tobytes() for parameter in trainer.model.parameters()]
        found.append(([point.loss for point in history.train], numbers, gn.random.generator_state()))
    assert found[0] == found[1]


def test_inside_of_recurrences_nodes_have_readings(tmp_path):
    page = LivePage(tmp_path / "training.html", every=4)
    language_trainer([page]).fit(Contiguous(SYMBOLS, 4, 5), 2)
    data = data_of(page)
    names = [node["path"].rsplit("/")[-1] for node in data["nodes"]]
    keys = [reading["key"] for reading in data["readings"]]
    gates = data["moments"][-1]["nodes"][keys.index("saturation")][names.index("gates")]
    assert 0 <= gates <= 1
    assert "by norm 0.1" in data["norms"]
    steps = [moment["step"] for moment in data["moments"]]
    assert steps[:3] == [1, 4, 8]
    assert steps[-1] == data["step"]


def test_without_kept_tapes_the_page_is_written_all_the_same(tmp_path):
    page = LivePage(tmp_path / "training.html", every=4)
    language_trainer([page], recompute=True).fit(Contiguous(SYMBOLS, 4, 5), 1)
    assert data_of(page)["state"] == "finished"


# ---- its size


def moment(step):
    return Moment(step, step / 10, 0.1, 1.0, 1.0)


def test_moments_are_thinned_and_keep_the_first_distance_and_the_latest():
    moments = Moments(every=3, most=20)
    for step in range(1, 10_001):
        if moments.wants(step):
            moments.add(moment(step))
    moments.add(moment(10_001))
    steps = [kept.step for kept in moments.kept]
    assert len(steps) <= 21
    assert steps[-1] == 10_001
    assert steps[0] == 3
    assert {b - a for a, b in itertools.pairwise(steps[1:-1])} == {moments.every}
    assert moments.every == 3 * 2**8


def test_losses_are_thinned_to_means_and_ranges():
    losses = Losses(most=50)
    numbers = np.random.default_rng(0).normal(size=6400)
    for step, loss in enumerate(numbers, 1):
        losses.add(step, float(loss))
    groups = numbers[: losses.steps[-1]].reshape(len(losses.steps), -1)
    assert 25 <= len(losses.steps) <= 51
    np.testing.assert_allclose(losses.means, groups.mean(1))
    np.testing.assert_allclose(losses.lows, groups.min(1))
    np.testing.assert_allclose(losses.highs, groups.max(1))


def test_a_long_training_of_many_nodes_stays_small(tmp_path):
    gn.manual_seed(1)
    net = nn.Sequential(*(module for _ in range(60) for module in (nn.Linear(2, 2), nn.Sigmoid())))
    page = LivePage(tmp_path / "training.html", every=1, seconds=1000)
    optimizer = gn.optim.SGD(net.parameters(), 0.01)
    trainer = gn.Trainer(net, nn.MSECriterion(), optimizer, callbacks=[page], progress=False)
    trainer.fit([(np.ones((1, 2)), np.ones((1, 2)))] * 500, 1)
    assert page.file.stat().st_size < 2_000_000
    assert len(data_of(page)["moments"]) > 20


# ---- texts that are no harm


class Parsed(html.parser.HTMLParser):
    """The elements of a page, in order."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))


@pytest.mark.parametrize(
    "name", ["</script><script>alert(1)</script>", "<!--<script>", "\"'><img src=x onerror=a>", "ü&\u2028"]
)
def test_names_do_not_break_out(tmp_path, name):
    page = LivePage(tmp_path / "training.html", title=name)
    gn.manual_seed(1)
    x = nn.Identity()()
    net = gn.gModule([x], [nn.Linear(3, 1)(x).annotate(name=name)])
    optimizer = gn.optim.SGD(net.parameters(), 0.01)
    trainer = gn.Trainer(
        net, nn.MSECriterion(), optimizer, metrics={name: lambda y, target: 1.0}, callbacks=[page], progress=False
    )
    trainer.fit([(X, TARGET)], 1, validation=[(X, TARGET)])
    elements = Parsed(page.file.read_text("utf-8")).elements
    assert [tag for tag, _ in elements].count("script") == 2
    assert not [tag for tag, attributes in elements if tag == "img" or any(key.startswith("on") for key in attributes)]
    assert len(data_of(page)["validation"]["metrics"]) == 1


def test_the_page_loads_nothing(tmp_path):
    page = LivePage(tmp_path / "training.html")
    trainer_of([page]).fit([(X, TARGET)], 1)
    for tag, attributes in Parsed(page.file.read_text("utf-8")).elements:
        assert tag not in ("img", "iframe")
        assert tag != "link" or attributes["href"] == "data:,"
        assert "src" not in attributes
        assert not attributes.get("href", "#").startswith("http")


def test_without_scripts_the_latest_state_is_there(tmp_path):
    page = LivePage(tmp_path / "training.html")
    trainer = trainer_of([page])
    trainer.fit([(X, TARGET)] * 5, 1)
    text = page.file.read_text("utf-8").split('<script type="application/json"')[0]
    assert re.search(r'<svg class="chart".*?<path class="line"[^>]* d="M[\d. L]+"', text, re.DOTALL)
    assert re.search(r'<title>n\d+</title>.*?style="fill:#[0-9a-f]{6}"', text, re.DOTALL)
    norm = data_of(page)["moments"][-1]["gradients"][0]
    assert f'data-cell="gradient">{norm:.4g}<' in text


# ---- its file


def test_the_file_is_written_whole_and_only_where_it_was_asked_for(tmp_path, monkeypatch):
    written = []

    def noting(file, contents):
        written.append(contents)
        write_atomically(file, contents)

    monkeypatch.setattr("graphnet.training.live_page.write_atomically", noting)
    monkeypatch.setattr("graphnet.training.live_page.SHARE_OF_WRITING", math.inf)
    trainer_of([LivePage(tmp_path / "training.html", seconds=0)]).fit([(X, TARGET)] * 3, 1)
    assert len(written) == 5  # before the first step, after each, and at the end
    assert all(contents.rstrip().endswith(b"</html>") for contents in written)
    assert b"running" in written[0]
    assert b'http-equiv="refresh"' in written[0]
    assert b'http-equiv="refresh"' not in written[-1]
    assert os.listdir(tmp_path) == ["training.html"]


def test_a_folder_that_is_not_there_is_told_before_the_first_step(tmp_path):
    trainer = trainer_of([LivePage(tmp_path / "nowhere" / "training.html")])
    with pytest.raises(FileNotFoundError, match="the folder of the page of the training"):
        trainer.fit([(X, TARGET)], 1)
    assert trainer.n_steps == 0


def test_a_full_disk_does_not_end_the_training(tmp_path, monkeypatch):
    def full(file, contents):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("graphnet.training.live_page.write_atomically", full)
    trainer = trainer_of([LivePage(tmp_path / "training.html", seconds=0)])
    with pytest.warns(UserWarning, match="could not be written .No space left on device.") as warned:
        trainer.fit([(X, TARGET)] * 3, 2)
    assert len(warned) == 1
    assert trainer.n_steps == 6


# ---- how it ends, and goes on


def test_a_second_fit_goes_on_and_a_resumed_one_begins_anew(tmp_path):
    page = LivePage(tmp_path / "training.html", every=1)
    trainer = trainer_of([page])
    trainer.fit([(X, TARGET)] * 3, 1)
    run = data_of(page)["run"]
    trainer.fit([(X, TARGET)] * 3, 2, checkpoint=tmp_path / "checkpoint")
    data = data_of(page)
    assert ([m["step"] for m in data["moments"]], data["run"]) == ([1, 2, 3, 4, 5, 6], run)
    again = LivePage(tmp_path / "training.html", every=1)
    trainer_of([again], seed=2).resume(tmp_path / "checkpoint").fit([(X, TARGET)] * 3, 3)
    data = data_of(again)
    assert [m["step"] for m in data["moments"]] == [7, 8, 9]
    assert data["losses"]["steps"] == list(range(1, 10))  # those before are in the history
    assert data["run"] != run


def test_a_stopped_training_says_so(tmp_path):
    class Stops(gn.Callback):
        def after_step(self, trainer):
            trainer.stop()

    page = LivePage(tmp_path / "training.html")
    trainer_of([Stops(), page]).fit([(X, TARGET)] * 5, 1)
    data = data_of(page)
    assert (data["state"], data["step"], data["moments"][-1]["step"]) == ("stopped", 1, 1)


def test_a_diverged_training_tells_where(tmp_path):
    page = LivePage(tmp_path / "training.html", every=1)
    trainer = trainer_of([page])
    bad = X.copy()
    bad[0, 0] = math.nan
    with pytest.raises(gn.DivergedError):
        trainer.fit([(X, TARGET)] * 3 + [(bad, TARGET)], 1)
    data = data_of(page)
    assert (data["state"], data["step"]) == ("failed", 3)
    assert data["alarms"][0].startswith("the loss is not finite at step 4")
    assert data["alarms"][1].startswith("the first node that gave what is not finite: Identity(), drawn at ")
    assert "test_live_page.py:" in data["alarms"][1]
    assert str(tmp_path) not in page.file.read_text("utf-8")
    assert data["moments"][-1]["step"] == 4


def test_limits_and_numbers_beyond_all_bounds_do_not_end_the_training(tmp_path):
    page = LivePage(tmp_path / "training.html")
    net = nn.Sequential(nn.Linear(3, 1), nn.MulConstant(1e-200))
    net.parameters()[0].value[:] = 1e200
    optimizer = gn.optim.SGD(net.parameters(), 0.1)
    limits = {"clip_norm": math.inf, "clip_value": math.inf}
    trainer = gn.Trainer(net, nn.MSECriterion(), optimizer, callbacks=[page], progress=False, **limits)
    trainer.fit([(X, TARGET)], 2)
    data = data_of(page)
    assert (data["state"], data["clipNorm"], data["moments"][-1]["values"][0]) == ("finished", None, None)
    assert "clipping" not in data["norms"]


def test_the_command_leaves_the_page_beside_its_checkpoint(tmp_path, capsys):
    (tmp_path / "text.txt").write_text("the quick brown fox jumps over the lazy dog.\n" * 10)
    options = ["--hidden", "6", "--length", "5", "--batch", "4", "--epochs", "1", "--out", str(tmp_path / "out")]
    assert main(["train", str(tmp_path / "text.txt"), *options]) == 0
    file = tmp_path / "out" / "training.html"
    assert f"graphnet watch {file}" in capsys.readouterr().out
    assert data_of(LivePage(file))["state"] == "finished"


@pytest.mark.parametrize(
    ("arguments", "told"), [({"every": 0}, "every"), ({"seconds": -1}, "seconds"), ({"every": 1.5}, "every")]
)
def test_wrong_arguments_are_told(arguments, told):
    with pytest.raises((TypeError, ValueError), match=f"LivePage's {told}"):
        LivePage("training.html", **arguments)
