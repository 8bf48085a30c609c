"""``slicer.qMRML*``: the MRML widgets that scripted modules use, for Python and for .ui files; others have a name at most."""

from slicerhost.qmrml.named import name_widgets
from slicerhost.qmrml.registered import register_widgets

__all__ = ["name_widgets", "register_widgets"]
