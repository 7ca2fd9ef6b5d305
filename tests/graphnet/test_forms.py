"""Forms: what a shape may be, as far as it is known, and what follows from it."""

from __future__ import annotations

from typing import Any

import pytest

from graphnet.forms import fits, formed
from graphnet.shapes import Either, as_shape

PRODUCT = [([("n", "k"), ("k", "m")], ("n", "m")), ([("B", "n", "k"), ("B", "k", "m")], ("B", "n", "m"))]


@pytest.mark.parametrize(
    ("shape", "form", "expected"),
    [
        ((2, 3), ("n", "n"), False),
        ((2, 2), ("n", "n"), True),
        (("T", "B"), ("n", "n"), True),  # T may be B
        (("T", 3), ("n", 4), False),
        ((None, None), ("n", 4), True),
        ((2,), ("n", "m"), False),
        (None, ("n",), True),
        (None, [("n",)], True),
        ([(2,)], ("n",), False),
        ((2,), [("n",)], False),
        ([(2,), (2,)], [("n",)], False),
        ([(2,), None, (3,)], [("n",), ("n",), ("n",)], False),
        ([(2,), None, (2,)], [("n",), ("n",), ("n",)], True),
        ([("T",), (None,), (3,), (4,)], [("n",)] * 4, False),
        ((), (), True),
    ],
)
def test_what_a_shape_may_be(shape: Any, form: Any, expected: bool) -> None:
    assert fits(as_shape(shape), form) is expected


def test_a_size_of_the_input_is_that_of_the_output() -> None:
    assert formed(as_shape([("B", 3), (3, 4)]), PRODUCT, ValueError) == as_shape(("B", 4))
    assert formed(as_shape([("B", None, 3), (5, 3, 4)]), PRODUCT, ValueError) == as_shape((5, None, 4))
    assert formed(as_shape([(None, 3), None]), PRODUCT, ValueError) == as_shape((None, None))


def test_several_forms_give_either_unless_they_differ_in_sizes_only() -> None:
    found = formed(None, PRODUCT, ValueError)
    assert isinstance(found, Either)
    assert found.options == [as_shape((None, None)), as_shape((None, None, None))]
    assert formed(None, [(("n",), (1,)), (("B", "n"), ("B",))], ValueError) == as_shape((None,))


def test_what_is_of_no_form_is_refused_in_the_module_s_words() -> None:
    with pytest.raises(TypeError, match=r"never \[Bx3, 4x5\]"):
        formed(as_shape([("B", 3), (4, 5)]), PRODUCT, lambda came: TypeError(f"never {came}"))
