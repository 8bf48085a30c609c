"""An outline of the adjudicator's own: the Segment Editor on a copy, each stroke saved."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk
import slicer
from slicer.i18n import tr as _
from slicer.util import VTKObservationMixin

from ABCImmunoResponseLib.errors import ABCImmunoResponseError, MaskError
from ABCImmunoResponseLib.imaging.geometry import Grid
from ABCImmunoResponseLib.imaging.masks import Mask
from ABCImmunoResponseWidgets.nodes.segmentations import drawn_mask, masks_from_segmentation
from ABCImmunoResponseWidgets.reconcile.comparison import EDITED
from ABCImmunoResponseWidgets.reconcile.edit_drafts import save_edit
from ABCImmunoResponseWidgets.segment_editor import SegmentEditor
from ABCImmunoResponseWidgets.session import Session


class OutlineEditor(VTKObservationMixin):
    """Edits one outline at a time.

    Parameters
    ----------
    session
        Whose group 'comparison' the editor's node joins.
    frame
        The widget that is visible while an outline is edited.
    place
        The widget in it whose layout takes the Segment Editor.
    refuse
        Is told of a stroke that could not be saved.
    """

    def __init__(self, session: Session, frame, place, refuse: Callable[[Exception], None]) -> None:
        VTKObservationMixin.__init__(self)
        self.session, self.frame, self._place, self._refuse = session, frame, place, refuse
        self._editor: SegmentEditor | None = None
        self._node = self._settings = None
        self._image: sitk.Image | None = None
        self._saved: sitk.Image | None = None
        self._draft: tuple[Path, str, str] | None = None
        frame.visible = False

    def begin(self, node, image: sitk.Image, pair_id: str) -> None:
        """Edit the segment of ``node`` (:func:`.comparison.editable`), which lies on ``image``, for a pair."""
        self.end()
        if self._editor is None:  # Slicer's editor takes a while to make, and not everybody edits
            self._editor = SegmentEditor(self._place, lambda segment_id: None)
        self._node, self._image = node, image
        self._draft = (self.session.directory, self.session.person, pair_id)
        for event in (slicer.vtkSegmentation.SourceRepresentationModified, slicer.vtkSegmentation.SegmentModified):
            self.addObserver(node.GetSegmentation(), event, self._on_stroke)
        self._settings = self._editor.attach(node, self.session.volume(), editable=True)
        self.session.keep("comparison", self._settings)
        self._editor.select(EDITED)
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
        if self._node is not None:
            self.removeObservers()
            self._editor.detach()
            slicer.mrmlScene.RemoveNode(self._settings)
            self._node = self._settings = self._image = self._saved = self._draft = None
            self.frame.visible = False

    def suspend(self) -> None:
        """Take the hands off the slice views for a while."""
        if self._node is not None:
            self._editor.put_down()

    def resume(self) -> None:
        """Go on after :meth:`suspend`."""
        if self._node is not None:
            self._editor.take_up()

    def forget_draft(self, pair_id: str) -> None:
        """Remove what was saved of a pair's outline: it is decided, or discarded."""
        save_edit(self.session.directory, self.session.person, pair_id, None)

    def cleanup(self) -> None:
        """Let go of the editor for good."""
        self.end()
        if self._editor is not None:
            self._editor.cleanup()

    def _on_stroke(self, _caller, _event) -> None:
        """Save at once: a kill after this loses nothing that was drawn.

        One stroke is several events, and between them the segment may be empty: what was there before is kept then.
        """
        try:
            drawn = drawn_mask(self._node, EDITED, EDITED, self._image)
            if drawn is not None and not _same(drawn.image, self._saved):
                save_edit(*self._draft, drawn.image)
                self._saved = drawn.image
        except ABCImmunoResponseError as refusal:
            self._refuse(refusal)


def _same(mask: sitk.Image, other: sitk.Image | None) -> bool:
    if other is None or Grid.of(mask) != Grid.of(other):
        return False
    return np.array_equal(sitk.GetArrayViewFromImage(mask), sitk.GetArrayViewFromImage(other))
