"""A small simulated patient whose consensus is signed: a case that really can be scored, in a second."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from ABCImmunoResponseLib.case import Lesion, from_mapping
from ABCImmunoResponseLib.clinical import ClinicalRecord, read_clinical
from ABCImmunoResponseLib.files import read_json
from ABCImmunoResponseLib.imaging.masks import read_masks
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.entry import new_case, save_masks
from ABCImmunoResponseLib.simulation.case import simulate_case

READERS = {"reader-a": "lee", "reader-b": "kim"}
SENIOR = "senior"


def signed_case(path: Path, case_id: str = "SMALL") -> Path:
    """Make the case folder ``path``, in state 'signed', without clinical values."""
    shutil.copytree(_patient(case_id) / "case", path)
    return path


def clinical_values() -> ClinicalRecord:
    """Return the patient's clinical values, all of them known."""
    return read_clinical(_patient("SMALL") / "patient" / "clinical.json")


def read_and_sign(folder: CaseFolder, patient: Path) -> None:
    """Take a new case of a simulated patient to a signed consensus; the senior follows reader A."""
    for name, reader in READERS.items():
        lesions = [from_mapping(Lesion, entry, name) for entry in read_json(patient / f"{name}.json")]
        save_masks(folder, reader, lesions, read_masks(patient / f"{name}.seg.nrrd", folder.image(), crop=True))
        folder.lock_read(reader)
    for verdict in folder.reconcile("clerk"):
        if not verdict.concordant:
            folder.adjudicate(verdict.pair_id, "A" if verdict.a else "drop", SENIOR, "A saw the whole rim")
    folder.sign(SENIOR)


@cache
def _patient(case_id: str) -> Path:
    base = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, base, ignore_errors=True)
    simulate_case(base / "patient", seed=3, size=(128, 128, 64), lesions=2)
    folder = new_case(
        base / "case", base / "patient" / "dicom", case_id=case_id, protocol=load_protocol(), actor="clerk"
    )
    read_and_sign(folder, base / "patient")
    return base
