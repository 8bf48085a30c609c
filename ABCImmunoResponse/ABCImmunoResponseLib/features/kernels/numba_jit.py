"""How the numba kernels are compiled and kept."""

from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from types import ModuleType
from typing import Any

from ABCImmunoResponseLib.errors import MissingDependencyError


def load_numba() -> ModuleType:
    """Import numba.

    Raises
    ------
    MissingDependencyError
        If it is not installed, does not work with the numpy that is, cannot load its own libraries, or is told by
        NUMBA_DISABLE_JIT not to compile, which would take hours for a lesion.
    """
    try:
        import numba
        from numba import config, njit  # noqa: F401 - a mere folder of this name can be imported too, but is empty
    except Exception as cause:  # a numba that does not fit fails in many ways, also with SystemError
        said = " ".join(str(cause).split())[:300] or type(cause).__name__
        raise MissingDependencyError(
            f"The numba engine needs numba ({said}): pip install 'numba>=0.60', or choose the engine numpy, which "
            "needs nothing more."
        ) from cause
    if config.DISABLE_JIT:
        raise MissingDependencyError(
            "The numba engine cannot compile, for NUMBA_DISABLE_JIT is set: unset it, or choose the engine numpy."
        )
    return numba


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function at its first call, without the GIL, and keep the machine code on disk.

    Floating-point operations are done one by one, in the order written, as IEEE 754 says (no fast mathematics); a
    division by zero gives an infinity or NaN, as in numpy.

    The code is kept beside the function's file or, where that folder is read-only, in the user's cache folder; where
    neither can be written, or the disk is full, it is compiled anew in each process. numba notices that a function's
    own file has changed, but not the file of another kernel that it calls: a kernel calls only kernels of its own file.

    Where numba does not work, the function stays as it is, so that its module can be loaded;
    ``numba_kernels.NumbaKernels``, the one way to run it, refuses there.
    """
    try:
        numba = load_numba()
    except MissingDependencyError:
        return function
    compiled = numba.njit(nogil=True, error_model="numpy")(function)
    with suppress(RuntimeError, OSError):  # where there is no folder to keep it in
        compiled._cache = _forgiving_cache()(function)  # what njit(cache=True) does, with numba's own
    return compiled


@lru_cache
def _forgiving_cache() -> type:
    """Return numba's cache of compiled functions, but one that no file can make fail."""
    from numba.core.caching import FunctionCache

    class ForgivingCache(FunctionCache):
        def load_overload(self, *arguments: Any) -> Any:
            try:
                return super().load_overload(*arguments)
            except Exception:  # what a damaged pickle raises may be anything
                self._forget()
                return None

        def save_overload(self, *arguments: Any) -> None:
            try:
                super().save_overload(*arguments)
            except OSError:
                self._forget()

        def _forget(self) -> None:
            """Empty the index, so that what is compiled next can be kept, or keep nothing where that fails."""
            try:
                self.flush()
            except OSError:
                self.disable()

    return ForgivingCache
