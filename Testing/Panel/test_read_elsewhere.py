"""A read that goes on, or ends, in another Slicer while it is open here: nothing of what was done there is lost."""

import gc

import numpy as np
import pytest
import slicer
from read_work import LIVER, LUNG, OTHER, Work, outline, working

import sample_case
from ABCImmunoResponseLib.imaging.cropping import crop_mask
from ABCImmunoResponseLib.imaging.masks import Mask
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.drafts import load_draft
from ABCImmunoResponseWidgets.read.drafting import Drafting, DraftOverError
from broken_disk import broken_disk
from phantoms import ball

pytestmark = pytest.mark.usefixtures("empty_scene")


@pytest.fixture
def case(tmp_path):
    return sample_case.create(tmp_path / "case").path


@pytest.fixture
def here(case):
    with working(case) as work:
        assert work.open()
        yield work


@pytest.fixture
def there(here, case):
    """The same reader at another Slicer, who opened the case after it was opened here."""
    work = Work(case, "lee")
    assert work.open()
    yield work
    work.close()


def drawn(name: str, centre, radius_mm: float) -> Mask:
    return Mask(name, crop_mask(ball(sample_case.reference(), centre, radius_mm)), ())


def lock_read(case, reader: str) -> None:
    folder = CaseFolder.open(case)
    folder.save_read(reader, sample_case.LESIONS["lee"], sample_case.masks("lee"))
    folder.lock_read(reader)


def test_what_was_drawn_there_stands(here, there, case):
    there.add(outline(*LIVER), "Liver")
    there.add(outline(*LUNG), "Lung")
    here.ui.addLesionButton.click()
    here.rest()
    assert "went on in another window or program" in here.ui.readNoticeLabel.text
    assert here.node is None
    folder = CaseFolder.open(case)
    assert [(lesion.lesion_id, lesion.organ) for lesion in load_draft(folder, "lee").lesions] == [
        ("L1", "liver"),
        ("L2", "lung"),
    ]
    here.ui.resumeReadButton.click()
    assert [row[:2] for row in here.rows()] == [["L1", "Liver"], ["L2", "Lung"]]
    drawn = slicer.util.arrayFromSegmentBinaryLabelmap(here.node, "L2", here.panel.session.volume())
    np.testing.assert_array_equal(drawn != 0, outline(*LUNG))


def test_a_stroke_alone_is_noticed_too(case):
    first = Drafting(CaseFolder.open(case), "lee")
    lesion = first.add()
    first.save()
    second = Drafting(CaseFolder.open(case), "lee")
    first.draw(lesion, drawn(lesion, *LIVER))
    first.save()
    second.draw(lesion, drawn(lesion, *OTHER))
    with pytest.raises(DraftOverError, match="went on in another window or program"):
        second.save()
    for step in (second.record, lambda: second.lock("")):
        with pytest.raises(DraftOverError):
            step()
    assert first.save() is False


def test_leaving_does_not_record_over_what_was_recorded_there(here, there, case):
    there.add(outline(*LIVER), "Liver")
    there.add(outline(*LUNG), "Lung")
    there.leave()
    here.leave()
    (read,) = CaseFolder.open(case).reads
    assert [lesion.organ for lesion in read.lesions] == ["liver", "lung"]
    assert here.step._unsaved._drafts == {}


def test_nor_does_the_button_lock(here, there, case):
    here.add(outline(*LIVER), "Liver")
    there.leave()
    assert there.open()
    there.add(outline(*LUNG), "Lung")
    here.ui.lockReadButton.click()
    assert "went on in another window or program" in here.message
    assert not any(read.locked for read in CaseFolder.open(case).reads)
    assert here.asked == []


def test_a_read_that_was_locked_there_is_shown(here, case):
    here.add(outline(*LIVER), "Liver")
    lock_read(case, "lee")
    here.draw("L1", outline((12, 12, 12), 8.0))
    here.rest()
    assert "lee's read is locked" in here.ui.readNoticeLabel.text
    here.ui.resumeReadButton.click()
    assert [row[0] for row in here.rows()] == [lesion.lesion_id for lesion in sample_case.LESIONS["lee"]]
    assert not here.ui.addLesionButton.enabled


def test_a_draft_that_could_not_be_saved_gives_way_to_one_that_was(here, there, case):
    with broken_disk(case, fail_at=0, lasting=True):
        here.add(outline(*LIVER), "Liver")
        here.leave()
    assert here.step._unsaved._drafts
    there.add(outline(*LUNG), "Lung")
    here.step._unsaved.retry()
    assert "went on in another window or program" in here.message
    assert here.step._unsaved._drafts == {}
    assert [lesion.organ for lesion in load_draft(CaseFolder.open(case), "lee").lesions] == ["lung"]


def test_nothing_of_a_draft_that_could_not_be_saved_outlives_the_panel(case):
    with working(case) as work:
        assert work.open()
        lock_read(case, "ann")
        lock_read(case, "bob")  # no room for a third reader
        work.add(outline(*LIVER), "Liver")
        work.leave()
        assert work.step._unsaved._drafts
    gc.collect()
    assert [one for one in gc.get_objects() if issubclass(type(one), Drafting)] == []
