"""The step 'Case' by clicks: the list of a reading folder, opening, starting; against the case folders."""

import pytest
import SimpleITK as sitk
import slicer

import sample_case
from ABCImmunoResponse import ABCImmunoResponseLogic
from ABCImmunoResponseLib.imaging.ct import read_ct
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.simulation.case import simulate_case
from ABCImmunoResponseWidgets.nodes.volumes import volume_from_image
from ABCImmunoResponseWidgets.parameters import WorkFilter
from slicerhost import dicom


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated") / "patient"
    simulate_case(folder, seed=3, size=(128, 128, 48), lesions=1)
    return folder


@pytest.fixture
def panel(panel_widget):
    panel = panel_widget.panel
    panel.ui.personEdit.text = "lee"
    panel.ui.personEdit.editingFinished()
    return panel


@pytest.fixture
def ui(panel):
    return panel.steps[0].ui


@pytest.fixture
def reading_folder(tmp_path):
    """Three cases: nobody has read P1, lee has locked P2, both have locked P3; and one folder that is none."""
    folder = tmp_path / "reading"
    for name in ("P3", "P1", "P2"):
        sample_case.create(folder / name, case_id=name)
    for name, readers in (("P2", ["lee"]), ("P3", ["lee", "kim"])):
        case = CaseFolder.open(folder / name)
        for reader in readers:
            case.save_read(reader, sample_case.LESIONS[reader], sample_case.masks(reader))
            case.lock_read(reader)
    (folder / "notes").mkdir()
    return folder


def listed(ui) -> list[str]:
    return [ui.caseTable.item(row, 0).text() for row in range(ui.caseTable.rowCount)]


class TestList:
    def test_it_shows_each_case_with_its_state_and_what_is_next(self, ui, reading_folder):
        ui.readingFolderEdit.currentPath = str(reading_folder)
        assert listed(ui) == ["P1", "P2", "P3"]
        assert [ui.caseTable.item(row, 1).text() for row in range(3)] == ["created", "reading", "locked"]
        assert all(ui.caseTable.item(row, 2).text() for row in range(3))

    @pytest.mark.parametrize(
        ("person", "shown", "cases"),
        [
            ("lee", WorkFilter.TO_READ, ["P1"]),
            ("kim", WorkFilter.TO_READ, ["P1", "P2"]),
            ("senior", WorkFilter.TO_ADJUDICATE, ["P3"]),
            ("lee", WorkFilter.TO_ADJUDICATE, []),
            ("lee", WorkFilter.TO_SCORE, []),
        ],
    )
    def test_it_can_be_narrowed_to_ones_own_work(self, panel, ui, reading_folder, person, shown, cases):
        panel.ui.personEdit.text = person
        panel.ui.personEdit.editingFinished()
        ui.readingFolderEdit.currentPath = str(reading_folder)
        ui.filterCombo.currentIndex = list(WorkFilter).index(shown)
        assert listed(ui) == cases
        assert panel.parameterNode.workFilter == shown

    def test_the_next_person_sees_her_own_work(self, panel, ui, reading_folder):
        ui.readingFolderEdit.currentPath = str(reading_folder)
        ui.filterCombo.currentIndex = list(WorkFilter).index(WorkFilter.TO_READ)
        assert listed(ui) == ["P1"]
        panel.ui.personEdit.text = "kim"
        panel.ui.personEdit.editingFinished()
        assert listed(ui) == ["P1", "P2"]

    def test_a_broken_case_is_listed_with_its_problem(self, ui, reading_folder):
        (reading_folder / "P2" / "case.json").write_text("{", encoding="utf-8")
        ui.readingFolderEdit.currentPath = str(reading_folder)
        assert "P2" in listed(ui)
        assert "JSON" in ui.caseTable.item(listed(ui).index("P2"), 2).text()

    def test_a_folder_that_is_not_there_is_said(self, ui, tmp_path):
        ui.readingFolderEdit.currentPath = str(tmp_path / "nowhere")
        assert listed(ui) == []
        assert "nowhere" in ui.listLabel.text

    def test_a_case_that_came_since_is_found_again(self, ui, reading_folder):
        ui.readingFolderEdit.currentPath = str(reading_folder)
        sample_case.create(reading_folder / "P4", case_id="P4")
        ui.listButton.click()
        assert listed(ui) == ["P1", "P2", "P3", "P4"]


class TestOpening:
    def test_one_goes_through_the_list(self, panel, ui, reading_folder):
        ui.readingFolderEdit.currentPath = str(reading_folder)
        opened = []
        while ui.nextButton.enabled:
            ui.nextButton.click()
            opened.append(panel.session.folder.case_id)
        assert opened == ["P1", "P2", "P3"]
        ui.previousButton.click()
        assert panel.session.folder.case_id == "P2"
        assert ui.caseTable.currentRow() == 1
        ui.previousButton.click()
        assert not ui.previousButton.enabled

    def test_a_double_click_opens_and_the_ct_is_shown(self, panel, ui, reading_folder):
        ui.readingFolderEdit.currentPath = str(reading_folder)
        ui.caseTable.cellDoubleClicked(1, 0)
        assert panel.session.folder.case_id == "P2"
        [volume] = panel.session.nodes("volume")
        composites = slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode")
        assert {node.GetBackgroundVolumeID() for node in composites} == {volume.GetID()}
        assert ui.caseIdLabel.text == "P2"
        assert "recist-1.1" in ui.protocolLabel.text
        assert "GE" in ui.acquisitionLabel.text

    def test_the_selected_case_opens_by_the_button(self, panel, ui, reading_folder):
        ui.readingFolderEdit.currentPath = str(reading_folder)
        ui.openSelectedButton.click()
        assert "Select a case" in panel.ui.messageLabel.text
        ui.caseTable.setCurrentCell(2, 0)
        ui.openSelectedButton.click()
        assert panel.session.folder.case_id == "P3"

    def test_a_typed_folder_opens(self, panel, ui, reading_folder):
        ui.caseDirectoryEdit.currentPath = str(reading_folder / "P1")
        assert panel.session.folder.case_id == "P1"
        assert panel.parameterNode.caseDirectory == reading_folder / "P1"

    def test_a_case_that_was_changed_behind_its_back_stays_closed(self, panel, ui, reading_folder):
        (reading_folder / "P1" / "image.nrrd").write_bytes(b"something else")
        ui.caseDirectoryEdit.currentPath = str(reading_folder / "P1")
        assert panel.session.folder is None
        assert "image.nrrd" in panel.ui.messageLabel.text
        assert "No case" in panel.ui.caseLabel.text

    def test_closing_leaves_nothing_of_it(self, panel, ui, reading_folder):
        ui.caseDirectoryEdit.currentPath = str(reading_folder / "P1")
        ui.closeButton.click()
        assert panel.session.folder is None
        assert slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode") == []
        assert ui.caseDirectoryEdit.currentPath == ""
        assert not ui.factsBox.visible

    def test_a_scene_remembers_the_case(self, panel_module, panel, ui, reading_folder):
        ui.caseDirectoryEdit.currentPath = str(reading_folder / "P1")
        again = panel_module.reload().panel
        assert again.session.folder.case_id == "P1"


class TestStarting:
    def fill(self, ui, folder, case_id="P009"):
        ui.newFolderEdit.currentPath = str(folder)
        ui.newCaseIdEdit.text = case_id

    def test_from_a_volume_of_the_scene(self, panel, ui, tmp_path):
        volume = volume_from_image(sample_case.ct(), "some CT")
        assert not ui.startButton.enabled
        self.fill(ui, tmp_path)
        ui.volumeSelector.setCurrentNode(volume)
        ui.startButton.click()
        folder = CaseFolder.open(tmp_path / "P009")
        assert folder.state == "created"
        assert folder.audit()[0].actor == "lee"
        assert panel.session.folder.case_id == "P009"
        assert ui.newCaseIdEdit.text == ""
        assert "not recorded" in ui.acquisitionLabel.text

    def test_a_volume_from_dicom_brings_how_it_was_acquired(self, ui, tmp_path, patient):
        volume = self.loaded(patient)
        self.fill(ui, tmp_path)
        ui.treatmentStartEdit.text = "2023-01-10"
        ui.volumeSelector.setCurrentNode(volume)
        ui.startButton.click()
        folder = CaseFolder.open(tmp_path / "P009")
        assert folder.acquisition.manufacturer
        assert folder.acquisition.contrast is True
        assert not any("was not given" in finding.message for finding in folder.findings)

    def test_a_changed_copy_is_not_taken_for_its_dicom_files(self, panel, ui, tmp_path, patient):
        volume = self.loaded(patient)
        slicer.util.arrayFromVolume(volume)[3, 4, 5] += 1
        self.fill(ui, tmp_path)
        ui.volumeSelector.setCurrentNode(volume)
        ui.startButton.click()
        assert "differs from the DICOM files" in panel.ui.messageLabel.text
        folder = CaseFolder.open(tmp_path / "P009")
        assert folder.acquisition.manufacturer is None
        assert sitk.GetArrayFromImage(folder.image())[3, 4, 5] == slicer.util.arrayFromVolume(volume)[3, 4, 5]

    def loaded(self, patient):
        """Return a volume as Slicer's DICOM module loads it: the node names its instances."""
        dicom.open_database(patient / "dicom")
        [series] = self.series()
        volume = volume_from_image(read_ct(patient / "dicom").image, "from DICOM")
        volume.SetAttribute("DICOM.instanceUIDs", " ".join(slicer.dicomDatabase.instancesForSeries(series)))
        return volume

    def series(self):
        database = slicer.dicomDatabase
        studies = [study for one in database.patients() for study in database.studiesForPatient(one)]
        return [uid for study in studies for uid in database.seriesForStudy(study)]

    def test_from_the_dicom_browsers_selection(self, panel, ui, tmp_path, patient):
        dicom.open_database(patient / "dicom")
        self.fill(ui, tmp_path)
        dicom.select_in_browser(*self.series())
        ui.dicomBrowserButton.click()
        assert CaseFolder.open(tmp_path / "P009").acquisition.manufacturer, panel.ui.messageLabel.text

    def test_without_a_selection_nothing_is_started(self, panel, ui, tmp_path, patient):
        dicom.open_database(patient / "dicom")
        self.fill(ui, tmp_path)
        dicom.select_in_browser()
        ui.dicomBrowserButton.click()
        assert "select one CT series" in panel.ui.messageLabel.text
        assert not (tmp_path / "P009").exists()

    def test_from_a_folder_of_dicom_files(self, ui, tmp_path, patient):
        self.fill(ui, tmp_path)
        ui.dicomFolderEdit.currentPath = str(patient / "dicom")
        ui.dicomFolderButton.click()
        assert CaseFolder.open(tmp_path / "P009").acquisition.manufacturer

    @pytest.mark.parametrize(
        ("case_id", "start", "said"),
        [("P 9", "", "cannot be used"), ("CON", "", "cannot be used"), ("P009", "10.1.2023", "YYYY-MM-DD")],
    )
    def test_what_cannot_be_is_said_and_what_was_typed_stays(self, panel, ui, tmp_path, patient, case_id, start, said):
        self.fill(ui, tmp_path, case_id)
        ui.treatmentStartEdit.text = start
        ui.dicomFolderEdit.currentPath = str(patient / "dicom")
        ui.dicomFolderButton.click()
        assert said in panel.ui.messageLabel.text
        assert ui.newCaseIdEdit.text == case_id
        assert list(tmp_path.iterdir()) == []

    def test_a_case_is_never_written_over(self, panel, ui, tmp_path, patient):
        sample_case.create(tmp_path / "P009")
        before = ABCImmunoResponseLogic().openCase(tmp_path / "P009").files
        self.fill(ui, tmp_path)
        ui.dicomFolderEdit.currentPath = str(patient / "dicom")
        ui.dicomFolderButton.click()
        assert "P009" in panel.ui.messageLabel.text
        assert ABCImmunoResponseLogic().openCase(tmp_path / "P009").files == before
