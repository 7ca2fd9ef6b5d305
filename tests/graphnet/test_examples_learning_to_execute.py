"""The example learning_to_execute: its programs print what it says, and its net learns to write that."""

from __future__ import annotations

import contextlib
import io
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

import graphnet as gn
from graphnet.cli import main
from graphnet.examples.learning_to_execute.answers import answers
from graphnet.examples.learning_to_execute.columns import IGNORED, VOCABULARY, Columns, accuracy
from graphnet.examples.learning_to_execute.curriculum import STRATEGIES, Curriculum
from graphnet.examples.learning_to_execute.model import INITIAL, draw_step, new_net
from graphnet.examples.learning_to_execute.programs import PARTS, SYMBOLS, Composer, Hardness, Program, programs
from graphnet.examples.learning_to_execute.training import Settings, train


def fixed(length: int, nesting: int) -> Hardness:
    return lambda generator: (length, nesting)


def printed(program: Program) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(program.source, {})
    return out.getvalue().removesuffix("\n")


# ---- programs


@pytest.mark.parametrize(("length", "nesting"), [(1, 1), (2, 2), (6, 3), (8, 4), (3, 10)])
def test_python_prints_what_the_generator_says(length: int, nesting: int) -> None:
    for seed in range(300):
        program = Composer(fixed(length, nesting), np.random.default_rng([seed, length])).compose()
        assert program.answer == printed(program) + ".", program.source
        assert set(program.text) <= set(SYMBOLS)


def test_all_operations_and_symbols_come_up() -> None:
    found = [next(programs(fixed(2, 3), "train", seed)) for seed in range(300)]
    texts = "".join(program.text for program in found)
    assert set(texts) == set(SYMBOLS)
    assert len(SYMBOLS) == 42
    for part in ("+=", "-=", " if ", "*", ";#", "(1", "+", "-", "<", ">"):
        assert part in texts
    assert any(program.answer.startswith("-") for program in found)


def test_numbers_are_as_long_as_the_hardness_says() -> None:
    for length in (1, 2, 3):
        composer = Composer(fixed(length, 1), np.random.default_rng(0))
        numbers = [value for _ in range(4_000) for _, value in composer._operands(1)]
        assert (min(numbers), max(numbers)) == (1, 10**length)


def test_a_program_is_in_one_part_only() -> None:
    texts = {part: {program.text for program in islice(programs(fixed(1, 1), part, 5), 3_000)} for part in PARTS}
    assert all(len(found) > 500 for found in texts.values())
    assert not texts["train"] & texts["validation"]
    assert not texts["train"] & texts["test"]
    assert not texts["validation"] & texts["test"]
    # The checksum is the same in every process, and on every machine.
    found = [Program(f"print({n})@", f"{n}.").part for n in range(6)]
    assert found == ["train", "train", "validation", "test", "test", "test"]


def test_programs_repeat_themselves_by_seed() -> None:
    first, again, other = (list(islice(programs(fixed(2, 2), "test", seed), 20)) for seed in (3, 3, 4))
    assert first == again
    assert first != other


@pytest.mark.parametrize("nesting", [0, 11])
def test_a_program_has_as_many_operations_as_there_are_variables(nesting: int) -> None:
    with pytest.raises(ValueError, match=f"1 to 10 operations, as there are variables; not {nesting}"):
        Composer(fixed(1, nesting), np.random.default_rng(0)).compose()


def test_there_are_three_parts() -> None:
    with pytest.raises(ValueError, match=r"for train, validation, test; there is no part 'dev'"):
        next(programs(fixed(1, 1), "dev", 0))


# ---- columns


def test_columns_hold_whole_programs_and_score_answers_alone() -> None:
    columns = Columns(fixed(2, 2), "validation", n_rows=3, n_steps=20, n_batches=10, seed=2)
    assert len(columns) == 10
    batches = list(columns)
    x = np.concatenate([x for x, _ in batches])
    target = np.concatenate([t for _, t in batches])
    assert x.shape == target.shape == (200, 3)
    rest = list(columns.programs)
    for column in range(3):
        text = VOCABULARY.decode(x[:, column])
        place = 0
        expected = np.full(200, IGNORED)
        while rest and text.startswith(rest[0].question, place):
            program = rest.pop(0)
            assert program.part == "validation"
            start = place + len(program.question) - 1  # `@` is the first character that is followed by an answer
            expected[start : start + len(program.answer)] = VOCABULARY.encode(program.answer)
            place += len(program.text)
        assert set(text[place:]) <= {"#"}
        np.testing.assert_array_equal(target[:, column], expected)
    assert not rest
    assert sum(columns.count(*batch) for batch in batches) == sum(len(program.answer) for program in columns.programs)


def test_a_program_longer_than_a_column_is_refused() -> None:
    with pytest.raises(ValueError, match="a column of 6 characters is too short for a program of"):
        Columns(fixed(6, 3), "train", n_rows=1, n_steps=5, n_batches=1, seed=0)


def test_accuracy_counts_answers_alone() -> None:
    log_probabilities = np.log(np.array([[[0.9, 0.1], [0.2, 0.8]], [[0.3, 0.7], [0.6, 0.4]]]))
    assert accuracy(log_probabilities, np.array([[0, IGNORED], [1, 1]])) == pytest.approx(2 / 3)
    assert accuracy(log_probabilities, np.full((2, 2), IGNORED)) == 0


# ---- the curriculum


def test_strategies() -> None:
    generator = np.random.default_rng(0)
    drawn = {}
    for strategy in STRATEGIES:
        curriculum = Curriculum(strategy, length=3, nesting=2)
        drawn[strategy] = {curriculum.hardness(generator) for _ in range(300)}
    every = {(length, nesting) for length in (1, 2, 3) for nesting in (1, 2)}
    assert drawn == {"baseline": {(3, 2)}, "naive": {(1, 1)}, "mix": every, "blend": every}


def test_blend_is_mostly_naive() -> None:
    curriculum = Curriculum("blend", length=6, nesting=3)
    generator = np.random.default_rng(0)
    easy = sum(curriculum.hardness(generator) == (1, 1) for _ in range(2_000))
    assert easy / 2_000 == pytest.approx(4 / 5 + 1 / 5 / 18, abs=0.03)


def test_harder_goes_through_lengths_and_then_nestings() -> None:
    curriculum = Curriculum("naive", length=3, nesting=2)
    found = [curriculum.current]
    while curriculum.harder():
        found.append(curriculum.current)
    assert found == [(1, 1), (2, 1), (3, 1), (1, 2), (2, 2), (3, 2)]
    assert curriculum.of_target(np.random.default_rng(0)) == curriculum.of_current(np.random.default_rng(0)) == (3, 2)
    assert not Curriculum("baseline", 3, 2).harder()


def test_what_is_no_curriculum() -> None:
    with pytest.raises(ValueError, match="baseline, naive, mix, blend; not 'easy'"):
        Curriculum("easy", 1, 1)
    with pytest.raises(ValueError, match="at least 1; they are 0 and 2"):
        Curriculum("mix", 0, 2)


# ---- the net


@pytest.mark.parametrize(("n", "n_layers"), [(400, 2), (12, 1), (7, 3)])
def test_parameters_by_formula(n: int, n_layers: int) -> None:
    v = len(VOCABULARY)
    expected = v * n + n_layers * 8 * (n * n + n) + (n * v + v)
    assert sum(parameter.size for parameter in draw_step(v, n, n_layers).parameters()) == expected
    if (n, n_layers) == (400, 2):
        assert expected == 2_600_042


def test_parameters_are_drawn_uniformly_in_single_precision() -> None:
    gn.manual_seed(1)
    weights = np.asarray(new_net(16, 2, 0.5).get_parameters()[0])
    assert weights.dtype == np.float32
    assert np.abs(weights).max() <= INITIAL
    assert weights.std() == pytest.approx(INITIAL / np.sqrt(3), rel=0.05)


def test_it_learns_and_is_validated_without_dropout(capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(n=24, dropout=0.2, strategy="baseline", length=1, n_rows=10, n_steps=30, n_batches=30, epochs=3)
    outcome = train(settings, seed=3)
    losses = [row["train"] for row in outcome.trainer.history.epochs()]
    assert losses[-1] < 0.9 * losses[0]
    assert len(capsys.readouterr().out.splitlines()) == 4
    tested = outcome.columns("test", 3, 1)
    assert outcome.trainer.evaluate(tested) == outcome.trainer.evaluate(tested)
    again = train(settings, seed=3)
    assert [row["train"] for row in again.trainer.history.epochs()] == losses


def test_answers_are_what_the_net_finds_most_probable() -> None:
    gn.manual_seed(2)
    net = new_net(8, 1, 0.0)
    questions = ["print(7)@", "print((1+2))@", "print(8)@"]
    for question, answer in zip(questions, answers(net, questions, longest=5), strict=True):
        text = question
        while len(text) < len(question) + 5 and not text.removeprefix(question).endswith("."):
            log_probabilities = net.forward(VOCABULARY.encode(text)[:, None])[0]
            text += VOCABULARY.decode(log_probabilities[-1].argmax(-1))
        assert text == question + answer


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["example", "learning_to_execute", "--quick", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "of the answers' characters are right" in out
    assert out.count("→") == 6
    (picture,) = tmp_path.iterdir()
    assert str(picture) in out
    assert picture.read_bytes().startswith(b"\x89PNG")
