"""``demo``: one simulated patient through the whole workflow, step by step."""

import time
from argparse import Namespace, _SubParsersAction
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ABCImmunoResponseLib.case import Lesion, from_mapping
from ABCImmunoResponseLib.clinical import read_clinical
from ABCImmunoResponseLib.commands.case_output import print_result
from ABCImmunoResponseLib.commands.console import add_command, progress_bar
from ABCImmunoResponseLib.errors import CaseFolderError
from ABCImmunoResponseLib.features.engine import engine
from ABCImmunoResponseLib.files import read_json
from ABCImmunoResponseLib.imaging.masks import read_masks
from ABCImmunoResponseLib.model.bundle import load_bundle
from ABCImmunoResponseLib.model.score_case import score_case
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.entry import new_case, save_masks
from ABCImmunoResponseLib.report.case_report import write_report
from ABCImmunoResponseLib.simulation.case import simulate_case

READERS = {"reader-a": "simulated-reader-a", "reader-b": "simulated-reader-b"}
SENIOR = "simulated-senior"


def add(commands: _SubParsersAction) -> None:
    """Add ``demo``."""
    parser = add_command(
        commands,
        "demo",
        "Take one simulated patient from CT and two reads to a signed, scored report.",
        "abc-immuno-response demo --output demo-output",
        _demo,
    )
    parser.add_argument("--output", type=Path, default=Path("demo-output"), help="the folder to make (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="which patient (%(default)s)")
    parser.add_argument(
        "--size", type=int, nargs=3, default=(512, 512, 200), metavar=("I", "J", "K"), help="the CT's voxels"
    )


def _demo(words: Namespace) -> None:
    if words.output.exists() and (not words.output.is_dir() or any(words.output.iterdir())):
        raise CaseFolderError(f"{words.output} exists and is no empty folder: remove it, or choose another --output.")
    patient, path = words.output / "patient", words.output / "case"
    with _step("simulate a patient: CT as DICOM, two readers, clinical values"):
        simulate_case(patient, seed=words.seed, size=tuple(words.size), progress=progress_bar("simulate"))
    with _step("start the case from the DICOM folder"):
        folder = new_case(path, patient / "dicom", case_id="DEMO", protocol=load_protocol(), actor="demo")
    for name, reader in READERS.items():
        with _step(f"{reader} reads and locks"):
            _read(folder, reader, patient / f"{name}.seg.nrrd", patient / f"{name}.json")
    with _step("compare the reads"):
        verdicts = folder.reconcile("demo")
    for verdict in verdicts:
        print(f"      {verdict.pair_id}: {verdict.reason}")
    with _step("adjudicate what differs, sign the consensus"):
        for verdict in verdicts:
            if not verdict.concordant:
                choice = "A" if verdict.a else "drop"
                folder.adjudicate(verdict.pair_id, choice, SENIOR, "the demo's senior reader follows reader A")
        folder.sign(SENIOR)
    with _step("extract 1130 features a lesion and score"):
        bundle = load_bundle()
        clinical = read_clinical(patient / "clinical.json")
        result = score_case(folder, bundle, engine(), actor="demo", clinical=clinical, progress=progress_bar("score"))
    with _step("write the report"):
        report = write_report(folder, bundle, "demo")
    with _step("verify every file against the audit log"):
        CaseFolder.open(path).verify()
    print()
    print_result(result)
    print(f"\nreport: {report}")


def _read(folder: CaseFolder, reader: str, mask: Path, lesions: Path) -> None:
    listed = [from_mapping(Lesion, entry, str(lesions)) for entry in read_json(lesions)]
    save_masks(folder, reader, listed, read_masks(mask, folder.image(), crop=True))
    folder.lock_read(reader)


@contextmanager
def _step(what: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    print(f"{time.perf_counter() - started:6.1f} s  {what}", flush=True)
