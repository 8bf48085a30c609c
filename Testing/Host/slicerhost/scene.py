"""The MRML scene, the application logic and the logics of Slicer's modules: all real, put together as Slicer does."""

from pathlib import Path
from typing import Any

import slicer

from slicerhost.colors import write_color_files

_SHARE = "share/Slicer-5.12"


def new_application_logic(home: str):
    """Return an application logic with a new scene, which has the selection and the interaction node."""
    write_color_files(Path(home, _SHARE))
    scene, logic = slicer.vtkMRMLScene(), slicer.vtkSlicerApplicationLogic()
    logic.SetHomeDirectory(home)
    logic.SetShareDirectory(_SHARE)
    logic.SetMRMLScene(scene)
    return logic


def module_logics(application_logic) -> dict[str, Any]:
    """Return the logics of the modules that the host offers, by the module's name, in the order of dependence.

    Making a logic registers its module's node classes with the scene.
    """
    makers = {
        "Colors": slicer.vtkSlicerColorLogic,
        "Units": slicer.vtkSlicerUnitsLogic,
        "Volumes": slicer.vtkSlicerVolumesLogic,
        "Models": slicer.vtkSlicerModelsLogic,
        "Transforms": slicer.vtkSlicerTransformLogic,
        "Tables": slicer.vtkSlicerTablesLogic,
        "Texts": slicer.vtkSlicerTextsLogic,
        "Plots": slicer.vtkSlicerPlotsLogic,
        "Markups": slicer.vtkSlicerMarkupsLogic,
        "SubjectHierarchy": slicer.vtkSlicerSubjectHierarchyModuleLogic,
        "Segmentations": slicer.vtkSlicerSegmentationsModuleLogic,
        "CropVolume": slicer.vtkSlicerCropVolumeLogic,
    }
    scene, logics = application_logic.GetMRMLScene(), {}
    for name, make in makers.items():
        logic = make()
        logic.SetMRMLApplicationLogic(application_logic)
        application_logic.SetModuleLogic(name, logic)
        logic.SetMRMLScene(scene)
        logics[name] = logic
    return logics
