"""The virtual patient on disk: a CT series that readers open, reads that lie on it, facts that were planted."""

import hashlib
import json

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.case import Lesion, from_mapping
from ABCImmunoResponseLib.clinical import clinical_variables, read_clinical
from ABCImmunoResponseLib.errors import ABCImmunoResponseError, Cancelled, CaseFolderError
from ABCImmunoResponseLib.imaging.ct import read_ct
from ABCImmunoResponseLib.imaging.placement import place_mask
from ABCImmunoResponseLib.imaging.seg_nrrd import read_seg_nrrd
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.reading.agreement import compare
from ABCImmunoResponseLib.recist.diameters import measure
from ABCImmunoResponseLib.simulation.body_scan import scan_grid
from ABCImmunoResponseLib.simulation.case import ORGANS, simulate_case
from ABCImmunoResponseLib.simulation.dicom_writer import write_series
from ABCImmunoResponseLib.simulation.grid import Grid
from ABCImmunoResponseLib.simulation.patient import draw_patients

SMALL = (128, 128, 60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated") / "patient"
    simulate_case(folder, seed=1, size=SMALL)
    return folder


@pytest.fixture(scope="module")
def ct(folder):
    return read_ct(folder / "dicom")


@pytest.fixture(scope="module")
def truth(folder):
    return json.loads((folder / "truth.json").read_text(encoding="utf-8"))


def _masks(folder, reader, reference):
    segments = read_seg_nrrd(folder / f"reader-{reader}.seg.nrrd")
    return {segment.name: place_mask(segment.image, reference, segment.name)[0] for segment in segments}


def test_what_is_written(folder):
    assert sorted(path.name for path in folder.iterdir()) == [
        "clinical.json",
        "dicom",
        "reader-a.json",
        "reader-a.seg.nrrd",
        "reader-b.json",
        "reader-b.seg.nrrd",
        "truth.json",
    ]
    assert len(list((folder / "dicom").iterdir())) == SMALL[2]


def test_the_series_is_a_ct_of_the_asked_size(ct):
    assert ct.image.GetSize() == SMALL
    assert ct.image.GetPixelID() == sitk.sitkInt16
    assert not ct.findings
    found = ct.acquisition
    assert (found.modality, found.contrast, found.study_date) == ("CT", True, "2023-01-02")
    assert found.kernel
    assert found.slice_thickness_mm == pytest.approx(ct.image.GetSpacing()[2], abs=1e-5)


def test_the_series_is_a_body(ct):
    hu = sitk.GetArrayViewFromImage(ct.image)
    share = {
        name: np.mean((hu > low) & (hu < high))
        for name, (low, high) in {
            "air": (-1100, -950),
            "lung": (-930, -780),
            "fat": (-140, -60),
            "soft": (0, 200),
        }.items()
    }
    assert 0.3 < share["air"] < 0.75
    assert all(0.03 < share[name] < 0.4 for name in ("lung", "fat", "soft"))
    assert hu.max() > 400  # bone
    # Head up, left to the right: lungs above, liver on the patient's right below, stomach on her left.
    assert np.mean(hu[-10:] < -780) > np.mean(hu[:10] < -780)
    middle = hu[20:28, 40:90]
    right, left = middle[..., 20:50], middle[..., 78:108]
    assert np.median(right) > np.median(left)


def test_headers_are_complete_and_say_that_it_is_simulated(folder):
    headers = [pydicom.dcmread(path) for path in sorted((folder / "dicom").iterdir())]
    first = headers[0]
    assert len({h.SOPInstanceUID for h in headers}) == len(headers)
    assert len({(h.StudyInstanceUID, h.SeriesInstanceUID, h.FrameOfReferenceUID) for h in headers}) == 1
    assert all(h.file_meta.MediaStorageSOPInstanceUID == h.SOPInstanceUID for h in headers)
    assert str(first.PatientID).startswith("SIM-")
    assert "simulated" in f"{first.SeriesDescription} {first.DerivationDescription}".lower()
    for name in (
        "RescaleSlope",
        "RescaleIntercept",
        "KVP",
        "ConvolutionKernel",
        "ContrastBolusAgent",
        "Manufacturer",
        "PixelSpacing",
        "SliceThickness",
        "ImageOrientationPatient",
        "PatientPosition",
    ):
        assert getattr(first, name) not in (None, ""), name
    heights = [float(h.ImagePositionPatient[2]) for h in headers]
    assert np.allclose(np.diff(heights), -float(first.SliceThickness), atol=1e-4)


def test_lesion_lists_and_masks_belong_together(folder, ct):
    protocol = load_protocol()
    for reader in "ab":
        listed = [
            from_mapping(Lesion, entry, reader) for entry in json.loads((folder / f"reader-{reader}.json").read_text())
        ]
        assert [lesion.organ for lesion in listed] == list(ORGANS[:3])
        masks = _masks(folder, reader, ct.image)
        assert list(masks) == [lesion.lesion_id for lesion in listed]
        for lesion in listed:
            size = measure(masks[lesion.lesion_id])
            node = protocol.organ(lesion.organ).node
            assert (size.short_axis_mm >= 14) if node else (size.longest_diameter_mm >= 10)


def test_one_lesion_is_discordant(folder, ct, truth):
    limits = load_protocol().agreement
    a, b = (_masks(folder, reader, ct.image) for reader in "ab")
    for lesion in truth["lesions"]:
        name = lesion["lesion_id"]
        found = compare(a[name], b[name])
        assert found.dice == pytest.approx(lesion["reader_dice"], abs=1e-9)
        assert (found.dice < limits["concordant_dice_min"]) == lesion["discordant"] == (name == "T1")
        assert found.dice >= limits["match_dice_min"]


def test_without_discord_the_readers_agree_on_all(tmp_path):
    simulate_case(tmp_path / "p", seed=1, size=SMALL, lesions=2, discordant=False)
    lesions = json.loads((tmp_path / "p" / "truth.json").read_text())["lesions"]
    assert [lesion["discordant"] for lesion in lesions] == [False, False]
    assert min(lesion["reader_dice"] for lesion in lesions) >= load_protocol().agreement["concordant_dice_min"]


def test_planted_facts_hold_in_the_image(folder, ct, truth):
    a = _masks(folder, "a", ct.image)
    hu = sitk.GetArrayViewFromImage(ct.image)
    for lesion in truth["lesions"]:
        mask = a[lesion["lesion_id"]]
        centre = ct.image.TransformPhysicalPointToIndex(lesion["centre_lps_mm"])
        assert mask[centre] == 1
        assert measure(mask).longest_diameter_mm == pytest.approx(lesion["longest_diameter_mm"], abs=10)
        # Enhancing soft tissue inside, whatever is around.
        assert 10 < np.median(hu[sitk.GetArrayViewFromImage(mask) == 1]) < 160
    outside = sitk.GetArrayViewFromImage(sitk.BinaryDilate(a["T2"], (3, 3, 2))) - sitk.GetArrayViewFromImage(a["T2"])
    assert np.median(hu[outside == 1]) < -500  # T2 lies in the lung


def test_the_record_is_complete_and_goes_with_the_organs(folder):
    record = read_clinical(folder / "clinical.json")
    assert all(getattr(record, variable["name"]) is not None for variable in clinical_variables())
    assert record.visceral_metastasis
    assert record.metastatic_sites >= 3


def test_the_same_seed_gives_the_same_bytes(folder, tmp_path):
    simulate_case(tmp_path / "again", seed=1, size=SMALL)
    files = [path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file()]
    for file in files:
        ours, theirs = (hashlib.sha256((top / file).read_bytes()).digest() for top in (folder, tmp_path / "again"))
        assert ours == theirs, file


@pytest.mark.parametrize("seed", [2, 3])
def test_five_lesions_find_room(tmp_path, seed):
    steps = []
    simulate_case(tmp_path / "p", seed=seed, size=(96, 96, 50), lesions=5, progress=lambda *step: steps.append(step))
    truth = json.loads((tmp_path / "p" / "truth.json").read_text())
    assert [lesion["organ"] for lesion in truth["lesions"]] == list(ORGANS)
    assert steps[0][0] == 0
    assert all(done <= total for done, total, _ in steps)
    assert [done for done, _, _ in steps] == sorted(done for done, _, _ in steps)


def test_a_stopped_run_leaves_nothing(tmp_path):
    for stop_at in ("draw lesion T1", "write the CT", "write the reads"):

        def stop(done, total, what, when=stop_at):
            if what == when:
                raise Cancelled("stopped")

        with pytest.raises(Cancelled):
            simulate_case(tmp_path / "p", seed=1, size=(96, 96, 40), lesions=1, progress=stop)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": -1},
        {"seed": True},
        {"size": (64, 64, 20)},
        {"size": (5000, 5000, 5000)},
        {"size": (128, 128)},
        {"lesions": 0},
        {"lesions": 6},
    ],
)
def test_senseless_requests_are_refused(tmp_path, wrong):
    with pytest.raises(ABCImmunoResponseError, match=next(iter(wrong))):
        simulate_case(tmp_path / "p", **{"seed": 1, "size": SMALL, **wrong})
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_use_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(CaseFolderError, match="exists already"):
        simulate_case(tmp_path, seed=1, size=SMALL)


def test_the_full_size_has_the_scanners_own_voxels():
    patient = draw_patients(1)[0]
    grid = scan_grid(patient, (512, 512, 200))
    assert grid.spacing == (patient.scanner.thickness_mm, patient.scanner.spacing_mm, patient.scanner.spacing_mm)
    assert scan_grid(patient, (512, 512, 300)).spacing == grid.spacing
    assert scan_grid(patient, (128, 128, 100)).spacing == pytest.approx(
        [grid.spacing[0] * 2, *(4 * grid.spacing[1],) * 2]
    )


def test_the_writer_keeps_every_value_and_the_geometry(tmp_path):
    patient = draw_patients(1)[0]
    grid = Grid((12, 40, 32), (1.25, 0.7031, 0.7031), (-101.3, 20.0, -55.123456))
    hu = np.random.default_rng(0).integers(-1024, 3072, grid.size).astype(np.int16)
    write_series(tmp_path, hu, grid, patient.scanner, "SIM-1")
    back = read_ct(tmp_path).image
    assert np.array_equal(sitk.GetArrayViewFromImage(back), hu)
    assert back.GetOrigin() == pytest.approx(grid.origin[::-1], abs=1e-6)
    assert back.GetSpacing() == pytest.approx(grid.spacing[::-1], abs=1e-6)
    with pytest.raises(ValueError, match="int16"):
        write_series(tmp_path, hu.astype(float), grid, patient.scanner, "SIM-1")
