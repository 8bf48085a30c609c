"""The workflow through the logic, with nodes of the scene."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ABCImmunoResponseLib.errors import MissingDependencyError
from ABCImmunoResponseWidgets.nodes.segmentations import segmentation_from_masks
from ABCImmunoResponseWidgets.report.packages import importable
from ABCImmunoResponseWidgets.selftest.patient import READERS, Patient, simulate


def take_case(test, logic) -> dict[str, Any]:
    """Take a simulated patient from CT to report and return the result; ``test`` is the running TestCase."""
    with tempfile.TemporaryDirectory() as temporary:
        patient, case = simulate(Path(temporary, "patient")), Path(temporary, "case")
        logic.createCaseFromFile(case, patient.dicom, "SELFTEST", "test")
        ct = logic.loadVolume(case)
        for reader in READERS:
            _read(logic, case, ct, patient, reader)
        logic.reconcile(case, "test")
        for verdict in logic.openCase(case).verdicts():
            if not verdict.concordant:
                logic.adjudicate(case, verdict.pair_id, "A" if verdict.a else "drop", "senior", "A is followed")
        logic.sign(case, "senior")
        measured = logic.measure(logic.loadConsensus(case, ct), ct)
        test.assertEqual(measured.GetNumberOfRows(), len(logic.openCase(case).consensus_lesions()))
        _score_and_report(test, logic, case, patient.clinical)
        return logic.openCase(case).result()


def _read(logic, case: Path, ct, patient: Patient, reader: str) -> None:
    image = logic.openCase(case).image()
    masks = {name: mask.image for name, mask in patient.masks[reader].items()}
    logic.saveRead(case, segmentation_from_masks(masks, reader, ct, image), reader, patient.lesions[reader])
    logic.lockRead(case, reader)


def _score_and_report(test, logic, case: Path, clinical: Path) -> None:
    """Score and report as far as the packages for it are installed; a missing one is named in one line."""
    result = logic.score(case, "test", clinical)
    test.assertEqual(result["n_features"], 1130)
    table, text = logic.showResult(case)
    test.assertIn(result["scores"]["radiomics"]["risk_group"], [table.GetCellText(row, 1) for row in range(4)])
    test.assertEqual(json.loads(text.GetText()), result)
    if not importable("jinja2", "matplotlib", "PIL"):
        _see_refused(test, "jinja2, matplotlib and pillow", logic.report, case, "test")
        return
    test.assertTrue(logic.report(case, "test").is_file())


def _see_refused(test, packages: str, step: Callable, *given) -> None:
    """See that a step is refused with one line that names the missing packages, and say so in the log."""
    with test.assertRaisesRegex(MissingDependencyError, packages) as refusal:
        step(*given)
    test.assertNotIn("\n", str(refusal.exception))
    test.delayDisplay(f"Not tested here: {refusal.exception}")
