"""``slicer.qMRML*``: the MRML widgets that scripted modules use, for Python and for .ui files; others do not exist."""

from slicerhost.qmrml.registered import register_widgets

__all__ = ["register_widgets"]
