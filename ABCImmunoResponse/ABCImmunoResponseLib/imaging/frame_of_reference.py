"""Whether a DICOM mask belongs to the space of an image."""

import SimpleITK as sitk

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.errors import GeometryError
from ABCImmunoResponseLib.imaging.geometry import FRAME_OF_REFERENCE


def check_frame_of_reference(uid: str | None, reference: sitk.Image, what: str) -> tuple[Finding, ...]:
    """Refuse a mask of another frame of reference; tell where that cannot be known.

    Raises
    ------
    GeometryError
        If mask and image both name their frame of reference and the two differ.
    """
    own = reference.GetMetaData(FRAME_OF_REFERENCE) if reference.HasMetaDataKey(FRAME_OF_REFERENCE) else None
    if uid is None or own is None:
        which = "the mask" if uid is None else "the image"
        return (
            Finding(
                "frame-of-reference-unknown",
                f"{what}: {which} does not name its frame of reference, so that they belong together is not proven.",
                "info",
            ),
        )
    if uid != own:
        raise GeometryError(
            f"{what} belongs to another frame of reference ({uid}) than the image ({own}); "
            "choose the mask that was drawn on this image."
        )
    return ()
