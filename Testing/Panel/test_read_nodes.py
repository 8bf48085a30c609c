"""A read as nodes, for scripts as for the panel: drafts, overview, diameters, and hearing of every change."""

import numpy as np
import pytest
import SimpleITK as sitk
import slicer

import sample_case
from ABCImmunoResponse import ABCImmunoResponseLogic
from ABCImmunoResponseLib.case import Lesion
from ABCImmunoResponseLib.errors import MaskError, StateError
from ABCImmunoResponseLib.reading.drafts import DraftLesion
from ABCImmunoResponseLib.recist.diameters import measure
from ABCImmunoResponseWidgets.read.segment_watch import SegmentWatch
from phantoms import ball
from slicerhost.leaks import Leaks

pytestmark = pytest.mark.usefixtures("empty_scene")


@pytest.fixture
def case(tmp_path):
    return sample_case.create(tmp_path / "case").path


@pytest.fixture
def logic():
    return ABCImmunoResponseLogic()


def voxels(centre, radius):
    return sitk.GetArrayFromImage(ball(sample_case.reference(), centre, radius)).astype(np.uint8)


def draw(node, name, volume, centre=(12, 12, 12), radius=6.0):
    node.GetSegmentation().AddEmptySegment(name, name)
    slicer.util.updateSegmentBinaryLabelmapFromArray(voxels(centre, radius), node, name, volume)


class TestScripts:
    def test_a_draft_goes_on_where_it_was_left(self, logic, case):
        volume = logic.loadVolume(case)
        node = logic.startRead(case, "lee", volume)
        assert node.GetName() == "P001 read of lee"
        assert not node.GetSaveWithScene()
        assert node.GetSegmentation().GetNumberOfSegments() == 0
        draw(node, "L1", volume)
        said = [Lesion("L1", "liver", site="segment V"), DraftLesion("L2")]
        logic.saveDraft(case, node, "lee", said)
        again = logic.startRead(case, "lee", volume)
        assert again.GetSegmentation().GetSegmentIDs() == ("L1", "L2")
        drawn = slicer.util.arrayFromSegmentBinaryLabelmap(again, "L1", volume)
        np.testing.assert_array_equal(drawn, voxels((12, 12, 12), 6.0))
        assert logic.draftLesions(case, "lee") == (DraftLesion.of(said[0]), said[1])

    def test_saving_a_draft_again_drops_what_is_no_longer_named(self, logic, case):
        volume = logic.loadVolume(case)
        node = logic.startRead(case, "lee", volume)
        draw(node, "L1", volume)
        draw(node, "L2", volume, (31, 31, 15))
        logic.saveDraft(case, node, "lee", [DraftLesion("L1"), DraftLesion("L2")])
        logic.saveDraft(case, node, "lee", [DraftLesion("L2")])
        assert [lesion.lesion_id for lesion in logic.draftLesions(case, "lee")] == ["L2"]

    def test_a_locked_read_is_shown_and_goes_on_no_more(self, logic, case):
        folder = logic.openCase(case)
        folder.save_read("lee", sample_case.LESIONS["lee"], sample_case.masks("lee"))
        folder.lock_read("lee")
        node = logic.startRead(case, "lee")
        assert node.GetSegmentation().GetSegmentIDs() == ("a1", "a2")
        assert [lesion.site for lesion in logic.draftLesions(case, "lee")] == ["segment VIII", "left upper lobe"]
        with pytest.raises(StateError, match="locked"):
            logic.saveDraft(case, node, "lee", [DraftLesion("a1")])

    def test_no_read_but_the_own_is_started(self, logic, case):
        folder = logic.openCase(case)
        for reader in sample_case.READERS:
            folder.save_read(reader, sample_case.LESIONS[reader], sample_case.masks(reader))
        with pytest.raises(StateError, match="there is no third reader"):
            logic.startRead(case, "third")
        assert slicer.util.getNodesByClass("vtkMRMLSegmentationNode") == []

    def test_the_overview_measures_and_proposes(self, logic, case):
        volume = logic.loadVolume(case)
        node = logic.startRead(case, "lee", volume)
        draw(node, "L1", volume)
        lesions = [Lesion("L1", "liver"), DraftLesion("L2", "lung")]
        seen = logic.readOverview(case, node, lesions)
        expected = measure(ball(sample_case.reference(), (12, 12, 12), 6.0))
        assert seen.rows[0].longest_diameter_mm == expected.longest_diameter_mm
        assert (seen.rows[1].eligible, seen.rows[1].why_not) == ("", "no outline yet")
        assert seen.proposal.targets == ("L1",)

    def test_diameters_of_what_is_not_drawn_are_refused(self, logic, case):
        volume = logic.loadVolume(case)
        node = logic.startRead(case, "lee", volume)
        draw(node, "L1", volume)
        longest, short = logic.showDiameters(case, node, "L1")
        expected = measure(ball(sample_case.reference(), (12, 12, 12), 6.0))
        assert longest.GetLineLengthWorld() == pytest.approx(expected.longest_diameter_mm)
        assert short.GetLineLengthWorld() == pytest.approx(expected.short_axis_mm)
        with pytest.raises(MaskError, match="not drawn"):
            logic.showDiameters(case, node, "L7")

    def test_a_read_is_withdrawn(self, logic, case):
        logic.openCase(case).save_read("lee", sample_case.LESIONS["lee"], sample_case.masks("lee"))
        logic.withdrawRead(case, "lee", "begun under a wrong name")
        assert logic.openCase(case).reads == ()
        assert logic.draftLesions(case, "lee") == ()


class TestWatch:
    @pytest.fixture
    def seen(self):
        return {"changes": 0, "views": 0, "lost": []}

    @pytest.fixture
    def watch(self, seen):
        def count(what):
            seen[what] += 1

        watch = SegmentWatch(
            lambda: count("changes"), lambda: count("views"), lambda node: seen["lost"].append(node.GetName())
        )
        yield watch
        watch.stop()

    @pytest.fixture
    def nodes(self, watch):
        volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "ct")
        slicer.util.updateVolumeFromArray(volume, np.zeros((24, 44, 44), np.int16))
        read = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "read")
        read.SetReferenceImageGeometryParameterFromVolumeNode(volume)
        for name in ("L1", "L2"):
            draw(read, name, volume)
        watch.start(read, volume)
        return read, volume

    @pytest.mark.parametrize(
        "change",
        [
            lambda read, volume: slicer.util.updateSegmentBinaryLabelmapFromArray(
                voxels((20, 12, 12), 5), read, "L1", volume
            ),
            lambda read, volume: slicer.vtkSlicerSegmentationsModuleLogic.ClearSegment(read, "L1"),
            lambda read, volume: read.GetSegmentation().GetSegment("L1").SetName("other"),
            lambda read, volume: read.GetSegmentation().RemoveSegment("L1"),
            lambda read, volume: read.GetSegmentation().AddEmptySegment("L1b", "L1b"),
        ],
        ids=["drawn", "cleared", "renamed", "removed", "added"],
    )
    def test_every_change_of_a_segment_is_heard(self, nodes, watch, seen, change):
        change(*nodes)
        assert seen["changes"] > 0
        changed = watch.take()
        assert changed is None or any(name.startswith("L1") for name in changed)
        assert watch.take() == set()

    def test_a_view_that_moves_is_heard(self, nodes, seen):
        slicer.util.getNodesByClass("vtkMRMLSliceNode")[0].SetSliceOffset(3.0)
        assert seen["views"] > 0
        assert seen["changes"] == 0

    def test_nodes_that_go_are_heard_before_they_are_gone(self, nodes, seen):
        read, volume = nodes
        other = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "another")
        slicer.mrmlScene.RemoveNode(other)
        assert seen["lost"] == []
        slicer.mrmlScene.RemoveNode(volume)
        slicer.mrmlScene.RemoveNode(read)
        assert seen["lost"] == ["ct", "read"]

    def test_nothing_is_heard_after_the_end_and_no_observer_left(self, watch, seen):
        read = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "read")
        leaks = Leaks()
        watch.start(read, None)
        watch.stop()
        left = leaks.found()
        leaks.close()
        assert left == []
        read.GetSegmentation().AddEmptySegment("L1", "L1")
        assert seen == {"changes": 0, "views": 0, "lost": []}
