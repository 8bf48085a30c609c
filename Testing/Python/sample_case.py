"""A small case in any state, for tests: two readers, three lesions, one pair to adjudicate."""

from pathlib import Path

import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.case import Acquisition, Finding, Lesion
from ABCImmunoResponseLib.clinical import ClinicalRecord
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.states import reached
from phantoms import ball, grid, textured

SPACING = (1.0, 1.0, 1.25)
ACQUISITION = Acquisition(
    modality="CT", manufacturer="GE", kvp=120.0, slice_thickness_mm=1.25, spacing_mm=SPACING, contrast=True
)
LESIONS = {
    "lee": (Lesion("a1", "liver", site="segment VIII"), Lesion("a2", "lung", site="left upper lobe")),
    "kim": (Lesion("b1", "liver"), Lesion("b2", "lung"), Lesion("b3", "breast")),
}
READERS = tuple(LESIONS)
SENIOR = "Dr Senior"
CLINICAL = ClinicalRecord(age_years=52, ecog=1, prior_lines=2, her2="negative", er="negative", pr="negative")
FEATURES = b"case_id,lesion_id\r\nP001,L1\r\nP001,L2\r\n"
REPORT = b"<!doctype html><title>P001</title>"


def reference() -> sitk.Image:
    """Return the grid of the sample case's CT."""
    return grid((44, 44, 24), SPACING)


def ct() -> sitk.Image:
    """Return the sample case's CT."""
    return textured(reference(), seed=3)


def masks(reader: str) -> dict[str, sitk.Image]:
    """Return a reader's masks: the first lesion alike, the second larger by kim, the third only by kim."""
    on = reference()
    if reader == "lee":
        return {"a1": ball(on, (12, 12, 12), 6), "a2": ball(on, (31, 31, 15), 5)}
    return {"b1": ball(on, (12.5, 12, 12), 6), "b2": ball(on, (32, 31, 15), 7), "b3": ball(on, (12, 32, 14), 5)}


def result(case_id: str = "P001") -> dict:
    """Return a result as far as a case folder looks at it."""
    return {"schema": 1, "case_id": case_id, "scores": {"radiomics": {"score": 0.25}}, "warnings": ["größer µm"]}


def features(folder: CaseFolder) -> bytes:
    """Return a feature table as far as a case folder looks at it: a row for each target lesion of the consensus."""
    targets = [lesion.lesion_id for lesion in folder.consensus_lesions() if lesion.kind == "target"]
    return "".join(f"{row}\r\n" for row in ("lesion_id", *targets)).encode()


def create(path: Path, **changed) -> CaseFolder:
    """Create the sample case in ``path``."""
    given = {
        "case_id": "P001",
        "image": ct(),
        "acquisition": ACQUISITION,
        "protocol": load_protocol(),
        "findings": (Finding("kernel", "The kernel is not recorded.", "info"),),
        "actor": "clerk",
    }
    return CaseFolder.create(path, **(given | changed))


def step(folder: CaseFolder) -> None:
    """Take the next step of the workflow, whatever state the case is in."""
    known = {read.reader: read for read in folder.reads}
    missing = [reader for reader in READERS if reader not in known]
    unlocked = [reader for reader in READERS if reader in known and not known[reader].locked]
    if missing:
        folder.save_read(missing[0], LESIONS[missing[0]], masks(missing[0]))
    elif unlocked:
        folder.lock_read(unlocked[0], "I read this case alone.")
    elif folder.state == "locked":
        folder.reconcile("clerk")
    elif folder.state == "reconciled":
        choice = {"P2": "midway", "P3": "drop"}
        pair = folder.consensus().open_pairs[0]
        folder.adjudicate(pair, choice[pair], SENIOR, "seen with both readers")
    elif folder.state == "adjudicated":
        folder.sign(SENIOR)
    elif folder.clinical() is None:
        folder.set_clinical(CLINICAL, "clerk")
    elif folder.state == "signed":
        folder.record_score(FEATURES, result(), "clerk")
    else:
        folder.record_report(REPORT, "clerk")


def advance(folder: CaseFolder, state: str) -> CaseFolder:
    """Take steps until the case is in ``state``."""
    while not reached(folder.state, state):
        step(folder)
    return folder


def snapshot(path: Path) -> dict[str, bytes]:
    """Return the bytes of every file of a folder but its lock, by name."""
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file() and file.name != ".lock"
    }


def refused(folder, error, match, call):
    """Check that ``call`` is refused in one line and changes nothing."""
    before = snapshot(folder.path)
    with pytest.raises(error, match=match) as caught:
        call()
    assert "\n" not in str(caught.value)
    assert snapshot(folder.path) == before
