"""Images: what modules over planes of H x W have in common, and padding and enlarging them."""

from __future__ import annotations

from typing import Any

import numpy as np

from graphnet.edge import given, whole_number
from graphnet.elementwise import as_numbers
from graphnet.module import Module
from graphnet.modules.images.windows import Pair, placed
from graphnet.nesting import Array
from graphnet.shapes import Either, Shape, written
from graphnet.sizes import UNKNOWN, surely_differ, surely_less


class OfImages(Module):
    """A module that takes planes x H x W, or a batch of them, and gives planes of other heights and widths."""

    n_input_plane: int | None = None  # None for any number

    def least(self, adj: Any = None) -> Pair:
        """Return the least height and width of an image that it takes; ``adj`` is what SpatialFullConvolution adds."""
        return 1, 1

    def sizes(self, planes: Any, height: Any, width: Any, adj: Any = None) -> tuple[Any, Any, Any]:
        """Return the planes, the height and the width of what comes out, for sizes that fit."""
        raise NotImplementedError(f"{type(self).__name__} does not define sizes(self, planes, height, width)")

    def images(self, x: Any) -> tuple[Array, Any]:
        """Return an input that fits as numbers, and the shape of what comes out; or refuse it."""
        if x.__class__ is not np.ndarray:
            raise TypeError(self._refusal(given(x)))
        return as_numbers(x, self), self.sizes_after(x.shape)

    def sizes_after(self, shape: tuple[Any, ...], adj: Any = None) -> tuple[Any, ...]:
        """Return the shape of what comes out for that of an input, or refuse it."""
        if len(shape) in (3, 4):
            planes, height, width = shape[-3:]
            wanted, (least_height, least_width) = self.n_input_plane, self.least(adj)
            wrong = wanted is not None and planes != wanted and surely_differ(planes, wanted)
            if not wrong and not surely_less(height, least_height) and not surely_less(width, least_width):
                return (*shape[:-3], *self.sizes(planes, height, width, adj))
        raise ValueError(self._refusal(written(shape)))

    def output_shape(self, shape: Shape) -> Shape:
        if shape is None:  # the planes that come out may be known all the same
            return Either([self.sizes_after((UNKNOWN,) * n_dims) for n_dims in (3, 4)])
        if isinstance(shape, list):
            raise TypeError(self._refusal(written(shape)))
        return self.sizes_after(shape)

    def _refusal(self, came: str) -> str:
        planes = "C" if self.n_input_plane is None else str(self.n_input_plane)
        height, width = self.least()
        least = f" with H at least {height} and W at least {width}" if (height, width) != (1, 1) else ""
        return f"{self.label()} takes {planes}xHxW or Bx{planes}xHxW{least}; it was given {came}"


class SpatialZeroPadding(OfImages):
    """Images with rows and columns of zeros around them; negative numbers cut rows and columns off.

    Parameters
    ----------
    pad_l, pad_r, pad_t, pad_b : int
        How many on the left, on the right, at the top and at the bottom; all but the first are as the first where they
        are left out.

    Raises
    ------
    ValueError
        If the input is not C x H x W or B x C x H x W, or nothing would be left of it.

    Notes
    -----
    Torch7's ``nn.SpatialZeroPadding``.

    Examples
    --------
    >>> import numpy as np
    >>> SpatialZeroPadding(1, 0, -1, 0).forward(np.array([[[1.0, 2.0], [3.0, 4.0]]]))
    array([[[0., 3., 4.]]])
    """

    def __init__(
        self, pad_l: int, pad_r: int | None = None, pad_t: int | None = None, pad_b: int | None = None
    ) -> None:
        self.pad_l = whole_number(pad_l, "SpatialZeroPadding's pad_l")
        self.pad_r, self.pad_t, self.pad_b = (
            self.pad_l if pad is None else whole_number(pad, f"SpatialZeroPadding's {name}")
            for name, pad in (("pad_r", pad_r), ("pad_t", pad_t), ("pad_b", pad_b))
        )

    def least(self, adj: Any = None) -> Pair:
        return max(1, self._cut(self.pad_t, self.pad_b)), max(1, self._cut(self.pad_l, self.pad_r))

    @staticmethod
    def _cut(before: int, behind: int) -> int:
        """Return the least size of which, and around which, something is left."""
        return max(1 - before - behind, 1 - min(before, 0) - min(behind, 0))

    def sizes(self, planes: Any, height: Any, width: Any, adj: Any = None) -> tuple[Any, Any, Any]:
        return planes, height + (self.pad_t + self.pad_b), width + (self.pad_l + self.pad_r)

    def update_output(self, x: Array) -> Array:
        x, after = self.images(x)
        return placed(x, (self.pad_t, self.pad_l), after[-2:])

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        return placed(dy, (-self.pad_t, -self.pad_l), x.shape[-2:])


class SpatialUpSamplingNearest(OfImages):
    """Images of which each element becomes a square of equal ones: ``y[c, i, j] = x[c, i // scale, j // scale]``.

    Parameters
    ----------
    scale : int
        The side of the square, at least 1.

    Raises
    ------
    ValueError
        If the input is not C x H x W or B x C x H x W.

    Notes
    -----
    Torch7's ``nn.SpatialUpSamplingNearest``.

    Examples
    --------
    >>> import numpy as np
    >>> SpatialUpSamplingNearest(2).forward(np.array([[[1.0, 2.0]]]))
    array([[[1., 1., 2., 2.],
            [1., 1., 2., 2.]]])
    """

    def __init__(self, scale: int) -> None:
        self.scale = whole_number(scale, "SpatialUpSamplingNearest's scale", 1)

    def sizes(self, planes: Any, height: Any, width: Any, adj: Any = None) -> tuple[Any, Any, Any]:
        return planes, self.scale * height, self.scale * width

    def update_output(self, x: Array) -> Array:
        x, after = self.images(x)
        *others, height, width = x.shape
        y = np.empty((*others, height, self.scale, width, self.scale), x.dtype)
        for i in range(self.scale):  # along the columns, whose elements lie apart, and then whole rows
            y[..., 0, :, i] = x
        y[..., 1:, :, :] = y[..., :1, :, :]
        return y.reshape(after)

    def update_grad_input(self, x: Array, y: Array, dy: Array) -> Array:
        *others, height, width = x.shape
        squares = dy.reshape(*others, height, self.scale, width, self.scale)
        rows = squares[..., 0, :, :].copy()
        for i in range(1, self.scale):
            rows += squares[..., i, :, :]
        dx: Array = rows[..., 0].copy()
        for j in range(1, self.scale):
            dx += rows[..., j]
        return dx
