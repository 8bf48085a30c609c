"""What a kernel set offers the engine: everything whose speed depends on numpy or numba. Formulas are not in it."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from ABCImmunoResponseLib.features.kernels.matrices import Matrices

Box = tuple[slice, slice, slice]  # along (k, j, i), from start to stop


class Kernels(Protocol):
    """Counts and inner loops. Both sets give the same counts and, in the filters, the same bits."""

    name: str
    releases_gil: bool

    def prepare(self, region: np.ndarray, distances: Sequence[int]) -> Any:
        """Do all that depends on the region alone, once for its twelve images.

        Parameters
        ----------
        region : numpy.ndarray, shape (K, J, I), bool
            The lesion's smallest box.
        distances : sequence of int
            Of neighbours, in voxels.
        """

    def matrices(self, prepared: Any, ranks: np.ndarray, grey_levels: np.ndarray, gldm_a: int) -> Matrices:
        """Count on one image.

        Parameters
        ----------
        prepared
            What :meth:`prepare` returned.
        ranks : numpy.ndarray, shape (voxels,), uint16
            Each voxel's place (from 1) among the grey levels that occur, the region's voxels in C order.
        grey_levels : numpy.ndarray, shape (n,), int64
            Those levels, ascending.
        gldm_a : int
            How far the levels of dependent neighbours may be apart.
        """

    def spline_coefficients(self, lines: np.ndarray) -> None:
        """Turn samples into coefficients of a cubic B-spline along the first axis, in place; see ``bspline``.

        Parameters
        ----------
        lines : numpy.ndarray, shape (samples, lines), float64, C-contiguous
        """

    def spline_values(
        self,
        coefficients: np.ndarray,
        first: tuple[np.ndarray, np.ndarray, np.ndarray],
        weights: tuple[np.ndarray, np.ndarray, np.ndarray],
    ) -> np.ndarray:
        """Return the sums of 4 x 4 x 4 weighted coefficients, float64, in ITK's order of addition; see ``bspline``.

        Parameters
        ----------
        coefficients : numpy.ndarray, shape (K, J, I), float64
        first : three numpy.ndarray, int64
            The index (k, j, i) of each point's first coefficient; they broadcast to the shape of the result.
        weights : three numpy.ndarray, shape (4, *shape of the axis' ``first``), float64
        """

    def laplacian_of_gaussian(
        self, image: np.ndarray, spacing: tuple[float, float, float], sigma: float, box: Box
    ) -> np.ndarray:
        """Return the scale-normalised Laplacian of Gaussian of an image (K, J, I) within a box, float32.

        ``spacing`` (k, j, i) and ``sigma`` are in mm; the method is described in ``numpy_log``.

        Raises
        ------
        FeatureError
            If the image has fewer than four voxels along an axis.
        """
