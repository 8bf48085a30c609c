"""How the numba kernels are compiled."""

from collections.abc import Callable
from typing import Any


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function at its first call, without the GIL, and keep the machine code on disk.

    Floating-point operations are done one by one, in the order written, as IEEE 754 says (no fast mathematics); a
    division by zero gives an infinity or NaN, as in numpy.

    The code is kept beside the function's file or, where that folder is read-only, in the user's cache folder; where
    neither can be written, it is compiled anew in each process. numba notices that a function's own file has changed,
    but not the file of another kernel that it calls: a kernel calls only kernels of its own file.

    Where numba is not installed, the function stays as it is, so that its module can be loaded;
    ``numba_kernels.NumbaKernels``, the one way to run it, refuses there.
    """
    try:
        from numba import njit
    except ImportError:
        return function
    try:
        return njit(nogil=True, error_model="numpy", cache=True)(function)
    except RuntimeError:  # there is no folder to keep it in
        return njit(nogil=True, error_model="numpy")(function)
