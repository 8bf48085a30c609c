"""Slicer's factories of displayable managers: one for slice views and one for 3D views, in the whole process."""

import slicer

_SLICE = (
    # In the order in which Slicer's slice view and its modules register them, which is the order of drawing.
    "vtkMRMLVolumeGlyphSliceDisplayableManager",
    "vtkMRMLModelSliceDisplayableManager",
    "vtkMRMLCrosshairDisplayableManager",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLScalarBarDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager2D",
    "vtkMRMLTransformsDisplayableManager2D",
    "vtkMRMLColorLegendDisplayableManager",
    "vtkMRMLMarkupsDisplayableManager",
)
_THREE_D = (
    "vtkMRMLCameraDisplayableManager",
    "vtkMRMLViewDisplayableManager",
    "vtkMRMLModelDisplayableManager",
    "vtkMRMLThreeDReformatDisplayableManager",
    "vtkMRMLCrosshairDisplayableManager3D",
    "vtkMRMLOrientationMarkerDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager3D",
    "vtkMRMLMarkupsDisplayableManager",
)


def slice_managers(application_logic, renderer, slice_node):
    """Return the displayable managers that draw over a slice, for one renderer and slice node."""
    factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
    return _managers(factory, _SLICE, application_logic, renderer, slice_node)


def three_d_managers(application_logic, renderer, view_node):
    """Return the displayable managers that draw in 3D, for one renderer and view node."""
    factory = slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance()
    return _managers(factory, _THREE_D, application_logic, renderer, view_node)


def _managers(factory, names: tuple[str, ...], application_logic, renderer, node):
    # The managers take the factory's logic along when they are made: each scene's views have their own.
    factory.SetMRMLApplicationLogic(application_logic)
    for name in names:
        if not factory.IsDisplayableManagerRegistered(name):
            factory.RegisterDisplayableManager(name)
    group = slicer.vtkMRMLDisplayableManagerGroup()
    group.Initialize(factory, renderer)
    group.SetMRMLDisplayableNode(node)
    return group
