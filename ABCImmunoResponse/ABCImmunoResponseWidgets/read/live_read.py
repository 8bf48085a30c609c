"""A read in the scene while its reader works on it: what is drawn is measured, shown and saved within a moment."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import qt
from slicer.i18n import tr as _

from ABCImmunoResponseLib.errors import ABCImmunoResponseError
from ABCImmunoResponseWidgets import views
from ABCImmunoResponseWidgets.nodes.segmentations import drawn_mask
from ABCImmunoResponseWidgets.read.diameter_lines import DiameterLines
from ABCImmunoResponseWidgets.read.drafting import Drafting, DraftOverError
from ABCImmunoResponseWidgets.read.reading import Reading
from ABCImmunoResponseWidgets.read.reading_nodes import add_lesion_segment, read_segmentation, save_hierarchy
from ABCImmunoResponseWidgets.read.segment_watch import SegmentWatch
from ABCImmunoResponseWidgets.segment_editor import SegmentEditor
from ABCImmunoResponseWidgets.session import Session

GROUP = "read"
_STROKE_MS = 150  # between two savings while one draws on; the first stroke after a rest is saved at once
_VIEW_MS = 1500
_RETRY_MS = 5000


class LiveRead:
    """Binds a reading to its nodes.

    Parameters
    ----------
    reading
        A :class:`Drafting`, which follows what is drawn, or a :class:`Reading` to be looked at.
    on_update
        Called when there is something new to show.
    on_loss
        Called with a sentence when the segmentation or the CT was taken out of the scene, or the draft went on
        elsewhere; close the read then.
    tell
        Shows a message.
    """

    def __init__(
        self,
        session: Session,
        reading: Reading,
        editor: SegmentEditor,
        *,
        on_update: Callable[[], None],
        on_loss: Callable[[str], None],
        tell: Callable[[str], None],
    ) -> None:
        self.reading = reading
        self.drafting = reading if isinstance(reading, Drafting) else None
        self.fault = ""
        self.lines = DiameterLines(session)
        self._session, self._editor = session, editor
        self._on_update, self._on_loss, self._tell = on_update, on_loss, tell
        self._node = self._volume = None
        self._loss = ""
        self._view_before: dict[str, Any] = {}
        self._segments: dict[str, str] = {}
        self._watch = SegmentWatch(self._segment_changed, self._view_moved, self._node_going)
        self._kept = 0.0
        self._timer = qt.QTimer()
        self._timer.setSingleShot(True)
        self._timer.connect("timeout()", self._on_timer)

    @property
    def is_over(self) -> bool:
        """Whether the draft went on elsewhere, or was ended there: what is drawn here is no longer saved."""
        return bool(self._loss) and self._loss == self.fault

    @property
    def settled(self) -> bool:
        """Whether everything that was done is shown and saved."""
        return not self._timer.active

    def open(self) -> None:
        """Put the read into the scene."""
        shown = self._session.nodes("volume")
        self._volume = volume = self._session.volume()
        if not shown:
            views.apply_window(volume, "soft-tissue")
            views.show_volume(volume)
        self._node = read_segmentation(self.reading, volume)
        self._session.keep(GROUP, self._node)
        save_hierarchy(False)
        self._segments = {lesion_id: lesion_id for lesion_id in self.reading.lesions}
        self._session.keep(GROUP, self._editor.attach(self._node, volume, editable=self.drafting is not None))
        self._view_before = self._view()
        if self.drafting is not None:
            self._restore_view(self.drafting.view)
        self._watch.start(self._node, volume)
        self.select(self.reading.current)

    def close(self) -> None:
        """Take the read out of the scene, its undo history included."""
        self._timer.stop()
        self._timer.disconnect("timeout()", self._on_timer)  # a connection keeps this object, and what was drawn, alive
        self._watch.stop()
        if self._volume is not None:  # where this reader looked is nothing for the next
            self._restore_view(self._view_before)
        self._editor.detach()
        self._session.drop(GROUP)
        save_hierarchy(True)
        self._node = self._volume = None

    def update(self) -> None:
        """Measure, save and show what was drawn or said since the last time, now."""
        self.keep()
        current = self.reading.current
        self.lines.show(current, self.reading.measurements.get(current))
        self._on_update()

    def keep(self) -> None:
        """Measure and save what was drawn or said since the last time, and show nothing of it: one is leaving."""
        self._timer.stop()
        self._take_in()
        self._save()
        self._kept = time.monotonic()

    def touch(self) -> None:
        """Note that the reader said something of a lesion; it is saved in a moment."""
        self._timer.start(_STROKE_MS)

    def select(self, lesion_id: str | None) -> None:
        """Make a lesion the one at hand: in the editor, and in the slice views with its diameters."""
        self.reading.current = lesion_id
        self._editor.select(self._segments.get(lesion_id))
        self.lines.show(lesion_id, self.reading.measurements.get(lesion_id))
        self._on_update()
        if self.drafting is not None:
            self.touch()

    def lesion_of(self, segment_id: str) -> str | None:
        """Return the lesion that a segment shows."""
        return next((lesion for lesion, segment in self._segments.items() if segment == segment_id), None)

    def add(self) -> None:
        """Begin another lesion, to be painted."""
        lesion_id = self.drafting.add()
        self._put_segment(lesion_id)
        self.select(lesion_id)
        self._editor.activate("Paint")
        self.update()

    def remove(self, lesion_id: str) -> None:
        """Remove a lesion with its segment."""
        segment_id = self._segments.pop(lesion_id)
        self.drafting.remove(lesion_id)
        self._node.GetSegmentation().RemoveSegment(segment_id)
        self.select(self.drafting.current)
        self.update()

    def _put_segment(self, lesion_id: str) -> None:
        add_lesion_segment(self._node, lesion_id, self.reading.masks.get(lesion_id), self.reading.image)
        self._segments[lesion_id] = lesion_id

    def _segment_changed(self) -> None:
        """Save a stroke at once, and strokes in quick succession every moment: a crash loses no more than that."""
        if self.drafting is not None and not (self._timer.active and self._timer.interval <= _STROKE_MS):
            rested_ms = 1000 * (time.monotonic() - self._kept)
            self._timer.start(max(0, round(_STROKE_MS - rested_ms)))

    def _view_moved(self) -> None:
        if self.drafting is not None and not self._timer.active:
            self._timer.start(_VIEW_MS)

    def _on_timer(self) -> None:
        if self._loss:
            self._on_loss(self._loss)
        else:
            self.update()

    def _node_going(self, node) -> None:
        """Save what is drawn before the node goes; the rest is for when the scene is done with it."""
        name = node.GetName()
        self.keep()
        self._watch.stop()
        self._restore_view(self._view_before)
        self._volume = None
        self._loss = _(
            "{node} was taken out of the scene. Nothing is lost: everything you drew is in your draft."
        ).format(node=name)
        self._timer.start(0)

    def _take_in(self) -> None:
        """Bring the reading up to what the segmentation node holds."""
        if self.drafting is None or self._node is None or self._loss:
            return
        self._settle_segments()
        changed = self._watch.take()
        for lesion_id, segment_id in self._segments.items():
            if changed is None or segment_id in changed:
                try:
                    self.drafting.draw(lesion_id, drawn_mask(self._node, segment_id, lesion_id, self.reading.image))
                except ABCImmunoResponseError as fault:  # the node under a transform, for one
                    self._tell(_("{lesion} cannot be measured: {why}").format(lesion=lesion_id, why=fault))
        self.drafting.view = self._view()

    def _settle_segments(self) -> None:
        """Keep segments and lesions the same, whoever added, renamed or removed a segment.

        A new segment is a new lesion; a lesion's segment keeps its name, and goes only with the lesion.
        """
        segmentation = self._node.GetSegmentation()
        for lesion_id, segment_id in list(self._segments.items()):
            segment = segmentation.GetSegment(segment_id)
            if segment is None:
                self._put_segment(lesion_id)
                self._tell(
                    _("The segment of lesion {lesion} was put back. To remove a lesion, use the button Remove.").format(
                        lesion=lesion_id
                    )
                )
            elif segment.GetName() != lesion_id:
                self._tell(
                    _(
                        "Segments are named by their lesion: {name} is {lesion} again. Say where it lies under Site."
                    ).format(name=segment.GetName(), lesion=lesion_id)
                )
                segment.SetName(lesion_id)
        known = set(self._segments.values())
        for segment_id in segmentation.GetSegmentIDs():
            if segment_id not in known:
                segment = segmentation.GetSegment(segment_id)
                lesion_id = self.drafting.add(segment.GetName())
                self._tell(_("Segment {name} is lesion {lesion}.").format(name=segment.GetName(), lesion=lesion_id))
                segment.SetName(lesion_id)
                self._segments[lesion_id] = segment_id
                self._editor.select(segment_id)

    def _save(self) -> None:
        if self.drafting is None:
            return
        try:
            self.drafting.save()
        except DraftOverError as over:
            self.fault = self._loss = str(over)
            self._timer.start(0)
        except ABCImmunoResponseError as fault:
            self.fault = str(fault)
            self._timer.start(_RETRY_MS)
        else:
            self.fault = ""

    def _view(self) -> dict[str, Any]:
        return {"slices": views.slice_position(), "window": views.window_of(self._volume)}

    def _restore_view(self, view: Mapping[str, Any]) -> None:
        with suppress(TypeError, KeyError, ValueError, AttributeError):  # what another version wrote is only a view
            views.set_window(self._volume, *view["window"])
            views.restore_slice_position(view["slices"])
