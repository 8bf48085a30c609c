"""A 3D view: models, closed surfaces of segmentations and markups as Slicer's displayable managers draw them."""

import numpy as np
import slicer

from slicerhost.views.factories import three_d_managers
from slicerhost.views.offscreen import OffscreenWindow


class ThreeDView:
    """Renders what a view node of a scene shows.

    Parameters
    ----------
    node : vtkMRMLViewNode
    application_logic : vtkMRMLApplicationLogic
        That holds the markups logic, as for a slice view.
    """

    def __init__(self, node, application_logic):
        self.node = node
        self._target = OffscreenWindow()
        (self._renderer,) = self._target.renderers
        self.managers = three_d_managers(application_logic, self._renderer, node)

    @property
    def window(self):
        """The vtkRenderWindow."""
        return self._target.window

    def focus(self) -> None:
        """Turn the camera to the middle of what is visible, and lay the box around that."""
        box, labels = self.node.GetBoxVisible(), self.node.GetAxisLabelsVisible()
        self._show_box(False, False)  # they have the size that they were given at the last time
        bounds = self._renderer.ComputeVisiblePropBounds()
        middle = [(low + high) / 2 for low, high in zip(bounds[::2], bounds[1::2], strict=True)]
        self._renderer.GetActiveCamera().SetFocalPoint(middle)
        self._show_box(box, labels)
        self.node.InvokeEvent(slicer.vtkMRMLViewNode.ResetFocalPointRequestedEvent)

    def reset(self) -> None:
        """Let the camera show everything that is visible, from where it looks."""
        self._renderer.ResetCamera()

    def _show_box(self, box: bool, labels: bool) -> None:
        modifying = self.node.StartModify()
        self.node.SetBoxVisible(box)
        self.node.SetAxisLabelsVisible(labels)
        self.node.EndModify(modifying)

    def render(self, width: int, height: int) -> np.ndarray:
        """Return the view's picture at a size in pixels: uint8, (height, width, 3), first row at the top.

        Raises
        ------
        ValueError
            If there would be no pixel.
        """
        self._target.resize(width, height)
        self._renderer.SetGradientBackground(True)
        self._renderer.SetBackground(*self.node.GetBackgroundColor())
        self._renderer.SetBackground2(*self.node.GetBackgroundColor2())
        self._renderer.ResetCameraClippingRange()
        return self._target.pixels()
