"""Slice, 3D, plot and table views and the layout manager, rendered off-screen.

What the views show is drawn by Slicer's own displayable managers and slice logics (slicer-core) and by VTK's charts, on
a render window without a screen; what is ours is the frame around it: where a view stands, its bar, its Qt widget.
"""

from slicerhost.views.offered import LayoutManager, offer
from slicerhost.views.plot_view import PlotView
from slicerhost.views.screenshot import screenshot, views_picture
from slicerhost.views.slice_view import SliceView
from slicerhost.views.three_d_view import ThreeDView

__all__ = ["LayoutManager", "PlotView", "SliceView", "ThreeDView", "offer", "screenshot", "views_picture"]
