"""The example translation: dates written and read, attention that sees no padding, and a net that learns."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pytest

import graphnet as gn
from graphnet.batches import Vocabulary
from graphnet.cli import main
from graphnet.examples.translation import SHOWN, exact, train
from graphnet.examples.translation.dates import (
    FIRST,
    FORMS,
    LAST,
    PARTS,
    SOURCE,
    START,
    TARGET,
    Translations,
    pairs,
    part_of,
    written,
)
from graphnet.examples.translation.model import Translator, draw_decoder, draw_encoder


@pytest.fixture
def translator() -> Translator:
    gn.manual_seed(3)
    return Translator(n=6, embedding=4)


# ---- dates


@pytest.mark.parametrize(
    ("iso", "form", "text"),
    [
        ("1994-03-03", "the {nth} of {month}, {year}", "the 3rd of March, 1994"),
        ("2012-12-21", "{day}, {nth} {month} {year}", "Friday, 21st December 2012"),
        ("2011-11-11", "{month} the {nth}, {year}", "November the 11th, 2011"),
        ("2022-02-22", "{year}, {month} {nth}", "2022, February 22nd"),
        ("1986-03-04", "{weekday}, {dd}/{mm}/{y}", "Tue, 04/03/86"),
        ("2005-09-12", "{d} {mon} '{y}", "12 Sep '05"),
    ],
)
def test_dates_are_written_as_people_do(iso: str, form: str, text: str) -> None:
    assert form in FORMS
    assert written(datetime.date.fromisoformat(iso), form) == text


def test_no_form_says_too_little() -> None:
    days = [FIRST + datetime.timedelta(days=k) for k in range(0, (LAST - FIRST).days + 1, 7)]
    for form in FORMS:
        assert len({written(day, form) for day in days}) == len(days)


def test_no_date_is_in_two_parts() -> None:
    dates = {part: {iso for _, iso in pairs(part, 1_000, seed=1)} for part in sorted(set(PARTS))}
    assert not dates["train"] & dates["test"]
    assert not dates["train"] & dates["validation"]
    assert not dates["validation"] & dates["test"]
    assert dates["train"] & {iso for _, iso in pairs("train", 1_000, seed=2)}
    with pytest.raises(ValueError, match="train, validation and test, not for 'dev'"):
        pairs("dev", 1, 0)


def test_what_is_shown_was_not_learnt() -> None:
    for text, iso in zip(SHOWN, ["1994-03-15", "2012-12-15", "2031-11-09", "1986-03-04"], strict=True):
        date = datetime.date.fromisoformat(iso)
        assert part_of(date) == "test"
        assert text.lower() in [written(date, form).lower() for form in FORMS]


def test_batches_teach_with_the_characters_before() -> None:
    given = pairs("train", 30, seed=5)
    batches = Translations(given, size=8, seed=2)
    found = []
    for (source, lengths, mask, previous), target in batches.epoch(3):
        assert batches.count([source, lengths], target) == len(lengths)
        np.testing.assert_array_equal(mask.sum(1), lengths)
        np.testing.assert_array_equal(previous[1:], target[:-1])
        assert set(TARGET.decode(previous[0])) == {START}
        for row, length, date in zip(source, lengths, target.T, strict=True):
            found.append((SOURCE.decode(row[:length]), TARGET.decode(date)))
    assert sorted(found) == sorted(given)


# ---- the net


def test_attention_sums_to_one_and_sees_no_padding(translator: Translator) -> None:
    texts = ["1/6/89", "the 23rd of December, 1976", "May 1 2000"]
    dates, weights = translator.translate(texts)
    assert weights.shape == (10, 3, len(texts[1]))
    np.testing.assert_allclose(weights.sum(-1), 1, rtol=1e-5)
    for row, text in enumerate(texts):
        assert (weights[:, row, len(text) :] == 0).all()
        assert (weights[:, row, : len(text)] > 0).all()
        alone, its_weights = translator.translate([text])
        assert alone == [dates[row]]
        np.testing.assert_allclose(its_weights[:, 0], weights[:, row, : len(text)], rtol=1e-4)


def test_padding_gets_no_gradient(translator: Translator) -> None:
    net = translator.net.double()
    (source, lengths, mask, previous), _ = Translations(pairs("train", 6, seed=1), size=6).epoch(0)[0]
    assert lengths.min() < source.shape[1]
    tape = net.run([source, lengths, mask, previous])
    tape.backward(np.ones_like(tape.output))
    gradient = tape["memory"].grad_output
    assert gradient.shape == (*source.shape, 12)
    assert (gradient[mask == 0] == 0).all()
    assert (np.abs(gradient[mask == 1]).max(-1) > 0).all()


def test_the_gradients_are_right() -> None:
    gn.manual_seed(1)
    decoder = draw_decoder(2, 2)
    generator = np.random.default_rng(0)
    memory, mask = generator.normal(size=(2, 3, 4)), np.array([[1, 1, 1], [1, 1, 0]])
    assert gn.check_gradients(decoder, [np.array([[1, 2], [3, 4]]), memory, mask]).ok
    assert gn.check_gradients(draw_encoder(2, 2), [np.array([[1, 2, 3], [4, 0, 0]]), np.array([3, 1])]).ok


def test_writing_step_by_step_is_what_was_learnt(translator: Translator) -> None:
    texts = ["3.3.1994", "June 17th"]
    dates, _ = translator.translate(texts)
    batches = Translations(list(zip(texts, dates, strict=True)), size=2)
    assert exact(translator.net.forward(batches[0][0]), batches[0][1]) == 1


def test_it_learns() -> None:
    gn.manual_seed(1)
    history = train(Translator(n=24, embedding=8), n_pairs=1000, epochs=3, seed=1)
    losses = [row["train"] for row in history.epochs()]
    assert losses[-1] < 0.7 * losses[0]
    assert history.best is not None
    assert history.best.loss < np.log(len(TARGET)) * 0.6


def test_exact_counts_whole_dates() -> None:
    log_probabilities = np.log([[[0.9, 0.1], [0.6, 0.4]], [[0.8, 0.2], [0.6, 0.4]]])
    assert exact(log_probabilities, np.array([[0, 0], [0, 1]])) == 0.5
    assert isinstance(TARGET, Vocabulary)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["example", "translation", "--quick", "--out", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "29,756 parameters" in out
    assert all(text in out for text in SHOWN)
    assert {file.name for file in tmp_path.iterdir()} == {"learning.png", "attention.png"}
    for file in tmp_path.iterdir():
        assert str(file) in out
        assert file.read_bytes().startswith(b"\x89PNG")
