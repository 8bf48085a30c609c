"""What was done to a mask on its way into a case is recorded there, never silent."""

import SimpleITK as sitk

from ABCImmunoResponseLib.case import Lesion
from ABCImmunoResponseLib.imaging.seg_nrrd import read_seg_nrrd, write_seg_nrrd
from ABCImmunoResponseLib.reading.case_folder import CaseFolder


def _on_a_finer_grid(source, target, names):
    """Write the named segments on a grid of half the voxel size that starts a third of a voxel aside."""
    segments = {}
    for segment in read_seg_nrrd(source):
        if segment.name in names:
            grid = sitk.Image([2 * n for n in segment.image.GetSize()], sitk.sitkUInt8)
            grid.SetSpacing([s / 2 for s in segment.image.GetSpacing()])
            grid.SetDirection(segment.image.GetDirection())
            grid.SetOrigin([o - s / 3 for o, s in zip(segment.image.GetOrigin(), grid.GetSpacing(), strict=True)])
            segments[segment.name] = sitk.Resample(segment.image, grid, sitk.Transform(), sitk.sitkNearestNeighbor)
    write_seg_nrrd(target, segments)
    return target


def test_a_read_on_another_grid_is_resampled_and_recorded_with_the_read(run, patient, at, tmp_path):
    mask = _on_a_finer_grid(patient / "reader-a.seg.nrrd", tmp_path / "fine.seg.nrrd", {"T1", "T2"})
    case = at("created")
    words = ("--reader", "lee", "--mask", mask, "--lesion", "T1=liver:segment VIII", "--lesion", "T2=lung", "--lock")
    outcome = run("case", "read", case, *words)
    assert outcome.code == 0, outcome.err
    assert outcome.out.count("resampled") == 2
    [read] = CaseFolder.open(case).reads
    assert [f.lesion for f in read.findings if f.code == "mask-resampled"] == ["T1", "T2"]
    assert read.lesions[0] == Lesion("T1", "liver", site="segment VIII")
    [seen] = run("case", "show", case, "--json", "--reader", "lee").json()["reads"]
    assert "mask-resampled" in {finding["code"] for finding in seen["findings"]}
    [hidden] = run("case", "show", case, "--json", "--reader", "chen").json()["reads"]
    assert hidden["findings"] == []
    assert hidden["lesions"] == []


def test_an_edited_outline_on_another_grid_is_recorded_with_the_decision(run, patient, at, tmp_path):
    mask = _on_a_finer_grid(patient / "reader-a.seg.nrrd", tmp_path / "fine.seg.nrrd", {"T1"})
    case = at("reconciled")
    words = ("P1", "--choice", "edited", "--mask", mask, "--by", "senior", "--reason", "smoothed")
    outcome = run("case", "adjudicate", case, *words)
    assert outcome.code == 0, outcome.err
    [decision] = [d for d in CaseFolder.open(case).consensus().decisions if d.pair_id == "P1"]
    assert [finding.code for finding in decision.findings] == ["mask-resampled"]


def test_what_staple_of_two_readers_repeats_is_said(run, at):
    case = at("reconciled")
    outcome = run("case", "adjudicate", case, "P1", "--choice", "staple", "--by", "senior", "--reason", "no preference")
    assert outcome.code == 0, outcome.err
    [decision] = [d for d in CaseFolder.open(case).consensus().decisions if d.pair_id == "P1"]
    assert [finding.code for finding in decision.findings] == ["staple-degenerate"]
    [pair] = [pair for pair in run("case", "show", case, "--json").json()["pairs"] if pair["pair_id"] == "P1"]
    assert pair["decision"] == "staple"
