"""The kernel set of numba: compiled at first use and kept, free of the GIL. Loading this module loads no numba."""

from ABCImmunoResponseLib.features.kernels.numba_jit import load_numba


class NumbaKernels:
    """See :class:`~ABCImmunoResponseLib.features.kernels.interface.Kernels`.

    Raises
    ------
    MissingDependencyError
        If numba does not work here; see :func:`~ABCImmunoResponseLib.features.kernels.numba_jit.load_numba`.
    """

    name = "numba"
    releases_gil = True

    def __init__(self) -> None:
        load_numba()
        from ABCImmunoResponseLib.features.kernels import numba_counts, numba_log, numba_spline

        self.prepare = numba_counts.prepare
        self.matrices = numba_counts.matrices
        self.spline_coefficients = numba_spline.spline_coefficients
        self.spline_values = numba_spline.spline_values
        self.laplacian_of_gaussian = numba_log.laplacian_of_gaussian
