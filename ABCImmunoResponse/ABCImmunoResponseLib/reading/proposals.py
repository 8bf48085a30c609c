"""Consensus proposals for a lesion that two readers outlined: what an adjudicator may take instead of A or B."""

from collections.abc import Mapping

import numpy as np
import SimpleITK as sitk
from scipy.ndimage import distance_transform_edt

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.imaging.cropping import crop_voxels, on_grid
from ABCImmunoResponseLib.imaging.geometry import Grid
from ABCImmunoResponseLib.reading.agreement import two_regions
from ABCImmunoResponseLib.recist.regions import Region, common_voxels, region

PROPOSALS = ("staple", "intersection", "union", "midway")

_TIE_MM = 1e-6
_TIE_PROBABILITY = 1e-4  # where one outline encloses the other STAPLE settles at one half, but for rounding
_STAPLE_ITERATIONS = 500


def propose(a: sitk.Image, b: sitk.Image, image: sitk.Image | None = None) -> dict[str, sitk.Image]:
    """Return the consensus proposals for two outlines of one lesion.

    - ``intersection``: voxels of both.
    - ``union``: voxels of either.
    - ``midway``: voxels where the mean of both signed distances (mm, negative inside) is not positive, so that its
      surface runs halfway between the two; a voxel exactly halfway is taken. The signed distance of a voxel is that to
      the nearest voxel centre on the other side of the outline. Holds the intersection and lies in the union.
    - ``staple``: voxels that belong to the lesion with a probability of at least one half by STAPLE (Warfield et al.,
      IEEE Trans Med Imaging 2004;23:903-921; SimpleITK), seen in the box around both outlines widened by a quarter of
      its size on each side.

    None depends on which outline is called A. Outlines that share no voxel have only a union: nothing lies between
    them. STAPLE is left out where outlines overlap so little that it finds even their common voxels unlikely.
    :func:`explain_proposals` says what is missing, and why.

    Parameters
    ----------
    a, b
        uint8 volumes of the same grid, or cropped ones (``imaging.cropping``) of ``image``.
    image
        The image that both lie on; needed for cropped masks only.

    Returns
    -------
    dict
        uint8 0/1 volumes by name, in the order of ``PROPOSALS``: on the grid of ``a`` or, where ``image`` is given,
        cropped ones of it.

    Raises
    ------
    MaskError
        If one is empty or no volume.
    GeometryError
        If the grids differ.
    """
    one, other = two_regions(a, b, image)
    start, (in_a, in_b) = _common_box(one, other)
    found = {"union": in_a | in_b}
    if common_voxels(one, other):
        found["intersection"] = in_a & in_b
        found["midway"] = _midway(in_a, in_b, one.spacing)
        staple = _staple(in_a, in_b)
        if not (found["intersection"] & ~staple).any():  # else it doubts even what both outlined
            found["staple"] = staple
    grid, first = Grid.of(a if image is None else image), tuple(start[::-1].tolist())
    cropped = {name: crop_voxels(found[name].view(np.uint8), first, grid) for name in PROPOSALS if name in found}
    return cropped if image is not None else {name: on_grid(mask, grid) for name, mask in cropped.items()}


def explain_proposals(
    a: sitk.Image, b: sitk.Image, proposals: Mapping[str, sitk.Image], image: sitk.Image | None = None
) -> tuple[Finding, ...]:
    """Return what an adjudicator must know about the proposals that :func:`propose` made of the same masks.

    That is: which are missing and why, and what STAPLE repeats. All voxels that both outlined have one probability, so
    have those of A only and those of B only: STAPLE of two readers is always their intersection, their union, A or B.
    """
    if "intersection" not in proposals:
        return (
            Finding(
                "no-common-voxel",
                "The two outlines share no voxel, so only their union is proposed; choose A, B or an edited outline.",
                "info",
            ),
        )
    if "staple" not in proposals:
        message = "The outlines overlap so little that STAPLE doubts even their common voxels; it is not proposed."
        return (Finding("staple-implausible", message, "info"),)
    one, other = two_regions(a, b, image)
    if _same(one, other):
        return ()
    both, either, staple = (region(proposals[name], name, image) for name in ("intersection", "union", "staple"))
    choices = {"the intersection": both, "the union": either, "reader A's outline": one, "reader B's outline": other}
    repeated = [name for name, choice in choices.items() if _same(staple, choice)]
    message = "STAPLE of two outlines always repeats another choice, here {}."
    return tuple(Finding("staple-degenerate", message.format(name), "info") for name in repeated[:1])


def _same(a: Region, b: Region) -> bool:
    return a.start == b.start and np.array_equal(a.voxels, b.voxels)


def _common_box(a: Region, b: Region) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Return the first index (k, j, i) of the box around both lesions and each lesion in it, shaped as the box."""
    start, stop = np.minimum(a.start, b.start), np.maximum(a.stop, b.stop)
    boxes = []
    for lesion in (a, b):
        box = np.zeros(stop - start, bool)
        box[tuple(map(slice, lesion.start - start, lesion.stop - start))] = lesion.voxels
        boxes.append(box)
    return start, tuple(boxes)


def _midway(a: np.ndarray, b: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
    total = _signed_distance(a, spacing) + _signed_distance(b, spacing)
    return total <= _TIE_MM  # a voxel as far outside the one as inside the other is taken


def _signed_distance(box: np.ndarray, spacing: tuple[float, float, float]) -> np.ndarray:
    """Return the distance in mm to the outline, negative inside, for each voxel of ``box``.

    One voxel of margin holds the nearest outside voxel of every inside one, also at the edge of the image.
    """
    wide = np.pad(box, 1)
    inside, outside = (distance_transform_edt(part, sampling=spacing) for part in (wide, ~wide))
    return (outside - inside)[1:-1, 1:-1, 1:-1]


def _staple(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Run STAPLE in a box where most voxels are background, whatever the lesion's shape.

    Its prior is the share of lesion in the box. Were the box tight, a block-like lesion would fill most of it and
    the same disagreement would be settled the other way round than for a ball.
    """
    margin = [-(-n // 4) + 1 for n in a.shape]
    raters = [sitk.GetImageFromArray(np.pad(box, [(m, m) for m in margin]).astype(np.uint8)) for box in (a, b)]
    probability = sitk.GetArrayFromImage(sitk.STAPLE(raters, 1.0, 1.0, _STAPLE_ITERATIONS))
    within = tuple(slice(m, -m) for m in margin)
    return (probability[within] >= 0.5 - _TIE_PROBABILITY) & (a | b)
