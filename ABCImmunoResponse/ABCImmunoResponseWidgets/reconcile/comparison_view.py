"""What the scene and the slice views show of the pair at hand."""

from collections.abc import Mapping

import SimpleITK as sitk

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.errors import MaskError
from ABCImmunoResponseLib.reading.proposals import PROPOSALS
from ABCImmunoResponseLib.reading.verdict import Verdict
from ABCImmunoResponseWidgets import views
from ABCImmunoResponseWidgets.reconcile import comparison
from ABCImmunoResponseWidgets.reconcile.comparison_display import (
    PREVIEW,
    show_everywhere,
    show_segment,
    show_side_by_side,
)
from ABCImmunoResponseWidgets.session import Session

_GROUP, _OVER_GROUP = "comparison", "comparison, shown over it"


class ComparisonView:
    """Shows one pair at a time; every node is of the session's group 'comparison', or of one of its own over it.

    Both reads are read from the case folder once, when the step is entered: locked reads never change.
    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.side_by_side = True
        self._shown: dict[str, bool] = {}
        self._outlines: comparison.Outlines | None = None
        self._proposals: dict[str, tuple[dict[str, sitk.Image], tuple[Finding, ...]]] = {}
        self._position = None
        self._pair = self._preview = None

    @property
    def outlines(self) -> comparison.Outlines:
        """Both reads' masks and the CT."""
        if self._outlines is None:
            self._outlines = comparison.load_outlines(self.session.folder)
        return self._outlines

    def enter(self) -> None:
        """Lay out the views."""
        self._position = views.slice_position()
        self.lay_out(self.side_by_side)

    def leave(self) -> None:
        """Take everything out of the scene and give the views back as they were."""
        self.clear()
        self._outlines = None
        self._proposals.clear()
        views.restore_layout()
        if self._position is not None:
            views.restore_slice_position(self._position)
            self._position = None

    @property
    def shows_pair(self) -> bool:
        """Whether a pair is in the scene."""
        return _in_scene(self._pair)

    def clear(self) -> None:
        """Take the pair out of the scene."""
        self.session.drop(_OVER_GROUP)
        self.session.drop(_GROUP)
        self._pair = self._preview = None

    def lay_out(self, side_by_side: bool) -> None:
        """Show the readers in two linked views beside each other, or both in every view."""
        self.side_by_side = side_by_side
        if side_by_side:
            views.set_comparison_layout()
        else:
            views.set_ct_layout()
        views.show_volume(self.session.volume())
        self._spread()

    def show(self, verdict: Verdict) -> None:
        """Show another pair, and nothing else."""
        self.clear()
        folder, volume = self.session.folder, self.session.volume()
        self._pair = comparison.show_pair(folder, verdict.pair_id, volume, self.outlines)
        self.session.keep(_GROUP, self._pair)
        self._spread()
        for name, visible in self._shown.items():
            show_segment(self._pair, name, visible)

    def jump(self, verdict: Verdict) -> None:
        """Centre the slice views on where a pair differs most, close enough to see single voxels."""
        point, width = comparison.look_at(self.outlines, verdict)
        views.jump_to_lps(point)
        views.zoom(width)

    def show_outline(self, mask: sitk.Image | None) -> None:
        """Show a proposal or a decision over the pair; None shows none."""
        self.session.drop(_OVER_GROUP)
        self._preview = None
        if mask is not None:
            node = comparison.preview(mask, self.outlines.image, self.session.volume())
            self.adopt(node)

    def adopt(self, node) -> None:
        """Take a segmentation node as that which shows over the pair: a preview, or an outline being edited."""
        self.session.keep(_OVER_GROUP, node)
        self._preview = node
        self._show_over()

    def show_part(self, name: str, visible: bool) -> None:
        """Show or hide one of the legend's parts, for this pair and those after it."""
        self._shown[name] = visible
        if name == PREVIEW:
            self._show_over()
        elif self.shows_pair:
            show_segment(self._pair, name, visible)

    def _show_over(self) -> None:
        if _in_scene(self._preview):
            self._preview.GetDisplayNode().SetVisibility(self._shown.get(PREVIEW, True))

    def outline_of(self, verdict: Verdict, choice: str) -> sitk.Image:
        """Return the mask of 'A', 'B' or a proposal, cropped.

        Raises
        ------
        MaskError
            If the pair has none; of a proposal it says why.
        """
        if choice not in PROPOSALS:
            return comparison.outline_of(self.outlines, verdict, choice)
        proposals, told = self._proposed(verdict)
        if choice not in proposals and told:
            raise MaskError(" ".join(finding.message for finding in told))
        return comparison.outline_of(self.outlines, verdict, choice, proposals)

    def notes_on(self, verdict: Verdict, choice: str) -> str:
        """Return what is to be known of a proposal."""
        told = self._proposed(verdict)[1] if choice == "staple" else ()
        return " ".join(finding.message for finding in told)

    def decided(self, pair_id: str) -> sitk.Image | None:
        """Return the outline that the consensus has for a pair; None where the pair is open or dropped."""
        folder = self.session.folder
        lesion = next((item.lesion for item in folder.consensus().lesions if item.pair_id == pair_id), None)
        return None if lesion is None else folder.consensus_segments(crop=True)[lesion.lesion_id]

    def _proposed(self, verdict: Verdict) -> tuple[Mapping[str, sitk.Image], tuple[Finding, ...]]:
        if verdict.pair_id not in self._proposals:
            self._proposals[verdict.pair_id] = comparison.proposals_of(self.outlines, verdict)
        return self._proposals[verdict.pair_id]

    def _spread(self) -> None:
        if not self.shows_pair:
            return
        if self.side_by_side:
            show_side_by_side(self._pair, *views.COMPARISON_VIEWS)
        else:
            show_everywhere(self._pair)


def _in_scene(node) -> bool:
    """Say whether a node is there and has not been deleted by hand."""
    return node is not None and node.GetScene() is not None
