"""A slice view: the blend of the slice logic's layers, and over it what Slicer's displayable managers draw."""

import numpy as np
import vtk

from slicerhost.views.factories import slice_managers
from slicerhost.views.offscreen import OffscreenWindow


class SliceView:
    """Renders what a slice logic shows; the slice node's size in pixels follows the view's.

    Parameters
    ----------
    logic : vtkMRMLSliceLogic
        With its slice node, in a scene, and with the application logic that holds the markups logic: without the
        latter Slicer's markups manager reports errors and draws no markups.
    """

    def __init__(self, logic):
        self.logic = logic
        self._target = OffscreenWindow(layers=2)
        image, overlay = self._target.renderers
        self._mapper = vtk.vtkImageMapper()
        self._mapper.SetColorWindow(255)  # the blend is 8-bit colour already: window and level were applied to it
        self._mapper.SetColorLevel(127.5)
        self._actor = vtk.vtkActor2D()
        self._actor.SetMapper(self._mapper)
        image.AddViewProp(self._actor)
        overlay.GetActiveCamera().ParallelProjectionOn()
        self.managers = slice_managers(logic.GetMRMLApplicationLogic(), overlay, logic.GetSliceNode())

    @property
    def window(self):
        """The vtkRenderWindow."""
        return self._target.window

    def render(self, width: int, height: int) -> np.ndarray:
        """Return the view's picture at a size in pixels: uint8, (height, width, 3), first row at the top.

        Raises
        ------
        ValueError
            If there would be no pixel.
        """
        self._target.resize(width, height)
        if tuple(self.logic.GetSliceNode().GetDimensions()[:2]) != (width, height):
            self.logic.ResizeSliceNode(width, height)
        # Slicer's view drops the image where no layer holds a volume: the blend then still holds the one before.
        composite = self.logic.GetSliceCompositeNode()
        shown = [composite.GetBackgroundVolumeID(), composite.GetForegroundVolumeID(), composite.GetLabelVolumeID()]
        self._actor.SetVisibility(any(shown))
        if any(shown):
            self._mapper.SetInputConnection(self.logic.GetImageDataConnection())
        return self._target.pixels()
