"""The kernel set of numba: compiled at first use and kept, free of the GIL. Loading this module loads no numba."""

from ABCImmunoResponseLib.errors import MissingDependencyError


class NumbaKernels:
    """See :class:`~ABCImmunoResponseLib.features.kernels.interface.Kernels`.

    Raises
    ------
    MissingDependencyError
        If numba is not installed, or does not work with the numpy that is.
    """

    name = "numba"
    releases_gil = True

    def __init__(self) -> None:
        try:
            import numba  # noqa: F401 - the kernels' modules load without it too
        except ImportError as cause:
            raise MissingDependencyError(
                f"The numba engine needs numba ({cause}): pip install 'numba>=0.60', or choose the engine numpy, which "
                "needs nothing more."
            ) from cause
        from ABCImmunoResponseLib.features.kernels import numba_counts, numba_log, numba_spline

        self.prepare = numba_counts.prepare
        self.matrices = numba_counts.matrices
        self.spline_coefficients = numba_spline.spline_coefficients
        self.spline_values = numba_spline.spline_values
        self.laplacian_of_gaussian = numba_log.laplacian_of_gaussian
