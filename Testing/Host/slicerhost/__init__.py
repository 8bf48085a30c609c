"""A stand-in for the Slicer application: real MRML from slicer-core, and the little around it that our module uses.

``install()`` completes the package ``slicer`` of slicer-core: ``slicer.mrmlScene``, ``slicer.app``, ``slicer.modules``,
``slicer.i18n``, ``slicer.ScriptedLoadableModule`` and ``slicer.parameterNodeWrapper``. MRML nodes, module logics and
``slicer.util`` are Slicer's own; nothing of MRML is imitated. The rest is our own writing after Slicer's documentation
and behaves like it as far as it goes. Where it does not go it raises, so that no test passes on something made up.
"""

from slicerhost.application import install

__all__ = ["install"]
