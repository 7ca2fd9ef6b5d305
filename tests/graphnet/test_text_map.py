"""The text whose characters stand on the colours of their numbers."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

import graphnet as gn
from graphnet.random import generator_state


def image_of(figure):
    return figure.axes[0].images[0]


def grid_of(figure):
    return np.ma.filled(image_of(figure).get_array(), np.nan)


def letters_of(figure):
    """Return what stands at each place (row, column), and its colour."""
    found = {}
    for letters in figure.axes[0].collections:
        colors = letters.get_facecolors()
        for (column, row), color in zip(letters.get_offsets().astype(int), colors, strict=True):
            found[int(row), int(column)] = (letters.get_label()[1:], tuple(color[:3]))
    return found


def lines_of(figure):
    letters = letters_of(figure)
    grid = grid_of(figure)
    return ["".join(letters.get((r, c), " ")[0] for c in range(grid.shape[1])).rstrip() for r in range(len(grid))]


def test_each_character_has_its_number_and_line_ends_end_lines():
    figure = gn.text_map("ab\n\nc d", np.arange(7.0), label="place")
    assert lines_of(figure) == ["ab↵", "↵", "c d"]
    grid = grid_of(figure)
    assert grid[0, :3].tolist() == [0, 1, 2]
    assert grid[1, 0] == 3
    assert grid[2, :3].tolist() == [4, 5, 6]
    assert np.isfinite(grid).sum() == 7
    assert figure.axes[1].get_xlabel() == "place"


def test_lines_are_broken_at_the_width():
    figure = gn.text_map("abcdefg\nhij\n", np.arange(12.0), width=3)
    assert lines_of(figure) == ["abc", "def", "g↵", "hij↵"]  # a line end may hang over
    assert grid_of(figure)[3, :4].tolist() == [8, 9, 10, 11]
    assert len(lines_of(gn.text_map("a" * 81, np.zeros(81)))) == 2


def test_tokens_are_coloured_as_a_whole():
    figure = gn.text_map(["The ", "cat", "\n", "s"], [1, 2, 3, 4])
    assert lines_of(figure) == ["The cat↵", "s"]
    assert grid_of(figure)[0, :8].tolist() == [1, 1, 1, 1, 2, 2, 2, 3]
    assert lines_of(gn.text_map(np.array(["a", "b"]), [1, 2])) == ["ab"]


def test_every_character_is_seen(tmp_path):
    text = "a\tb\r\x00\u202e$x_1$ \\alpha é |_"
    figure = gn.text_map(text, np.zeros(len(text)), file=tmp_path / "a.pdf")
    assert lines_of(figure) == ["a→b���$x_1$ \\alpha é |_"]


@pytest.mark.parametrize("character", list("_-|.il"))
def test_thin_characters_are_not_rounded_away(character):
    def pixels(text):
        figure = gn.text_map(text, np.zeros(20), limits=(0, 1))
        figure.canvas.draw()
        return np.asarray(figure.canvas.buffer_rgba()).astype(int)

    blank, written = pixels(" " * 20), pixels(character * 20)
    assert np.count_nonzero((blank - written).max(axis=2) > 100) >= 20


def test_limits_are_symmetric_if_there_are_both_signs():
    figure = gn.text_map("abc", [-1, 0, 3])
    assert image_of(figure).get_clim() == (-3, 3)
    assert image_of(gn.text_map("abc", [2, 5, 3])).get_clim() == (2, 5)
    assert image_of(gn.text_map("abc", [-2, 0, -3])).get_clim() == (-3, 0)
    assert image_of(gn.text_map("abc", [2, 2, 2])).get_clim() == (0, 2)
    assert image_of(gn.text_map("abc", [0, 0, 0])).get_clim() == (0, 1)
    assert image_of(gn.text_map("abc", [np.nan] * 3)).get_clim() == (0, 1)
    assert image_of(gn.text_map("abc", [True, False, True])).get_clim() == (0, 1)
    assert image_of(gn.text_map("abc", [-1, 0, 3], limits=(0, 2))).get_clim() == (0, 2)


@pytest.mark.parametrize("limits", [(-3, 3), (-1, 3), (-3, 0.5)])
def test_zero_is_neutral_where_there_are_both_signs(limits):
    figure = gn.text_map("abc", [0, 0.2, -0.2], limits=limits)
    neutral, above, below = image_of(figure).to_rgba(np.array([0.0, 1.0, -1.0]))[:, :3]
    assert neutral == pytest.approx([0.97] * 3, abs=0.02)
    assert above[2] > above[0]  # purple
    if limits[0] == -3:
        assert below[0] > below[2]  # orange


def test_nan_is_plain_and_infinity_at_the_end_of_the_scale():
    figure = gn.text_map("abcd", [1, np.nan, np.inf, 3])
    assert image_of(figure).get_clim() == (1, 3)
    assert grid_of(figure)[0, [0, 2, 3]].tolist() == [1, 3, 3]
    assert np.ma.getmaskarray(image_of(figure).get_array())[0, :5].tolist() == [False, True, False, False, True]
    assert letters_of(figure)[0, 1] == ("b", pytest.approx((0.4, 0.4, 0.4)))


def ends_of(figure):
    return image_of(figure).colorbar.extend


def test_the_scale_tells_that_there_is_more():
    assert ends_of(gn.text_map("abc", [0, 1, 2])) == "neither"
    assert ends_of(gn.text_map("abc", [0, 1, np.inf])) == "max"
    assert ends_of(gn.text_map("abc", [0, 1, 2], limits=(0.5, 2))) == "min"
    assert ends_of(gn.text_map("abc", [-np.inf, 1, np.inf])) == "both"
    assert ends_of(gn.text_map("abc", [0, 1, np.nan])) == "neither"


def luminance(color):
    return sum(
        weight * (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
        for weight, part in zip((0.2126, 0.7152, 0.0722), color, strict=True)
    )


@pytest.mark.parametrize("values", [np.linspace(0, 1, 300), np.linspace(-1, 1, 300), np.full(300, np.nan)])
def test_letters_can_be_read(values):
    figure = gn.text_map("x" * 300, values)
    image, letters = image_of(figure), letters_of(figure)
    assert len(letters) == 300
    for place, (_, ink) in letters.items():
        masked = np.ma.getmaskarray(image.get_array())[place]
        ground = to_rgb("white") if masked else image.to_rgba(image.get_array())[place][:3]
        darker, lighter = sorted((luminance(ink), luminance(ground)))
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def test_it_shows_itself_and_is_written_whole(tmp_path):
    for kind, start in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")):
        figure = gn.text_map("ab", [1, 2], file=tmp_path / f"a.{kind}")
        assert (tmp_path / f"a.{kind}").read_bytes().startswith(start)
    assert figure._repr_png_().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match=r"a plot is written as \.png, \.svg, \.pdf, not as \.bmp"):
        gn.text_map("ab", [1, 2], file=tmp_path / "b.bmp")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "a.png", "a.svg"]


def test_a_large_text_is_drawn_and_a_larger_one_is_not():
    assert len(lines_of(gn.text_map("abcde " * 3333, np.zeros(19998), width=100))) == 200
    with pytest.raises(ValueError, match=r"at most 20,000 characters on 500 lines; this text has 20,001 on 201"):
        gn.text_map("a" * 20_001, np.zeros(20_001), width=100)
    with pytest.raises(ValueError, match=r"this text has 501 on 501\. Draw a part of it: text_map\(text\[a:b\]"):
        gn.text_map("\n" * 501, np.zeros(501))


def test_looking_changes_nothing():
    values = np.array([np.nan, np.inf, -1.0])
    before, state = values.copy(), generator_state()
    gn.text_map("abc", values)
    assert np.array_equal(values, before, equal_nan=True)
    assert generator_state() == state


def test_what_is_wrong_is_told():
    with pytest.raises(ValueError, match="one value for each character: the text has 3, and there are 2 values"):
        gn.text_map("abc", [1, 2])
    with pytest.raises(ValueError, match="one value for each token: the text has 2, and there are 3 values"):
        gn.text_map(["ab", "c"], [1, 2, 3])
    with pytest.raises(ValueError, match=r"the text has 3, and there are values of shape \(3, 1\)"):
        gn.text_map("abc", np.zeros((3, 1)))
    with pytest.raises(TypeError, match="real numbers, not of type complex128"):
        gn.text_map("a", [1j])
    with pytest.raises(TypeError, match="a sequence of strings, not one with 3 in it"):
        gn.text_map(["a", 3], [1, 2])
    for empty in ("", [], [""]):
        with pytest.raises(ValueError, match="text_map was given no text"):
            gn.text_map(empty, np.zeros(len(empty)))
    for limits in ((1, 1), (2, 1), (0, np.inf), (np.nan, 1)):
        with pytest.raises(ValueError, match="two finite numbers, the lower one first"):
            gn.text_map("a", [1], limits=limits)
    for width in (0, 401, 2.5, True):
        with pytest.raises(ValueError, match="number of characters from 1 to 400"):
            gn.text_map("a", [1], width=width)
