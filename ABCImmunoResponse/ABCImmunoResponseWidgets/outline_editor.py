"""An outline of the adjudicator's own: the Segment Editor on a copy, each stroke saved."""

from pathlib import Path

import SimpleITK as sitk
import slicer
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from ABCImmunoResponseLib.errors import ABCImmunoResponseError, MaskError
from ABCImmunoResponseLib.imaging.masks import Mask
from ABCImmunoResponseWidgets.comparison import EDITED
from ABCImmunoResponseWidgets.edit_drafts import save_edit
from ABCImmunoResponseWidgets.segmentations import masks_from_segmentation
from ABCImmunoResponseWidgets.session import Session

_UNDO_STATES = 20


class OutlineEditor(VTKObservationMixin):
    """Embeds Slicer's Segment Editor for one segment at a time.

    Parameters
    ----------
    session
        Whose group 'comparison' the editor's node joins.
    frame
        The widget that the editor is put into; it is visible while an outline is edited.
    refuse
        Is told of a stroke that could not be saved.
    """

    def __init__(self, session: Session, frame, refuse) -> None:
        VTKObservationMixin.__init__(self)
        self.session, self.frame, self._refuse = session, frame, refuse
        self._widget = None
        self._node = None
        self._image: sitk.Image | None = None
        self._draft: tuple[Path, str, str] | None = None
        frame.visible = False

    @property
    def editing(self) -> bool:
        """Whether an outline is at hand."""
        return self._node is not None

    def begin(self, node, image: sitk.Image, pair_id: str) -> None:
        """Edit the segment of ``node`` (:func:`.comparison.editable`), which lies on ``image``, for a pair."""
        self.end()
        self._node, self._image = node, image
        self._draft = (self.session.directory, self.session.person, pair_id)
        self.addObserver(node.GetSegmentation(), slicer.vtkSegmentation.SourceRepresentationModified, self._on_stroke)
        settings = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentEditorNode", _("Adjudicated outline"))
        self.session.keep("comparison", settings)
        widget = self._made_widget()
        widget.setMRMLScene(slicer.mrmlScene)
        widget.setMRMLSegmentEditorNode(settings)
        widget.setSegmentationNode(node)
        widget.setSourceVolumeNode(self.session.volume())
        widget.setCurrentSegmentID(EDITED)
        widget.setupViewObservations()
        widget.installKeyboardShortcuts()
        self.frame.visible = True

    def mask(self) -> Mask:
        """Return the outline as it is now, cropped, with what is known of how it came onto the CT's grid.

        Raises
        ------
        MaskError
            If it is empty, or gone from the scene.
        """
        if self._node is None or self._node.GetScene() is None:
            raise MaskError(_("The edited outline is no longer in the scene: choose to edit an outline again."))
        return masks_from_segmentation(self._node, self._image, [EDITED], crop=True)[EDITED]

    def end(self) -> None:
        """Let go of the outline; what was saved of it stays."""
        if self._node is None:
            return
        self.removeObservers()
        self._node = self._image = self._draft = None
        widget = self._widget
        widget.setActiveEffect(None)
        widget.uninstallKeyboardShortcuts()
        widget.removeViewObservations()
        widget.setSegmentationNode(None)
        widget.setSourceVolumeNode(None)
        widget.setMRMLSegmentEditorNode(None)
        self.frame.visible = False

    def forget_draft(self, pair_id: str) -> None:
        """Remove what was saved of a pair's outline: it is decided, or discarded."""
        save_edit(self.session.directory, self.session.person, pair_id, None)

    def cleanup(self) -> None:
        """Let go of the editor for good."""
        self.end()
        if self._widget is not None:
            self._widget.setMRMLScene(None)

    def _on_stroke(self, _caller, _event) -> None:
        """Save at once: a kill after this loses nothing that was drawn."""
        try:
            save_edit(*self._draft, self._drawn())
        except ABCImmunoResponseError as refusal:
            self._refuse(refusal)

    def _drawn(self) -> sitk.Image | None:
        """Return the outline, or None where all of it was erased."""
        node = self._node
        labelmap = slicer.vtkOrientedImageData()
        node.GetBinaryLabelmapRepresentation(EDITED, labelmap)
        scalars = labelmap.GetPointData().GetScalars()
        if scalars is None or scalars.GetRange()[1] == 0:
            return None
        return self.mask().image

    def _made_widget(self):
        """Return the Segment Editor, made at the first call: it takes a while, and not everybody edits."""
        if self._widget is None:
            widget = slicer.qMRMLSegmentEditorWidget()
            widget.segmentationNodeSelectorVisible = False
            widget.sourceVolumeNodeSelectorVisible = False
            widget.switchToSegmentationsButtonVisible = False
            widget.addRemoveSegmentButtonsVisible = False
            widget.show3DButtonVisible = False
            widget.undoEnabled = True
            widget.maximumNumberOfUndoStates = _UNDO_STATES
            self.frame.layout().insertWidget(0, widget)
            self._widget = widget
        return self._widget
