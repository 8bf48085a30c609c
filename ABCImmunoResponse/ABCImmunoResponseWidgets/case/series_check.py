"""Whether a volume of the scene is still what its DICOM files hold: a copy that was changed names the same files."""

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.imaging.ct import read_ct
from ABCImmunoResponseWidgets.nodes.volumes import image_from_volume


def shows_series(volume_node, folder: Path, series_uid: str) -> bool:
    """Say whether a volume still holds the voxels of a series.

    Compared are size, sum and sum of squares of the voxels: whole numbers, exact in doubles, and the same however a
    reader orders rows and slices.

    Raises
    ------
    ImagingError, GeometryError
        If the series cannot be read, or the volume is no CT.
    """
    return _fingerprint(image_from_volume(volume_node)) == _fingerprint(read_ct(folder, series_uid=series_uid).image)


def _fingerprint(image: sitk.Image) -> tuple[list[int], float, float]:
    voxels = sitk.GetArrayViewFromImage(image).astype(np.float64)
    return sorted(image.GetSize()), float(voxels.sum()), float(np.square(voxels).sum())
