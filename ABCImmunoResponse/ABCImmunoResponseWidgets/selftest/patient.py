"""The simulated patient of the self test: small, so that it takes seconds."""

from dataclasses import dataclass
from pathlib import Path

import SimpleITK as sitk

from ABCImmunoResponseLib.case import Lesion, from_mapping
from ABCImmunoResponseLib.files import read_json
from ABCImmunoResponseLib.imaging.ct import read_ct
from ABCImmunoResponseLib.imaging.masks import Mask, read_masks
from ABCImmunoResponseLib.simulation.case import simulate_case

READERS = ("reader-a", "reader-b")


@dataclass(frozen=True)
class Patient:
    """Where the CT (``dicom``) and the clinical values are, and by reader the lesions and their masks on the CT."""

    dicom: Path
    clinical: Path
    lesions: dict[str, tuple[Lesion, ...]]
    masks: dict[str, dict[str, Mask]]


def simulate(folder: Path) -> Patient:
    """Simulate the patient into a new folder."""
    simulate_case(folder, seed=3, size=(128, 128, 64), lesions=2)
    image: sitk.Image = read_ct(folder / "dicom").image
    lesions = {
        reader: tuple(from_mapping(Lesion, entry, reader) for entry in read_json(folder / f"{reader}.json"))
        for reader in READERS
    }
    masks = {
        reader: {mask.name: mask for mask in read_masks(folder / f"{reader}.seg.nrrd", image, crop=True)}
        for reader in READERS
    }
    return Patient(folder / "dicom", folder / "clinical.json", lesions, masks)
