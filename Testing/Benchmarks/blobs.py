"""A series of growing lesions in a block of soft tissue: what features cost against the lesion's volume."""

from pathlib import Path

import numpy as np
import SimpleITK as sitk
from big_ct import Lesion, hounsfield, image_of, lesion_voxels

DIAMETERS_MM = (5, 8, 12, 18, 27, 40, 60, 80)
SHAPE = (104, 160, 160)  # 130 x 128 x 128 mm


def write(folder: Path, scale: float = 1) -> None:
    """Write ``blobs.nrrd``, a block of tissue, and one mask on its grid a diameter: ``blob-<mm>.nrrd``.

    All blobs have one shape and one texture field, so that nothing but size changes along the series. ``scale``
    shrinks block and blobs.
    """
    shape = tuple(round(n * scale) for n in SHAPE)
    folder.mkdir(parents=True, exist_ok=True)
    for diameter in DIAMETERS_MM:
        lesion = Lesion(f"blob-{diameter}", f"{diameter} mm", (0.5, 0.5, 0.5), np.pi / 6 * diameter**3, 75, 6)
        voxels, start = lesion_voxels(lesion, shape, "consensus", scale)
        full = np.zeros(shape, np.uint8)
        full[tuple(slice(a, a + n) for a, n in zip(start, voxels.shape, strict=True))] = voxels
        sitk.WriteImage(image_of(full), folder / f"{lesion.name}.nrrd")
    everywhere = np.ones(shape, bool)
    sitk.WriteImage(image_of(hounsfield(shape, [(lesion, everywhere, [0, 0, 0])])), folder / "blobs.nrrd")
