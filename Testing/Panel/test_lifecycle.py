"""Each step, open on a case that has come so far: scene closed, nodes deleted, module left or loaded anew."""

import shutil
from types import SimpleNamespace

import pytest
import slicer

from ABCImmunoResponse import ABCImmunoResponseLogic
from ABCImmunoResponseWidgets.nodes.segmentations import segmentation_from_masks
from ABCImmunoResponseWidgets.selftest.patient import READERS, simulate
from ABCImmunoResponseWidgets.session import GROUP_ATTRIBUTE
from slicerhost.pythonqt import process_events

STEPS = ("CaseStep", "ReadStep", "ReconcileStep", "ScoreStep", "ReportStep")


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """Return a case folder for each step, in the state that the step is for."""
    root = tmp_path_factory.mktemp("lifecycle")
    logic, patient, case = ABCImmunoResponseLogic(), simulate(root / "patient"), root / "case"
    kept = {}

    def keep(*steps):
        for step in steps:
            kept[step] = shutil.copytree(case, root / step)

    logic.createCaseFromFile(case, patient.dicom, "P001", "trainee")
    image = logic.openCase(case).image()
    for reader in READERS:
        masks = {name: mask.image for name, mask in patient.masks[reader].items()}
        logic.saveRead(case, segmentation_from_masks(masks, reader, None, image), reader, patient.lesions[reader])
        if reader == READERS[0]:
            keep("CaseStep", "ReadStep")
        logic.lockRead(case, reader)
    logic.openCase(case).reconcile("senior")
    keep("ReconcileStep")
    for verdict in logic.openCase(case).verdicts():
        if not verdict.concordant:
            logic.adjudicate(case, verdict.pair_id, "A" if verdict.a else "drop", "senior", "A is followed")
    logic.sign(case, "senior")
    keep("ScoreStep")
    logic.score(case, "senior", patient.clinical)
    keep("ReportStep")
    slicer.mrmlScene.Clear()
    return kept


@pytest.fixture(params=STEPS)
def opened(request, cases, tmp_path, panel_module):
    """Open the module on a case, with one step open."""
    case = shutil.copytree(cases[request.param], tmp_path / "case")
    opened = SimpleNamespace(module=panel_module, case=case, ui_name=request.param)
    show(opened)
    return opened


def show(opened):
    panel = opened.module.open().panel
    panel.ui.personEdit.text = READERS[0] if opened.ui_name == "ReadStep" else "senior"
    panel.ui.personEdit.editingFinished()
    assert panel.open_case(opened.case)
    see(opened)


def see(opened):
    """Open the step and see that it is open, with its nodes in the scene where it has any."""
    panel = opened.module.widget.panel
    step = next(step for step in panel.steps if step.ui_name == opened.ui_name)
    assert panel.open_step(step.title), panel.ui.messageLabel.text
    process_events()
    assert panel.is_open(step)
    if opened.ui_name in ("ReadStep", "ReconcileStep"):
        assert any(node.IsA("vtkMRMLSegmentationNode") for node in own_nodes())


def own_nodes():
    nodes = slicer.util.getNodesByClass("vtkMRMLNode")
    return [node for node in nodes if node.GetAttribute(GROUP_ATTRIBUTE)]


def untouched(opened) -> bool:
    return ABCImmunoResponseLogic().openCase(opened.case) is not None


def test_the_scene_is_closed(opened):
    slicer.mrmlScene.Clear()
    process_events()
    assert own_nodes() == []
    assert untouched(opened)
    see(opened)


def test_each_node_is_deleted(opened):
    for number in range(len(own_nodes())):
        nodes = own_nodes()
        if number < len(nodes):
            slicer.mrmlScene.RemoveNode(nodes[number])
            process_events()
            panel = opened.module.widget.panel
            panel.open_step(panel.steps[0].title)
            see(opened)
    assert untouched(opened)


def test_all_nodes_are_deleted_at_once(opened):
    for node in own_nodes():
        if node.GetScene() is not None:
            slicer.mrmlScene.RemoveNode(node)
    process_events()
    panel = opened.module.widget.panel
    panel.open_step(panel.steps[0].title)
    see(opened)
    assert untouched(opened)


def test_the_module_is_left_and_opened_again(opened):
    before = len(own_nodes())
    opened.module.close()
    process_events()
    assert len(own_nodes()) == before  # another module may look at what is in the scene
    opened.module.open()
    process_events()
    see(opened)
    assert len(own_nodes()) == before


def test_the_scene_is_closed_while_another_module_is_open(opened):
    opened.module.close()
    slicer.mrmlScene.Clear()
    process_events()
    assert own_nodes() == []
    opened.module.open()
    process_events()
    see(opened)


def test_the_module_is_reloaded(opened):
    opened.module.reload()
    process_events()
    assert own_nodes() == []
    show(opened)
    assert untouched(opened)


def test_the_case_is_closed(opened):
    opened.module.widget.panel.close_case()
    process_events()
    assert own_nodes() == []
    assert untouched(opened)
