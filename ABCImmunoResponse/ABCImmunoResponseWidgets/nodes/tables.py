"""Table and text nodes: how results show in the scene."""

from collections.abc import Mapping, Sequence

import numpy as np
import slicer
import vtk


def table_node(name: str, columns: Mapping[str, Sequence]):
    """Add a table node to the scene with the given columns, numbers as doubles and anything else as text; return it.

    None is NaN among numbers and an empty cell among texts.
    """
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", name)
    for title, values in columns.items():
        node.AddColumn(_column(title, values))
    node.SetUseColumnTitleAsColumnHeader(True)
    return node


def _column(title: str, values: Sequence):
    present = [value for value in values if value is not None]
    if present and all(isinstance(value, (int, float, np.number)) and not isinstance(value, bool) for value in present):
        column = vtk.vtkDoubleArray()
        cells = [float("nan") if value is None else float(value) for value in values]
    else:
        column = vtk.vtkStringArray()
        cells = ["" if value is None else str(value) for value in values]
    column.SetName(title)
    for cell in cells:
        column.InsertNextValue(cell)
    return column


def text_node(name: str, text: str):
    """Add a text node to the scene that holds ``text``, and return it."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTextNode", name)
    node.SetText(text)
    return node
