"""Both readers' outlines of one pair of lesions in the scene: who drew what, where they differ, what is proposed.

The readers are A and B here and nothing else: an adjudicator should not know whose outline it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from slicer.i18n import tr as _

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.errors import CaseFolderError, MaskError
from ABCImmunoResponseLib.imaging.cropping import crop_voxels
from ABCImmunoResponseLib.imaging.geometry import Grid
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.proposals import PROPOSALS, explain_proposals, propose
from ABCImmunoResponseLib.reading.verdict import Verdict
from ABCImmunoResponseLib.recist.diameters import axial_axis, measure_region
from ABCImmunoResponseLib.recist.regions import Region, region
from ABCImmunoResponseWidgets.nodes.segmentations import add_segment, segmentation_from_masks
from ABCImmunoResponseWidgets.reconcile.comparison_display import (
    ONLY_A,
    ONLY_B,
    A,
    B,
    show_as_comparison,
    show_as_preview,
)
from ABCImmunoResponseWidgets.reconcile.patterns import PERIOD, fill

EDITED = "edited"
"""The segment's name in the node of :func:`edit_pair`."""

_LEAST_VIEW_MM, _TIMES_WIDER = 40.0, 2.5
_STRIPES_A_VIEW = 80  # as many, on and off, as fit beside each other into a view: still lines, and in a thin rim, too
_FINEST = 8  # samples that a voxel's side is divided into at most


@dataclass(frozen=True, eq=False)
class Outlines:
    """The masks of both locked reads, cropped, by lesion id, and the CT that they lie on."""

    image: sitk.Image
    a: Mapping[str, sitk.Image]
    b: Mapping[str, sitk.Image]

    def of(self, verdict: Verdict, reader: str) -> sitk.Image | None:
        """Return reader 'A's or 'B's mask of a pair, cropped; None where that reader has none."""
        lesion_id, masks = (verdict.a, self.a) if reader == "A" else (verdict.b, self.b)
        return None if lesion_id is None else masks[lesion_id]


@dataclass(frozen=True, eq=False)
class PairVoxels:
    """Both outlines of a pair in the box around them.

    Attributes
    ----------
    a, b
        Boolean (k, j, i) arrays of one shape; a reader who has no such lesion has no voxel.
    start
        Index (k, j, i) of their first voxel in the image.
    """

    a: np.ndarray
    b: np.ndarray
    start: tuple[int, int, int]

    @classmethod
    def of(cls, outlines: Outlines, verdict: Verdict) -> "PairVoxels":
        """Cut a pair out of the reads."""
        found: dict[str, Region] = {}
        for reader in ("A", "B"):
            mask = outlines.of(verdict, reader)
            if mask is not None:
                found[reader] = region(mask, f"{reader}'s mask of {verdict.pair_id}", outlines.image)
        start = np.min([lesion.start for lesion in found.values()], axis=0)
        stop = np.max([lesion.stop for lesion in found.values()], axis=0)
        boxes = {reader: np.zeros(stop - start, bool) for reader in ("A", "B")}
        for reader, lesion in found.items():
            boxes[reader][tuple(map(slice, lesion.start - start, lesion.stop - start))] = lesion.voxels
        return cls(boxes["A"], boxes["B"], tuple(start.tolist()))


def load_outlines(folder: CaseFolder) -> Outlines:
    """Return both reads' masks and the CT.

    Raises
    ------
    StateError
        Unless both reads are locked.
    """
    masks = {read.role: folder.segments_for(read.reader, crop=True) for read in folder.reads_for()}
    return Outlines(folder.image(), masks.get("A", {}), masks.get("B", {}))


def find_verdict(folder: CaseFolder, pair_id: str) -> Verdict:
    """Return the verdict on a pair.

    Raises
    ------
    CaseFolderError
        If there is no such pair.
    """
    verdicts = {verdict.pair_id: verdict for verdict in folder.verdicts()}
    if pair_id not in verdicts:
        raise CaseFolderError(
            f"There is no pair {str(pair_id)[:80]!r}; there are {', '.join(verdicts)}."
            if verdicts
            else f"Case {folder.case_id} has no pairs yet: compare both reads first."
        )
    return verdicts[pair_id]


def show_pair(folder: CaseFolder, pair_id: str, volume_node=None, outlines: Outlines | None = None):
    """Add a pair to the scene: a segmentation node with the outlines 'A' and 'B' and where only one of them is.

    The segments 'only A' and 'only B' are hatched (:mod:`.patterns`) in the axial slices, finer than the CT's voxels
    where the lesion is small. Segments of which there is nothing are left out. There are two display nodes, one a
    reader (:mod:`.comparison_display`).

    Parameters
    ----------
    volume_node
        The CT in the scene, for the reference geometry.
    outlines
        What :func:`load_outlines` returned; read from the case folder where left out.

    Raises
    ------
    StateError
        Unless both reads are locked.
    CaseFolderError
        If there is no such pair.
    """
    outlines = outlines or load_outlines(folder)
    verdict = find_verdict(folder, pair_id)
    pair = PairVoxels.of(outlines, verdict)
    first, grid = pair.start[::-1], Grid.of(outlines.image)
    masks = {
        name: crop_voxels(voxels.astype(np.uint8), first, grid)
        for name, voxels in ((A, pair.a), (B, pair.b))
        if voxels.any()
    }
    node = segmentation_from_masks(masks, f"{folder.case_id} {pair_id}", volume_node, outlines.image)
    view_width = look_at(outlines, verdict)[1]
    for name, voxels, pattern in ((ONLY_A, pair.a & ~pair.b, "stripes"), (ONLY_B, pair.b & ~pair.a, "dots")):
        if voxels.any():
            add_segment(node, name, _hatched(voxels, pair.start, pattern, outlines.image, view_width))
    show_as_comparison(node)
    return node


def _hatched(
    voxels: np.ndarray, start: tuple[int, int, int], pattern: str, image: sitk.Image, view_width_mm: float
) -> sitk.Image:
    """Return a pattern of voxels (k, j, i) from ``start`` on, as a mask on a lattice that divides the image's.

    Along both axes of an axial slice a voxel is divided until stripes are as wide in the view as
    :data:`_STRIPES_A_VIEW` says: of a small lesion the voxels are too large for a pattern.
    """
    across = 2 - axial_axis(image)
    sample_mm = view_width_mm / _STRIPES_A_VIEW / (PERIOD / 2)
    factors = np.clip(np.rint(np.divide(image.GetSpacing()[::-1], sample_mm)), 1, _FINEST).astype(int)
    factors[across] = 1
    for axis, factor in enumerate(factors):
        voxels = np.repeat(voxels, factor, axis)
    whole, divided = Grid.of(image), factors[::-1]
    corner = whole.at(0.5 / divided - 0.5, whole.size)  # where the centre of the first part of the first voxel lies
    size, spacing = np.multiply(whole.size, divided), np.divide(whole.spacing, divided)
    fine = Grid(tuple(size.tolist()), tuple(spacing.tolist()), corner.origin, whole.direction)
    first = np.multiply(start, factors)
    kept = fill(voxels, tuple(first.tolist()), pattern, across)
    return crop_voxels(kept.astype(np.uint8), tuple(first[::-1].tolist()), fine)


def look_at(outlines: Outlines, verdict: Verdict) -> tuple[tuple[float, float, float], float]:
    """Return where a pair is to be looked at, LPS mm, and how wide a view is to be for it (mm).

    That is the middle of both outlines in the axial slice where most voxels differ, of several the lowest; where
    nothing differs, in the slice of the longest diameter. The view shows what is around them, too.
    """
    pair = PairVoxels.of(outlines, verdict)
    across = 2 - axial_axis(outlines.image)
    differing = np.moveaxis(pair.a ^ pair.b, across, 0).sum(axis=(1, 2))
    if differing.any():
        number = int(differing.argmax())
    else:
        measured = measure_region(Region(pair.a, pair.start, outlines.image))
        number = measured.slice_index - pair.start[across]
    inside = np.argwhere(np.moveaxis(pair.a | pair.b, across, 0)[number])
    low, high = inside.min(axis=0), inside.max(axis=0)
    index = np.insert((low + high) / 2, across, number) + pair.start
    spacing = np.delete(outlines.image.GetSpacing()[::-1], across)
    point = outlines.image.TransformContinuousIndexToPhysicalPoint(index[::-1].tolist())
    return point, max(_LEAST_VIEW_MM, _TIMES_WIDER * float(((high - low + 1) * spacing).max()))


def proposals_of(outlines: Outlines, verdict: Verdict) -> tuple[dict[str, sitk.Image], tuple[Finding, ...]]:
    """Return the proposals for a pair by name, cropped, and what is to be known of them; none unless both drew it."""
    if verdict.agreement is None:
        return {}, ()
    a, b = outlines.of(verdict, "A"), outlines.of(verdict, "B")
    proposals = propose(a, b, outlines.image)
    return proposals, explain_proposals(a, b, proposals, outlines.image)


def outline_of(
    outlines: Outlines, verdict: Verdict, choice: str, proposals: Mapping[str, sitk.Image] | None = None
) -> sitk.Image:
    """Return the mask that 'A', 'B' or a proposal stands for, cropped.

    ``proposals`` are those of :func:`proposals_of`, which are computed where left out.

    Raises
    ------
    MaskError
        If the pair has no such outline.
    """
    if choice in PROPOSALS:
        mask = (proposals_of(outlines, verdict)[0] if proposals is None else proposals).get(choice)
    else:
        mask = outlines.of(verdict, choice) if choice in ("A", "B") else None
    if mask is None:
        raise MaskError(f"{verdict.pair_id} has no outline {choice!r}: choose another.")
    return mask


def preview(mask: sitk.Image, image: sitk.Image, volume_node=None):
    """Add a proposal, a cropped mask on ``image``, to the scene: a segmentation node with one green outline."""
    node = segmentation_from_masks({_("Proposal"): mask}, _("Proposal"), volume_node, image)
    show_as_preview(node)
    return node


def load_proposal(folder: CaseFolder, pair_id: str, choice: str, volume_node=None):
    """Add a pair's proposal ('staple', 'intersection', 'union', 'midway') to the scene as a segmentation node.

    Raises
    ------
    StateError, CaseFolderError, MaskError
        If both reads are not locked, there is no such pair, or the pair has no such proposal.
    """
    outlines = load_outlines(folder)
    mask = outline_of(outlines, find_verdict(folder, pair_id), choice)
    return preview(mask, outlines.image, volume_node)


def editable(mask: sitk.Image, pair_id: str, image: sitk.Image, volume_node=None):
    """Add a copy of a mask to the scene to be edited: a segmentation node whose one segment is :data:`EDITED`."""
    node = segmentation_from_masks({EDITED: mask}, _("{pair} edited").format(pair=pair_id), volume_node, image)
    show_as_preview(node)
    return node


def edit_pair(folder: CaseFolder, pair_id: str, choice: str, volume_node=None):
    """Add a copy of the outline ``choice`` of a pair to the scene, to be edited in the Segment Editor.

    The edited segment settles the pair with ``adjudicate(pair_id, "edited", ...)``; see :func:`editable`.

    Raises
    ------
    StateError, CaseFolderError, MaskError
        As :func:`load_proposal`.
    """
    outlines = load_outlines(folder)
    mask = outline_of(outlines, find_verdict(folder, pair_id), choice)
    return editable(mask, pair_id, outlines.image, volume_node)


def load_reads(folder: CaseFolder, volume_node=None) -> tuple:
    """Add both locked reads to the scene: two segmentation nodes, 'A' and 'B', a segment for each lesion id.

    Raises
    ------
    StateError
        Unless both reads are locked.
    """
    outlines = load_outlines(folder)
    return tuple(
        segmentation_from_masks(masks, f"{folder.case_id} {reader}", volume_node, outlines.image)
        for reader, masks in (("A", outlines.a), ("B", outlines.b))
    )
