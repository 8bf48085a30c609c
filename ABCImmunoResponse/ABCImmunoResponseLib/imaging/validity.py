"""Whether a lesion's mask can be measured and turned into features on this image."""

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.case import Finding, Protocol
from ABCImmunoResponseLib.errors import MaskError
from ABCImmunoResponseLib.imaging.cropping import lattice_offset
from ABCImmunoResponseLib.imaging.geometry import bounding_box


def check_lesion(image: sitk.Image, mask: sitk.Image, protocol: Protocol, name: str) -> tuple[Finding, ...]:
    """Check one lesion: ``mask`` (0/1), full or cropped (``imaging.cropping``), on the grid of ``image``, in HU.

    Returns
    -------
    tuple of Finding
        Not refused, but to be known: the lesion touches the image's border, falls into pieces, or is uniform.

    Raises
    ------
    MaskError
        If the mask is on another grid, empty, a single voxel, thinner than the protocol allows (in voxels or
        slices), or holds voxels that are not finite.
    """
    start = lattice_offset(mask, image, protocol.acquisition["geometry_tolerance_mm"])
    if isinstance(start, str):
        raise MaskError(f"Lesion {name}: the mask is not on the image's grid ({start}); read it for this image.")
    voxels = sitk.GetArrayViewFromImage(mask)
    box = bounding_box(voxels)
    if box is None:
        raise MaskError(f"Lesion {name}: the mask is empty; segment the lesion or remove it.")
    inside = voxels[box] != 0
    box = tuple(slice(s.start + n, s.stop + n) for s, n in zip(box, start[::-1], strict=True))  # in the image
    count, slices = int(inside.sum()), int(inside.any(axis=(1, 2)).sum())
    if count == 1:
        raise MaskError(f"Lesion {name}: the mask is a single voxel; segment the whole lesion.")
    fewest, thinnest = protocol.acquisition["lesion_voxels_min"], protocol.acquisition["lesion_slices_min"]
    if slices < thinnest:
        raise MaskError(
            f"Lesion {name}: the mask lies on {slices} slice(s), fewer than the protocol's minimum of {thinnest}; "
            "segment it on every slice that shows it."
        )
    if count < fewest:
        raise MaskError(
            f"Lesion {name}: the mask has {count} voxels, fewer than the protocol's minimum of {fewest}; "
            "segment the whole lesion, or do not take it as a target."
        )
    whole = sitk.GetArrayViewFromImage(image)
    values = whole[box][inside]
    if values.dtype.kind == "f":
        bad = values.size - int(np.isfinite(values).sum())
        if bad:
            raise MaskError(
                f"Lesion {name}: {bad} of its {count} voxels are not finite numbers in the image; repair the image."
            )
    at_border = any(s.start == 0 or s.stop == n for s, n in zip(box, whole.shape, strict=True))
    return _remarks(at_border, inside, values, name)


def _remarks(at_border: bool, inside: np.ndarray, values: np.ndarray, name: str) -> tuple[Finding, ...]:
    findings = []
    if at_border:
        findings.append(
            Finding("lesion-at-border", "The lesion touches the border of the image and may be cut off.", lesion=name)
        )
    labels = sitk.ConnectedComponent(sitk.GetImageFromArray(inside.astype(np.uint8)), True)
    sizes = np.bincount(sitk.GetArrayViewFromImage(labels).ravel())[1:]
    if sizes.size > 1:
        findings.append(
            Finding(
                "lesion-in-pieces",
                f"The mask is {sizes.size} separate pieces of {', '.join(map(str, sorted(sizes.tolist())[::-1][:5]))}"
                f"{' ...' if sizes.size > 5 else ''} voxels; remove stray ones.",
                lesion=name,
            )
        )
    if values.min() == values.max():
        findings.append(
            Finding(
                "lesion-uniform",
                f"Every voxel of the lesion has the value {float(values.min()):g}: it has no texture to score.",
                "serious",
                lesion=name,
            )
        )
    return tuple(findings)
