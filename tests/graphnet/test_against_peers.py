"""The table of ``python -m tests.benchmarks.against_peers`` can be printed; its figures are no test."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tqdm", reason="the benchmark shows a bar of progress")

from tests.benchmarks.against_peers import __main__ as command
from tests.benchmarks.against_peers import contestants, machine, readme, rows
from tests.benchmarks.against_peers.contestants import EAGER, FUSED, JIT, OURS, PRODUCTS, missing
from tests.benchmarks.against_peers.figure import Figure
from tests.benchmarks.against_peers.race import DisagreementError, Track, check_agreement
from tests.benchmarks.against_peers.report import row_text, summary
from tests.benchmarks.against_peers.trials import Memory, Race
from tests.benchmarks.against_peers.with_graphnet import make, numbers_of
from tests.benchmarks.against_peers.with_products import uses
from tests.benchmarks.against_peers.work import Work

TINY = Work("characters", n_inputs=5, n=3, n_layers=2, n_steps=4, n_rows=2)


@pytest.fixture
def track(tmp_path: Path) -> Track:
    return Track(tmp_path, repeats=2, peers=False, least=0.0, pause=0.0)


def test_a_row_is_timed_printed_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine, "SIDE", 8)
    file = tmp_path / "figures.json"
    step, quick = ["--rows", "step-tutorial", "--alone"], ["--repeats", "1", "--seconds", "0", "--threads", "1"]
    command.main([*step, *quick, "--json", str(file)])
    shown = capsys.readouterr().out
    assert "one LSTM step 3/2, batch 1\n" in shown
    told = [line.split()[-2:] for line in shown.splitlines() if EAGER in line or JIT in line]
    assert len(told) == 4
    assert all(why in (["left", "out"], ["not", "installed"]) for why in told)
    kept = json.loads(file.read_text())
    assert [figure["what"] for figure in kept["figures"]] == ["forward"] * 2 + ["forward + backward"] * 2
    assert all(figure["ours"][0] > 0 for figure in kept["figures"])
    command.main(["--read", str(file)])
    assert "one LSTM step 3/2, batch 1\n" in capsys.readouterr().out


def test_each_contestant_is_a_process_that_is_timed_as_often_as_asked(track: Track) -> None:
    turns = []
    track.turned = lambda: turns.append(1)
    race = Race(TINY, {FUSED: (1.0, 1.0)}, share=(0.1, 0.1))
    (against, share) = race.measure(track, "tiny", [1])
    assert len(turns) == race.turns(track, [1]) == 2 * 2
    assert (len(against.ours), against.theirs, against.note) == (2, [], missing(FUSED) or "left out")
    assert (share.peer, share.kind, len(share.theirs)) == (PRODUCTS, "share", 2)
    (memory,) = Memory(TINY, FUSED, [6], 1.0).measure(track, "tiny", [1])
    assert (memory.what, memory.unit) == ("T 6", "MB")
    assert memory.ours[0] > 0
    assert memory.note.startswith(f"{against.note}; the whole process: graphnet ")


@pytest.mark.parametrize(
    "work",
    [
        TINY,
        replace(TINY, backward=False),
        replace(TINY, cell="gru", n_layers=1),
        Work("step", cell="gru", n_inputs=3, n=2, n_rows=1, backward=False),
        Work("mlp", n_inputs=3, n=4, n_layers=2, n_rows=2),
    ],
    ids=["LSTM", "LSTM forward", "GRU", "step forward", "MLP"],
)
@pytest.mark.parametrize("side", ["with_pytorch", "with_jax"])
def test_the_peers_compute_what_we_do(work: Work, side: str) -> None:
    package = {"with_pytorch": "torch", "with_jax": "jax"}[side]
    pytest.importorskip(package, reason=f"{package} is optional")
    importable = pytest.importorskip(f"tests.benchmarks.against_peers.{side}")
    numbers = numbers_of(work)
    makers = {OURS: make, **{who: importable.make for who, of in contestants.SIDES.items() if of.file == side}}
    makers.pop(contestants.COMPILED, None)  # its compilation takes a minute
    if work.cell != "lstm" or work.net != "characters":
        makers.pop(FUSED, None)
    made = {who: maker(who, work, numbers, 1) for who, maker in makers.items()}
    answers = {who: {n: np.array(a) for n, a in one.read(one.begin()()).items()} for who, one in made.items()}
    check_agreement(answers)
    assert len(answers) > 1
    assert all(np.abs(value).max() > 0 for value in answers[OURS].values())


def test_who_computes_something_else_is_not_timed() -> None:
    with pytest.raises(DisagreementError, match=r"b computes another loss than a: off by 0\.01, of 1"):
        check_agreement({"a": {"loss": np.array(1.0)}, "b": {"loss": np.array(1.01)}})
    with pytest.raises(DisagreementError, match="b and a do not give the same: grad w"):
        check_agreement({"a": {"loss": np.ones(1), "grad w": np.ones(1)}, "b": {"loss": np.ones(1)}})


def test_a_contestant_that_fails_tells_why(track: Track) -> None:
    with (
        pytest.raises(contestants.WorkerError, match=r"graphnet failed when asked to make:(?s:.*)no_such_cell"),
        contestants.Process(OURS, replace(TINY, cell="no_such_cell"), track.numbers(TINY), 1, track.folder) as process,
    ):
        process.ask("make")


def test_both_our_losses_are_one() -> None:
    numbers = numbers_of(TINY)
    made = {who: make(who, TINY, numbers, 1) for who in (OURS, contestants.LOSS_DRAWN)}
    check_agreement({who: one.read(one.begin()()) for who, one in made.items()})


def test_products_are_those_of_all_linears() -> None:
    assert sum(4 * use.n_calls * use.n_outputs for use in uses(rows.MLP)) == 4 * 2 * (11 * 1024 + 128)
    lstm = uses(rows.LSTM_512)
    assert [use for use in lstm if use.n_calls == 50] == [(50, 64, 512, 2048)] * 2
    assert [use for use in lstm if use.n_calls == 1] == [(1, 3200, 512, 2048), (1, 3200, 512, 65)]


FIGURES = [
    Figure("lstm-128", "", 1, FUSED, [0.04, 0.03, 0.05], [0.05], 1.0),
    Figure("lstm-128", "", 2, FUSED, [0.03], [0.02], 1.0),
    Figure("lstm-128", "", 2, JIT, [0.03], [], 0.35, note="JAX is not installed"),
    Figure("lstm-512", "outside matrix products", 2, PRODUCTS, [0.5], [0.45], 0.12, "share"),
    Figure("first-call", "cold", 2, "", [2.0], [], 3.0, "amount"),
    Figure("first-call", "warm", 2, "", [0.7], [], 0.5, "amount"),
]


def test_the_text_says_what_is_reached_and_what_missed() -> None:
    shown = row_text("LSTM", FIGURES[:3]).splitlines()
    assert [line.split("  ")[-1].strip() for line in shown] == [
        "LSTM",
        "reached",
        "missed by 50 %",
        "JAX is not installed",
    ]
    assert "40.0 ms (30.0 ms)" in shown[1]
    assert summary(FIGURES).splitlines() == [
        "3 of 5 figures aimed at are reached; missed:",
        f"  lstm-128 against {FUSED}, 2 threads: 1.50, at most 1.00",
        "  first-call warm, 2 threads: 700 ms, at most 500 ms",
    ]


def test_the_readme_gets_the_table_and_its_picture(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pictures need it")
    file, about = tmp_path / "README.md", {"cpu": "a processor", "versions": {"numpy": "2.0"}}
    file.write_text("before\n")
    with pytest.raises(ValueError, match=r"README\.md has no lines"):
        readme.check_readme(tmp_path)
    (tmp_path / "notebooks").mkdir()
    file.write_text(f"before\n{readme.BEGIN}\nold\n{readme.END}\nafter\n")
    for _ in range(2):  # it may be written anew
        readme.write_readme(tmp_path, about, FIGURES)
    text = file.read_text()
    assert text.startswith(f"before\n{readme.BEGIN}\n| forward + backward, float32, on 1 · 2 threads |")
    assert text.endswith(f"{readme.END}\nafter\n")
    assert "| 40.0 ms · 30.0 ms | 0.80 · 1.50* |  |  |" in text
    assert "With 512 units, 10.0 % of a step are spent outside matrix products." in " ".join(text.split())
    assert "The first call takes 2.00 s, once kernels are kept 700 ms*." in " ".join(text.split())
    assert (tmp_path / readme.PICTURE).read_text().count("<path") > 10
