"""``slicer.qMRML*``: the MRML widgets that scripted modules use, for Python and for .ui files."""

from slicerhost.qmrml.named import name_widgets
from slicerhost.qmrml.registered import register_widgets

__all__ = ["name_widgets", "register_widgets"]
