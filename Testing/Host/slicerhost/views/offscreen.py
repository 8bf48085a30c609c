"""A render window that nobody sees, and its picture as an array."""

import os

import numpy as np
import vtk
from vtk.util.numpy_support import vtk_to_numpy

# VTK asks for an X server first and warns where there is none; EGL renders without one.
os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")


class OffscreenWindow:
    """A VTK render window of its own size, with as many renderers over one another as asked for.

    Attributes
    ----------
    window : vtkRenderWindow
    renderers : tuple of vtkRenderer
        Lowest layer first.
    interactor : vtkGenericRenderWindowInteractor
        Receives no events: displayable managers do not start without an interactor.
    """

    def __init__(self, layers: int = 1, multisamples: int = 0):
        self.window = vtk.vtkRenderWindow()
        self.window.SetOffScreenRendering(True)
        self.window.SetMultiSamples(multisamples)
        self.window.SetNumberOfLayers(layers)
        self.renderers = tuple(vtk.vtkRenderer() for _ in range(layers))
        for layer, renderer in enumerate(self.renderers):
            renderer.SetLayer(layer)
            self.window.AddRenderer(renderer)
        self.interactor = vtk.vtkGenericRenderWindowInteractor()
        self.interactor.SetRenderWindow(self.window)

    def resize(self, width: int, height: int) -> None:
        """Set the size in pixels.

        Raises
        ------
        ValueError
            If there would be no pixel.
        """
        if width < 1 or height < 1:
            raise ValueError(f"A view of {width} x {height} pixels shows nothing.")
        self.window.SetSize(width, height)

    def pixels(self) -> np.ndarray:
        """Render, and return the picture, uint8 (height, width, 3), first row at the top."""
        self.window.Render()
        width, height = self.window.GetSize()
        read = vtk.vtkUnsignedCharArray()
        self.window.GetPixelData(0, 0, width - 1, height - 1, 0, read, 0)
        # VTK's first row is the lowest; the copy outlives VTK's buffer.
        return vtk_to_numpy(read).reshape(height, width, 3)[::-1].copy()
