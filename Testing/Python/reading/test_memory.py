"""Two readers' five lesions, from saving to the consensus, need little more memory than the CT."""

import pytest

from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.reading.entry import new_case
from memory import MEGABYTE, VOXELS, peak_above_imports, write_ct, write_labels

IMPORTS = """
from dataclasses import replace
from pathlib import Path
import scipy.optimize, scipy.ndimage, scipy.spatial
from ABCImmunoResponseLib.case import Lesion
from ABCImmunoResponseLib.imaging.masks import read_masks
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.entry import save_masks
import ABCImmunoResponseLib.report.slices
"""
WORK = """
case, *files = map(Path, sys.argv[1:])
folder = CaseFolder.open(case)
lesions = [Lesion(f"label-{n}", organ) for n, organ in enumerate(("liver", "lung", "breast", "liver", "lung"), 1)]
for reader, file in zip(("lee", "kim"), files):
    save_masks(folder, reader, lesions, read_masks(file, folder.image(), crop=True))
    folder.lock_read(reader)
folder.reconcile("clerk")
for n, choice in enumerate(("union", "midway", "intersection", "staple", "A"), 1):
    folder.adjudicate(f"P{n}", choice, "senior", "seen")
folder.sign("senior")
assert len(folder.consensus_segments(crop=True)) == 5
"""


@pytest.fixture
def case(tmp_path):
    write_ct(tmp_path / "ct.nrrd")
    for name, larger in (("a", 0.0), ("b", 1.5)):
        write_labels(tmp_path / f"{name}.nrrd", larger)
    new_case(tmp_path / "case", tmp_path / "ct.nrrd", case_id="P001", protocol=load_protocol(), actor="clerk")
    return tmp_path


def test_from_reads_to_a_signed_consensus(case):
    extra = peak_above_imports(IMPORTS, WORK, case / "case", case / "a.nrrd", case / "b.nrrd") - 2 * VOXELS
    assert extra < VOXELS + 50 * MEGABYTE  # one label map while it is read
