"""The views' classes as scripts find them in ``slicer``, with the names that a real Slicer has."""

from types import ModuleType

import slicer

from slicerhost.pythonqt import register_class, wrap
from slicerhost.views import other_widgets, slice_widget
from slicerhost.views.layout_manager import qMRMLLayoutManager

_RECORDED = (
    slice_widget.qMRMLSliceWidget,
    other_widgets.qMRMLThreeDWidget,
    other_widgets.qMRMLPlotView,
    other_widgets.qMRMLTableView,
    qMRMLLayoutManager,
)
# Of these no names were recorded: they have those of QWidget and, of Slicer's documentation, the ones that work here.
_VTK_VIEW = ("displayableManagerByClassName", "renderWindow", "forceRender", "scheduleRender")
_PLOT = ("plotView", "plotController", "mrmlPlotViewNode", "setMRMLPlotViewNode", "mrmlScene", "setMRMLScene")
_TABLE = ("tableView", "tableController", "mrmlTableViewNode", "setMRMLTableViewNode", "mrmlScene", "setMRMLScene")
_CONTROLLER = ("sliceLogic", "mrmlSliceNode", "mrmlSliceCompositeNode", "fitSliceToBackground", "setSliceOffsetValue")
_UNRECORDED = {
    slice_widget.qMRMLSliceView: ("mrmlSliceNode", *_VTK_VIEW),
    slice_widget.qMRMLSliceControllerWidget: _CONTROLLER,
    other_widgets.qMRMLThreeDView: ("mrmlViewNode", "resetFocalPoint", "resetCamera", *_VTK_VIEW),
    other_widgets.qMRMLPlotWidget: _PLOT,
    other_widgets.qMRMLTableWidget: _TABLE,
}


def offer(module: ModuleType = slicer) -> None:
    """Put the views' classes into ``slicer``; once is enough, whatever the scene."""
    if hasattr(module, "qMRMLLayoutManager"):
        return
    for pyside in _RECORDED:
        name = pyside.__name__
        register_class(module, name, pyside, f"slicer.{name}", python_module="qMRMLWidgets")
    for pyside, methods in _UNRECORDED.items():
        register_class(module, pyside.__name__, pyside, methods=methods, python_module="qMRMLWidgets")


def LayoutManager(application_logic, scene):
    """Return the layout manager of a scene, as ``slicer.app.layoutManager()`` is to give it.

    Parameters
    ----------
    application_logic : vtkMRMLApplicationLogic
        With the markups logic.
    scene : vtkMRMLScene

    Raises
    ------
    ValueError
        If there is no markups logic.
    """
    offer()
    return wrap(qMRMLLayoutManager(application_logic, scene))
