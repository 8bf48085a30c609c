"""The kernel set of numpy: nothing to compile, and what 3D Slicer bundles is enough."""

from ABCImmunoResponseLib.features.kernels import numpy_counts, numpy_log, numpy_spline


class NumpyKernels:
    """See :class:`~ABCImmunoResponseLib.features.kernels.interface.Kernels`."""

    name = "numpy"
    releases_gil = False

    prepare = staticmethod(numpy_counts.prepare)
    matrices = staticmethod(numpy_counts.matrices)
    spline_coefficients = staticmethod(numpy_spline.spline_coefficients)
    spline_values = staticmethod(numpy_spline.spline_values)
    laplacian_of_gaussian = staticmethod(numpy_log.laplacian_of_gaussian)
