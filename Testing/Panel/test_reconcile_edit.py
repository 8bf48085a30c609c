"""An outline edited by the adjudicator: begun as a copy, saved with every stroke, kept across a kill."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from reconcile_work import NARROW, READERS, WIDE, make_case, voxels, working

from ABCImmunoResponseWidgets.reconcile.edit_drafts import load_edit, save_edit

HERE = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    folder = make_case(tmp_path_factory.mktemp("template") / "case")
    for reader in READERS:
        folder.lock_read(reader)
    folder.reconcile("trainee")
    return folder.path


@pytest.fixture
def work(compared, tmp_path):
    with working(compared, tmp_path) as work:
        assert work.open()
        work.select("P1")
        yield work


def half(mask) -> np.ndarray:
    drawn = voxels(mask)
    drawn[:, :, :16] = False
    return drawn


def shown(work) -> np.ndarray:
    [drawn] = work.segments(work.over).values()
    return drawn


@pytest.mark.parametrize(("first", "mask"), [("", WIDE), ("A", WIDE), ("B", NARROW)])
def test_it_starts_from_the_outline_chosen_before(work, first, mask):
    if first:
        work.choose(first)
    work.choose("edited")
    np.testing.assert_array_equal(shown(work), voxels(mask))
    assert "Starts from" in work.ui.choiceNoteLabel.text
    assert work.ui.editorFrame.isVisibleTo(work.step.widget)


def test_it_starts_from_a_proposal(work):
    work.choose("intersection")
    work.choose("edited")
    np.testing.assert_array_equal(shown(work), voxels(WIDE) & voxels(NARROW))
    assert "What both outlined" in work.ui.choiceNoteLabel.text


def test_it_is_a_copy(work):
    work.choose("edited")
    work.draw(half(WIDE))
    np.testing.assert_array_equal(work.segments(work.shown()[0])["A"], voxels(WIDE))
    folder = work.folder()
    np.testing.assert_array_equal(voxels(folder.segments(READERS[0])["L1"]), voxels(WIDE))


def test_what_was_drawn_is_decided(work):
    work.choose("edited")
    work.draw(half(WIDE))
    work.ui.decisionReasonEdit.text = "the left half is a vessel"
    work.ui.decideButton.click()
    folder = work.folder()
    assert folder.consensus().decisions[0].choice == "edited"
    np.testing.assert_array_equal(voxels(folder.consensus_segments()["L1"]), half(WIDE))
    assert load_edit(work.case, "senior", "P1", folder.image()) is None
    assert not work.ui.editorFrame.isVisibleTo(work.step.widget)


def test_a_decided_outline_is_edited_further(work):
    work.decide("P1", "intersection")
    work.select("P1")
    work.choose("edited")
    np.testing.assert_array_equal(shown(work), voxels(WIDE) & voxels(NARROW))
    assert "what was decided" in work.ui.choiceNoteLabel.text


def test_every_stroke_is_on_disk(work):
    work.choose("edited")
    image = work.folder().image()
    assert load_edit(work.case, "senior", "P1", image) is None
    for drawn in (half(WIDE), voxels(NARROW)):
        work.draw(drawn)
        np.testing.assert_array_equal(voxels(load_edit(work.case, "senior", "P1", image)), drawn)
    work.folder().verify()


def test_erasing_it_all_decides_nothing_and_keeps_what_was_drawn(work):
    work.choose("edited")
    work.draw(half(WIDE))
    work.draw(np.zeros_like(half(WIDE)))
    work.ui.decisionReasonEdit.text = "nothing there"
    work.ui.decideButton.click()
    assert "is empty" in work.message
    assert "P1" in work.folder().consensus().open_pairs
    np.testing.assert_array_equal(voxels(load_edit(work.case, "senior", "P1", work.folder().image())), half(WIDE))


def test_it_goes_on_after_another_pair(work):
    work.choose("edited")
    work.draw(half(WIDE))
    work.select("P4")
    assert work.over is None
    work.select("P1")
    work.choose("edited")
    np.testing.assert_array_equal(shown(work), half(WIDE))
    assert "was kept" in work.ui.choiceNoteLabel.text


def test_it_can_be_discarded(work):
    work.choose("edited")
    work.draw(half(WIDE))
    work.ui.discardEditButton.click()
    np.testing.assert_array_equal(shown(work), voxels(WIDE))
    assert load_edit(work.case, "senior", "P1", work.folder().image()) is None


def test_it_is_its_persons_alone(work):
    work.choose("edited")
    work.draw(half(WIDE))
    work.be("somebody else")
    work.select("P1")
    work.choose("edited")
    np.testing.assert_array_equal(shown(work), voxels(WIDE))


@pytest.mark.parametrize("person", ["Dr. Å. Öberg: senior", "senior\N{SNOWMAN}", "a" * 100, "..", "a/b"])
def test_any_name_may_edit(compared, tmp_path, person):
    case = tmp_path / "case"
    shutil.copytree(compared, case)
    folder = make_case(tmp_path / "other")
    save_edit(case, person, "P1", WIDE)
    np.testing.assert_array_equal(voxels(load_edit(case, person, "P1", folder.image())), voxels(WIDE))
    assert {path.parent for path in case.rglob("P1.nrrd")} == {next((case / "drafts").iterdir())}


def test_a_damaged_edit_is_told_and_begun_anew(work):
    work.choose("edited")
    work.draw(half(WIDE))
    work.choose("A")
    [kept] = work.case.rglob("P1.nrrd")
    kept.write_bytes(kept.read_bytes()[:-20])
    work.choose("edited")
    np.testing.assert_array_equal(shown(work), voxels(WIDE))
    assert "cannot be used" in work.ui.choiceNoteLabel.text


def test_a_disk_that_refuses_is_told_and_the_outline_stays(work):
    work.choose("edited")
    (work.case / "drafts").mkdir(exist_ok=True)
    blocked = next((work.case / "drafts").glob(".adjudicator-*"), None)
    assert blocked is None
    from ABCImmunoResponseWidgets.reconcile import edit_drafts

    edit_drafts._place(work.case, "senior").write_bytes(b"a file where a folder should be")
    work.draw(half(WIDE))
    assert "cannot be" in work.message
    np.testing.assert_array_equal(shown(work), half(WIDE))


def test_a_kill_loses_nothing_that_was_drawn(compared, tmp_path):
    """The killed process is one of its own: it draws, and then kills itself without any warning."""
    case = tmp_path / "case"
    shutil.copytree(compared, case)
    program = f"""
import os, signal, sys
sys.path[:0] = {sys.path!r}
import slicerhost
host = slicerhost.install(window=True)
from reconcile_work import NARROW, Work, voxels
from pathlib import Path
work = Work(Path({str(case)!r}))
assert work.open()
work.select("P1")
work.choose("edited")
work.draw(voxels(NARROW))
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], env=os.environ, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    with working(case, tmp_path / "again") as work:
        work.open()
        work.select("P1")
        work.choose("edited")
        np.testing.assert_array_equal(shown(work), voxels(NARROW))
        work.folder().verify()
