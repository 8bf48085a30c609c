"""The step 'Read' without the display nodes of what it shows: what one reader drew still goes before the next looks."""

import pytest
import slicer
from read_work import LIVER, outline, size, working

import sample_case
from ABCImmunoResponseLib.reading.drafts import draft_masks
from ABCImmunoResponseWidgets.read.drafting import Drafting
from slicerhost.pythonqt import errors

KINDS = ("vtkMRMLScalarVolumeDisplayNode", "vtkMRMLSegmentationDisplayNode", "vtkMRMLMarkupsDisplayNode")

pytestmark = pytest.mark.usefixtures("empty_scene")


@pytest.fixture
def work(tmp_path):
    with working(sample_case.create(tmp_path / "case").path) as work:
        assert work.open()
        work.add(outline(*LIVER), "Liver")
        yield work


def remove(kind: str) -> None:
    nodes = slicer.util.getNodesByClass(kind)
    assert nodes
    for node in nodes:
        slicer.mrmlScene.RemoveNode(node)


@pytest.mark.parametrize("kind", KINDS)
def test_one_draws_on(work, kind):
    remove(kind)
    work.draw("L1", outline((12, 12, 12), 8.0))
    work.rest()
    assert work.row("L1")["long"] == size((12, 12, 12), 8.0)
    lines = slicer.util.getNodesByClass("vtkMRMLMarkupsLineNode")
    assert len([line for line in lines if line.GetDisplayNode() is not None]) == 2
    work.ui.windowCombo.activated(1)


@pytest.mark.parametrize("kind", KINDS)
def test_the_next_reader_finds_nothing(work, kind):
    remove(kind)
    work.draw("L1", outline((12, 12, 12), 8.0))
    work.be("kim")
    assert work.open()
    assert work.panel.session.person == "kim"
    assert [node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode")] == ["P001 read of kim"]
    assert work.rows() == []
    assert set(draft_masks(work.folder(), "lee")) == {"L1"}


def test_not_even_after_an_error_that_nobody_thought_of(work, monkeypatch):
    def fail(self):
        raise RuntimeError("a fault")

    with monkeypatch.context() as patched:
        patched.setattr(Drafting, "save", fail)
        work.draw("L1", outline((12, 12, 12), 8.0))
        work.be("kim")
    assert any("a fault" in str(error) for error in errors.take())
    assert work.panel.session.person == "kim"
    assert slicer.util.getNodesByClass("vtkMRMLSegmentationNode") == []
    assert work.panel.session.nodes("read") == []
