"""Batch normalisation of images and volumes, where every place counts as a row of the batch."""

from __future__ import annotations

from graphnet.modules.batch_normalisation import BatchNormalization


class SpatialBatchNormalization(BatchNormalization):
    """Bring every feature of images to mean 0 and variance 1 over the batch and all places, then scale and shift it.

    As :class:`BatchNormalization`, for B x n x H x W: each place of an image counts as a row of the batch.

    Parameters
    ----------
    n_output : int
        n, the number of features (planes, channels), at least 1.
    eps : float
        Keeps features of equal numbers finite; at least 0.
    momentum : float
        From 0 to 1: the weight of the NEW statistics.
    affine : bool
        Whether there are w and b.

    Attributes
    ----------
    weight, bias : Parameter or None
        w and b, of n numbers.
    running_mean, running_var : ndarray
        Of n numbers.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range; if the input is not B x n x H x W, or n x H x W when evaluating.

    Notes
    -----
    Torch7's ``nn.SpatialBatchNormalization``.

    Examples
    --------
    >>> import numpy as np
    >>> y = SpatialBatchNormalization(2, affine=False).forward(np.arange(16.0).reshape(1, 2, 2, 4))
    >>> y.shape, y.mean((0, 2, 3)), y.var((0, 2, 3)).round(4)
    ((1, 2, 2, 4), array([0., 0.]), array([1., 1.]))
    """

    places = "HW"


class VolumetricBatchNormalization(BatchNormalization):
    """Bring every feature of volumes to mean 0 and variance 1 over the batch and all places, then scale and shift it.

    As :class:`BatchNormalization`, for B x n x T x H x W: each place of a volume counts as a row of the batch.

    Parameters
    ----------
    n_output : int
        n, the number of features (planes, channels), at least 1.
    eps : float
        Keeps features of equal numbers finite; at least 0.
    momentum : float
        From 0 to 1: the weight of the NEW statistics.
    affine : bool
        Whether there are w and b.

    Attributes
    ----------
    weight, bias : Parameter or None
        w and b, of n numbers.
    running_mean, running_var : ndarray
        Of n numbers.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of its range; if the input is not B x n x T x H x W, or n x T x H x W when evaluating.

    Notes
    -----
    Torch7's ``nn.VolumetricBatchNormalization``.

    Examples
    --------
    >>> import numpy as np
    >>> VolumetricBatchNormalization(2).forward(np.zeros((3, 2, 4, 4, 4))).shape
    (3, 2, 4, 4, 4)
    """

    places = "THW"
