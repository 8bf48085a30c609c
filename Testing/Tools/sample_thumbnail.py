"""Draw Resources/Icons/SimulatedCase.png, the button of the sample case: a slice through the lung lesion.

``python Testing/Tools/sample_thumbnail.py``, where the simulator's patient changed.
"""

import json
import tempfile
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from PIL import Image

from ABCImmunoResponseLib.imaging.ct import read_ct
from ABCImmunoResponseLib.simulation.case import simulate_case

ICON = Path(__file__).resolve().parents[2] / "ABCImmunoResponse" / "Resources" / "Icons" / "SimulatedCase.png"
SEED, SIZE, LESIONS = 7, (512, 512, 100), 3  # those of ABCImmunoResponseWidgets/sample_data.py (tested)
WIDTH, HEIGHT = 240, 160
WINDOW, LEVEL = 700, -60  # HU: shows lung vessels as well as soft tissue


def draw() -> Image.Image:
    """Return the slice through the second lesion, cropped to the body."""
    with tempfile.TemporaryDirectory() as temporary:
        patient = Path(temporary, "patient")
        simulate_case(patient, seed=SEED, size=SIZE, lesions=LESIONS)
        ct = read_ct(patient / "dicom").image
        lesion = json.loads((patient / "truth.json").read_text(encoding="utf-8"))["lesions"][1]
    k = ct.TransformPhysicalPointToIndex(lesion["centre_lps_mm"])[2]
    axial = sitk.GetArrayViewFromImage(ct)[k]
    rows, columns = (np.flatnonzero((axial > -300).sum(axis) > 40) for axis in (1, 0))
    width = columns[-1] - columns[0] + 20
    height = width * HEIGHT // WIDTH
    left, top = columns[0] - 10, (rows[0] + rows[-1] - height) // 2
    grey = np.clip((axial - (LEVEL - WINDOW / 2)) / WINDOW, 0, 1) * 255
    box = (left, top, left + width, top + height)
    return Image.fromarray(grey.astype(np.uint8)).crop(box).resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    draw().save(ICON, optimize=True)
