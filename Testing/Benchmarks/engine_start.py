"""What is paid before the first feature: imports, and numba's compilation."""

import shutil
import statistics
from pathlib import Path
from typing import Any

from processes import fresh, python

_IMPORT = """
import time
import numpy, scipy, SimpleITK
started = time.process_time()
import ABCImmunoResponseLib.features.engine
print(time.process_time() - started)
"""


def measure(folder: Path, engines: list[str], compiled: Path) -> dict[str, Any]:
    """Return CPU seconds of importing the engine, and of each engine's first and later calls in a new process.

    numba's machine code, in ``compiled``, is thrown away first, and is there for whatever is measured next.
    """
    imports = [float(python(_IMPORT)) for _ in range(4)]
    shutil.rmtree(compiled, ignore_errors=True)
    lesion = folder / "image.nrrd", folder / "s1-consensus.nrrd"
    calls = {name: fresh("first_calls", name, *lesion) for name in engines}
    if "numba" in calls:
        calls["numba, nothing compiled"] = calls.pop("numba")
        calls["numba, compiled before"] = fresh("first_calls", "numba", *lesion)
    return {"import": statistics.median(imports[1:]), "calls": calls}  # the first run may write bytecode
