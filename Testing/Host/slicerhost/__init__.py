"""A stand-in for the Slicer application: real MRML from slicer-core, and around it what scripted modules use.

``install()`` completes the package ``slicer`` of slicer-core: ``slicer.mrmlScene``, ``slicer.app``, ``slicer.modules``,
``slicer.i18n``, ``slicer.ScriptedLoadableModule``, ``slicer.parameterNodeWrapper``, ``slicer.packaging`` and so on,
with ``qt`` and ``ctk`` beside it. MRML nodes, module logics and ``slicer.util`` are Slicer's own; nothing of MRML is
imitated. The rest is our own writing after Slicer's documentation and observed behaviour, and behaves like it as far
as it goes. Where it does not go it raises, so that no test passes on something made up.
"""

from slicerhost.host import Host, install
from slicerhost.loading import LoadedModule, load_module

__all__ = ["Host", "LoadedModule", "install", "load_module"]
