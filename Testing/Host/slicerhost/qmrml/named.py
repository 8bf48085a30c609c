"""Widgets of Slicer of which the host has no more than the name: making or using one is refused."""

import slicer

from slicerhost.pythonqt import name_class

# By the PythonQt module that the class says it belongs to: the library that it is in.
_NAMED = {
    "qMRMLWidgets": """
        qMRMLCaptureToolBar qMRMLCheckableNodeComboBox qMRMLClipNodeDisplayWidget qMRMLClipNodeWidget
        qMRMLCollapsibleButton qMRMLColorListView qMRMLColorModel qMRMLColorPickerWidget qMRMLColorTableComboBox
        qMRMLColorTableView qMRMLCoordinatesWidget qMRMLDisplayNodeViewComboBox qMRMLDisplayNodeWidget
        qMRMLEventBrokerWidget qMRMLExpandingWebView qMRMLLabelComboBox qMRMLLayoutWidget qMRMLLinearTransformSlider
        qMRMLListWidget qMRMLMatrixWidget qMRMLModelInfoWidget qMRMLNavigationView qMRMLNodeAttributeTableView
        qMRMLNodeAttributeTableWidget qMRMLPlotViewControllerWidget qMRMLROIWidget qMRMLRangeWidget
        qMRMLScalarInvariantComboBox qMRMLScalarsDisplayWidget qMRMLSceneFactoryWidget qMRMLSceneModel
        qMRMLSliceInformationWidget qMRMLSliderWidget qMRMLSortFilterProxyModel qMRMLSpinBox
        qMRMLTableViewControllerWidget qMRMLThreeDViewControllerWidget qMRMLThreeDViewInformationWidget
        qMRMLTransformSliders qMRMLTreeView qMRMLVolumeInfoWidget qMRMLVolumeThresholdWidget qMRMLWindowLevelWidget
    """,
    "qSlicerSegmentationsModuleWidgets": """
        qMRMLSegmentSelectorWidget qMRMLSegmentationConversionParametersWidget qMRMLSegmentationDisplayNodeWidget
        qMRMLSegmentationFileExportWidget qMRMLSegmentationGeometryDialog qMRMLSegmentationGeometryWidget
        qMRMLSegmentationRepresentationsListView qMRMLSegmentationShow3DButton qMRMLSegmentsModel
    """,
    "qSlicerMarkupsModuleWidgets": """
        qMRMLMarkupsDisplayNodeWidget qMRMLMarkupsInteractionHandleWidget qMRMLMarkupsROIWidget qMRMLMarkupsToolBar
        qSlicerMarkupsMeasurementsWidget qSlicerMarkupsPlaceWidget qSlicerSimpleMarkupsWidget
    """,
    "qSlicerSubjectHierarchyModuleWidgets": """
        qMRMLSubjectHierarchyComboBox qMRMLSubjectHierarchyModel qMRMLSubjectHierarchyTreeView
    """,
}


def name_widgets() -> None:
    """Offer the names that ``slicer`` does not have yet."""
    for python_module, names in _NAMED.items():
        for name in names.split():
            if not hasattr(slicer, name):
                name_class(slicer, name, python_module)
