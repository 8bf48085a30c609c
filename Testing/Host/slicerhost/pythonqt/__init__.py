"""The modules ``qt`` and ``ctk`` of Slicer, over PySide6 and with the behaviour of PythonQt.

Python code sees wrappers only: properties are plain values, names that Slicer does not have are refused, and what a
slot raises is printed and kept in ``errors``. ``Testing/Host/observations`` holds what a real Slicer did.
"""

from slicerhost.pythonqt import errors
from slicerhost.pythonqt.application import application, process_events
from slicerhost.pythonqt.conversion import unwrap, wrap
from slicerhost.pythonqt.loader import register_widget
from slicerhost.pythonqt.modules import install
from slicerhost.pythonqt.offering import name_class, register_class

__all__ = [
    "application",
    "errors",
    "install",
    "name_class",
    "process_events",
    "register_class",
    "register_widget",
    "unwrap",
    "wrap",
]
