"""A reader's draft behind the step 'Read': what is said, drawn, saved, recorded and locked; no Qt in it."""

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

import sample_case
from ABCImmunoResponseLib.case import Lesion
from ABCImmunoResponseLib.errors import CaseFolderError, StateError
from ABCImmunoResponseLib.imaging.cropping import crop_mask
from ABCImmunoResponseLib.imaging.masks import Mask
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.recist.diameters import measure
from ABCImmunoResponseWidgets.read.drafting import Drafting
from ABCImmunoResponseWidgets.read.reading import locked_reading, own_read
from broken_disk import broken_disk
from phantoms import ball


def drawn(name: str, centre=(12, 12, 12), radius=6) -> Mask:
    return Mask(name, crop_mask(ball(sample_case.reference(), centre, radius)), ())


@pytest.fixture
def folder(tmp_path):
    return sample_case.create(tmp_path / "case")


@pytest.fixture
def drafting(folder):
    return Drafting(folder, "lee")


def complete(drafting: Drafting, organ="liver", **where) -> str:
    lesion_id = drafting.add()
    drafting.change(replace(drafting.lesions[lesion_id], organ=organ))
    drafting.draw(lesion_id, drawn(lesion_id, **where))
    return lesion_id


def test_what_was_drawn_and_said_is_there_again(drafting, folder):
    lesion_id = complete(drafting)
    drafting.view = {"slices": {"Red": [1.0]}}
    assert drafting.save()
    assert drafting.is_saved()
    again = Drafting(CaseFolder.open(folder.path), "lee")
    assert again.lesions == drafting.lesions
    assert again.view == drafting.view
    assert again.current == lesion_id
    assert again.is_saved()
    assert again.measurements[lesion_id] == measure(drawn("L1").image, folder.image())


def test_numbers_go_up_and_are_not_used_twice(drafting):
    assert [drafting.add() for _ in range(3)] == ["L1", "L2", "L3"]
    drafting.remove("L2")
    assert drafting.current == "L3"
    assert drafting.add() == "L4"
    assert drafting.add("L2") == "L2"  # the very lesion, brought back


def test_removing_goes_to_the_neighbour_and_to_none_at_last(drafting):
    for _ in range(2):
        drafting.add()
    drafting.remove("L2")
    assert drafting.current == "L1"
    drafting.remove("L1")
    assert drafting.current is None


def test_the_same_outline_is_no_change(drafting):
    lesion_id = complete(drafting)
    drafting.save()
    assert not drafting.draw(lesion_id, drawn(lesion_id))
    whole = Mask(lesion_id, ball(sample_case.reference(), (12, 12, 12), 6), ())
    assert not drafting.draw(lesion_id, whole)
    assert drafting.is_saved()
    assert drafting.draw(lesion_id, drawn(lesion_id, radius=7))
    assert not drafting.is_saved()
    assert drafting.draw(lesion_id, None)
    assert not drafting.draw(lesion_id, None)


def test_a_removed_outline_is_gone_from_the_disk_too(drafting, folder):
    lesion_id = complete(drafting)
    drafting.save()
    drafting.draw(lesion_id, None)
    drafting.save()
    assert Drafting(folder, "lee").masks == {}


def test_what_is_missing_is_named_and_only_what_is_complete_is_recorded(drafting, folder):
    first = complete(drafting)
    second = drafting.add()
    third = drafting.add()
    drafting.draw(third, drawn(third, (31, 31, 15), 5))
    tiny = complete(drafting, "lung", centre=(31, 12, 12), radius=0.5)
    assert drafting.incomplete().keys() == {second, third, tiny}
    assert "L2: it is not drawn; L3: its organ is not said; L4: Lesion L4: the mask is a single" in (
        drafting.missing_text()
    )
    assert [lesion.lesion_id for lesion in drafting.record()] == [first]
    assert [lesion.lesion_id for lesion in own_read(folder, "lee").lesions] == [first]
    assert drafting.is_recorded()
    with pytest.raises(StateError, match="cannot be locked: L2"):
        drafting.lock("mine")
    for lesion_id in (second, third, tiny):
        drafting.remove(lesion_id)
    drafting.lock("mine")
    assert own_read(folder, "lee").locked
    assert not (folder.path / "drafts" / "lee").exists()


def test_nothing_drawn_is_neither_recorded_nor_locked(drafting):
    with pytest.raises(StateError, match="outline at least one"):
        drafting.lock("")
    with pytest.raises(StateError, match="No lesion is complete yet"):
        drafting.record()


@pytest.mark.parametrize("change", ["outline", "organ", "removed"])
def test_a_change_since_the_record_is_noticed(drafting, change):
    lesion_id = complete(drafting)
    complete(drafting, "lung", centre=(31, 31, 15), radius=5)
    drafting.record()
    assert drafting.is_recorded()
    if change == "outline":
        drafting.draw(lesion_id, drawn(lesion_id, radius=7))
    elif change == "organ":
        drafting.change(replace(drafting.lesions[lesion_id], organ="spleen"))
    else:
        drafting.remove(lesion_id)
    assert not drafting.is_recorded()


def test_a_saved_read_goes_on_as_a_draft_and_a_locked_one_is_shown(folder):
    folder.save_read("lee", sample_case.LESIONS["lee"], sample_case.masks("lee"))
    drafting = Drafting(folder, "lee")
    assert list(drafting.lesions) == ["a1", "a2"]
    assert drafting.is_recorded()
    assert drafting.add() == "L1"
    folder.lock_read("lee")
    shown = locked_reading(folder, "lee")
    assert list(shown.lesions) == ["a1", "a2"]
    assert shown.measurements == dict(own_read(folder, "lee").measurements)
    with pytest.raises(StateError, match="locked"):
        Drafting(folder, "lee")


def test_what_the_disk_refuses_stays_and_is_tried_again(drafting, folder):
    lesion_id = complete(drafting)
    with broken_disk(folder.path, fail_at=0, lasting=True), pytest.raises(CaseFolderError) as refused:
        drafting.save()
    assert "\n" not in str(refused.value)
    assert not drafting.is_saved()
    assert lesion_id in drafting.masks
    assert drafting.save()
    assert drafting.is_saved()
    assert lesion_id in Drafting(folder, "lee").masks


@pytest.mark.parametrize("step", range(6))
def test_a_failure_anywhere_leaves_nothing_unsaved_behind(drafting, folder, step):
    lesion_id = complete(drafting)
    with broken_disk(folder.path, fail_at=step):
        try:
            drafting.save()
        except CaseFolderError:
            drafting.save()
    again = Drafting(folder, "lee")
    assert again.lesions == drafting.lesions
    assert lesion_id in again.masks


def test_of_a_damaged_draft_the_outlines_are_kept(drafting, folder):
    lesion_id = complete(drafting)
    drafting.save()
    (folder.path / "drafts" / "lee" / "draft.json").write_text("{", encoding="utf-8")
    again = Drafting(folder, "lee")
    assert again.lesions[lesion_id].organ == ""
    assert lesion_id in again.masks
    assert "say of each its organ" in again.notice
    assert not again.is_saved()
    again.save()
    assert Drafting(folder, "lee").notice == ""


def test_withdrawing_takes_record_and_draft(drafting, folder):
    complete(drafting)
    drafting.save()
    drafting.withdraw("")  # nothing recorded yet: there is nothing to give a reason for
    assert Drafting(folder, "lee").lesions == {}
    drafting = Drafting(folder, "lee")
    complete(drafting)
    drafting.record()
    with pytest.raises(CaseFolderError, match="reason"):
        drafting.withdraw(" ")
    drafting.withdraw("begun under a wrong name")
    assert own_read(folder, "lee") is None
    assert folder.state == "created"


def test_the_proposal_is_taken_over_and_lesions_without_part_in_it_stay(drafting):
    for radius, centre in ((6, (12, 12, 12)), (7, (31, 31, 12)), (5.5, (31, 10, 12))):
        complete(drafting, "liver", centre=centre, radius=radius)
    waiting = drafting.add()
    assert {found.code for found in drafting.overview().findings} >= {"too-many-in-organ"}
    drafting.take_over_proposal()
    kinds = {lesion.lesion_id: lesion.kind for lesion in drafting.lesions.values()}
    assert kinds == {"L1": "target", "L2": "target", "L3": "non-target", waiting: "target"}
    assert not {found.code for found in drafting.overview().findings} & {"too-many-in-organ"}


def test_findings_about_the_outline_stand_with_those_of_recist(drafting):
    lesion_id = complete(drafting, radius=6)
    pieces = sitk.GetArrayFromImage(ball(sample_case.reference(), (12, 12, 12), 6))
    pieces[20, 40, 40] = 1
    image = sitk.GetImageFromArray(pieces.astype(np.uint8))
    image.CopyInformation(sample_case.reference())
    drafting.draw(lesion_id, Mask(lesion_id, crop_mask(image), ()))
    (row,) = drafting.overview().rows
    assert "lesion-in-pieces" in {found.code for found in row.findings}
    assert all(found.lesion == lesion_id for found in row.findings)


def test_replacing_the_lesions_of_a_draft(drafting):
    complete(drafting)
    drafting.replace([Lesion("x1", "lung")], {"x1": drawn("x1")})
    assert list(drafting.lesions) == ["x1"]
    assert [lesion.lesion_id for lesion in drafting.complete()] == ["x1"]
