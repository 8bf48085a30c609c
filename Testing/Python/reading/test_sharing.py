"""A case folder between processes, on read-only disks, and with its CT left where the hospital keeps it."""

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

import sample_case
from ABCImmunoResponseLib.errors import CaseFolderError, IntegrityError, StateError
from ABCImmunoResponseLib.files import process_lock
from ABCImmunoResponseLib.imaging.ct import as_int16, read_ct
from ABCImmunoResponseLib.reading import creation, store
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.transaction import STAGING
from broken_disk import Crash, broken_disk


class TestProcesses:
    def test_a_step_waits_for_another_process_and_then_gives_up(self, sample, monkeypatch):
        folder = sample("locked")
        monkeypatch.setattr(store, "_LOCK_WAIT_S", 0.1)
        before = sample_case.snapshot(folder.path)
        with process_lock(folder.path / ".lock"):
            with pytest.raises(CaseFolderError, match="in use by another process"):
                folder.reconcile("clerk")
            assert CaseFolder.open(folder.path).state == "locked"  # looking is always possible
        assert sample_case.snapshot(folder.path) == before
        folder.reconcile("clerk")

    def test_a_step_is_taken_on_the_case_as_it_now_is(self, sample):
        mine = sample("locked")
        CaseFolder.open(mine.path).reconcile("clerk")
        assert mine.state == "locked"
        with pytest.raises(StateError, match="the case is reconciled already"):
            mine.reconcile("clerk")
        mine.adjudicate("P2", "A", sample_case.SENIOR, "seen")
        assert len(mine.audit()) == len(CaseFolder.open(mine.path).audit())

    def test_both_readers_save_at_once(self, sample):
        folder = sample("created")
        failures = []

        def read(reader):
            try:
                own = CaseFolder.open(folder.path)
                for _ in range(3):
                    own.save_read(reader, sample_case.LESIONS[reader], sample_case.masks(reader))
                own.lock_read(reader)
            except CaseFolderError as error:
                failures.append(error)

        threads = [threading.Thread(target=read, args=(reader,)) for reader in sample_case.READERS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        folder = CaseFolder.open(folder.path)
        assert folder.state == "locked"
        assert len(folder.audit()) == 9

    def test_of_many_that_create_one_case_at_once_one_does(self, tmp_path):
        for attempt in range(5):
            path = tmp_path / str(attempt)
            start, made, refusals = threading.Barrier(4), [], []

            def create(actor, path=path, start=start, made=made, refusals=refusals):
                start.wait()
                try:
                    made.append(sample_case.create(path, actor=actor))
                except CaseFolderError as error:
                    refusals.append(str(error))

            threads = [threading.Thread(target=create, args=(f"clerk{n}",)) for n in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            (winner,) = made
            assert len(refusals) == 3
            assert all("holds a case already" in said or "not empty" in said for said in refusals), refusals
            assert CaseFolder.open(path).audit() == winner.audit()

    def test_the_one_that_made_the_folder_takes_nothing_of_the_one_that_came_first_to_the_lock(
        self, tmp_path, monkeypatch
    ):
        path, lock_file, others = tmp_path / "case", creation._lock_file, []

        def overtaken(place):
            monkeypatch.setattr(creation, "_lock_file", lock_file)
            others.append(sample_case.create(place, actor="other"))
            return lock_file(place)

        monkeypatch.setattr(creation, "_lock_file", overtaken)
        with pytest.raises(CaseFolderError, match="holds a case already"):
            sample_case.create(path)
        assert CaseFolder.open(path).audit() == others[0].audit()

    def test_who_waited_for_one_that_gave_up_makes_the_case_or_is_told_to_try_again(self, tmp_path, monkeypatch):
        path, waits = tmp_path / "case", threading.Event()
        refusals = []

        def give_up(image, staged):
            waiting.start()
            waits.wait()
            raise OSError(28, "No space left on device")

        def wait():
            monkeypatch.setattr(creation, "_write_image", write_image)
            monkeypatch.setattr(creation, "_lock_file", lambda place: waits.set() or own_lock_file(place))
            try:
                sample_case.create(path)
            except CaseFolderError as error:
                refusals.append(str(error))

        write_image, own_lock_file = creation._write_image, creation._lock_file
        waiting = threading.Thread(target=wait)
        monkeypatch.setattr(creation, "_write_image", give_up)
        with pytest.raises(CaseFolderError, match="No space left"):
            sample_case.create(path)
        waiting.join()
        if refusals:
            assert "try again" in refusals[0] or "cannot be" in refusals[0]
            sample_case.create(path)
        assert CaseFolder.open(path).state == "created"

    def test_opening_while_another_process_writes_never_sees_half_a_step(self, sample):
        folder = sample("locked")
        done = threading.Event()
        failures = []

        def look():
            while not done.is_set():
                try:
                    CaseFolder.open(folder.path)
                except CaseFolderError as error:
                    failures.append(error)

        watcher = threading.Thread(target=look)
        watcher.start()
        try:
            for ecog in (0, 1, 2) * 5:
                folder.set_clinical(sample_case.CLINICAL.__class__(ecog=ecog), "clerk")
        finally:
            done.set()
            watcher.join()
        assert failures == []


READ_ONLY = """
import os, sys
from pathlib import Path
from ABCImmunoResponseLib.errors import CaseFolderError
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
import ABCImmunoResponseLib.imaging.ct, sample_case
os.chdir(sys.argv[1])
if os.geteuid() == 0:  # the superuser may write anything
    os.seteuid(65534)
try:
    folder = CaseFolder.open(Path("case"))
    print(folder.state, folder.image().GetSize(), len(folder.audit()))
    sample_case.step(folder)
except CaseFolderError as refusal:
    print(refusal)
"""


class TestReadOnly:
    def look(self, path):
        """Open a case and take a step in a process that may not write its folder."""
        for place in (path, *path.rglob("*")):
            place.chmod(0o555 if place.is_dir() else 0o444)
        path.parent.chmod(0o555)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent.parent), *sys.path])}
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY, path.parent], env=environment, capture_output=True, text=True
        )
        for place in (path.parent, path, *path.rglob("*")):
            place.chmod(0o755)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def test_a_read_only_case_can_be_looked_at_but_not_changed(self, sample_folders, tmp_path):
        path = Path(shutil.copytree(sample_folders["signed"], tmp_path / "top" / "case"))
        (path / ".lock").unlink()
        (path / STAGING).mkdir()  # what an interrupted step left: no part of the case
        (path / STAGING / "00.json").write_text("{")
        said = self.look(path)
        assert said[0] == "signed (44, 44, 24) 9"
        assert "cannot be opened for locking" in said[1]
        assert len(said) == 2

    def test_an_unfinished_write_needs_a_writable_folder(self, sample_folders, tmp_path):
        path = Path(shutil.copytree(sample_folders["locked"], tmp_path / "top" / "case"))
        access = 0
        while not (path / STAGING / "journal.json").exists():
            with pytest.raises(Crash), broken_disk(path, kill_at=access):
                CaseFolder.open(path).set_clinical(sample_case.CLINICAL, "clerk")
            access += 1
        (said,) = self.look(path)
        assert "writable" in said or "locking" in said
        assert CaseFolder.open(path).clinical() == sample_case.CLINICAL


@pytest.fixture(scope="module")
def scan(real_data, tmp_path_factory):
    """A few slices of the real CT, as a DICOM folder."""
    folder = tmp_path_factory.mktemp("hospital") / "scan"
    folder.mkdir()
    for number in range(12):
        shutil.copyfile(
            real_data / "ibsi1_lung_ct" / "dicom" / "image" / f"DCM_IMG_{number:05d}.dcm", folder / f"{number:02d}.dcm"
        )
    return folder


@pytest.mark.realdata
class TestDicom:
    def make(self, path, scan, reference=True):
        ct = as_int16(read_ct(scan))
        source = scan if reference else None
        return sample_case.create(path, image=ct.image, acquisition=ct.acquisition, source=source)

    def test_a_stored_ct_equals_the_dicom_it_was_read_from(self, scan, tmp_path):
        folder = self.make(tmp_path / "case", scan, reference=False)
        ct = as_int16(read_ct(scan))
        stored = CaseFolder.open(folder.path).image()
        assert np.array_equal(sitk.GetArrayViewFromImage(stored), sitk.GetArrayViewFromImage(ct.image))
        for fact in ("GetSpacing", "GetOrigin", "GetDirection"):  # NRRD holds spacing times direction: one rounding
            assert np.allclose(getattr(stored, fact)(), getattr(ct.image, fact)(), rtol=1e-14, atol=1e-14)
        assert {k: stored.GetMetaData(k) for k in ct.image.GetMetaDataKeys()} == {
            k: ct.image.GetMetaData(k) for k in ct.image.GetMetaDataKeys()
        }
        assert folder.acquisition == ct.acquisition

    def test_a_referred_ct_is_not_copied_and_reads_the_same(self, scan, tmp_path):
        folder = self.make(tmp_path / "case", scan)
        assert set(sample_case.snapshot(folder.path)) == {"case.json", "audit.jsonl"}
        image = CaseFolder.open(folder.path).image()
        assert np.array_equal(sitk.GetArrayViewFromImage(image), sitk.GetArrayViewFromImage(read_ct(scan).image))

    def test_what_changes_in_the_dicom_folder_is_told(self, scan, tmp_path):
        own = Path(shutil.copytree(scan, tmp_path / "scan"))
        folder = self.make(tmp_path / "case", own)
        data = bytearray((own / "03.dcm").read_bytes())
        data[-1] ^= 1
        (own / "03.dcm").write_bytes(data)
        (own / "05.dcm").unlink()
        (own / "more.dcm").write_bytes(b"x")
        with pytest.raises(IntegrityError) as caught:
            CaseFolder.open(folder.path)
        said = str(caught.value)
        assert "DICOM file 03.dcm was changed (recorded sha256 " in said
        assert "DICOM file 05.dcm is missing" in said
        assert "unknown DICOM file more.dcm" in said
        shutil.rmtree(own)
        with pytest.raises(IntegrityError, match=r"the DICOM folder .*scan is missing"):
            CaseFolder.open(folder.path)

    def test_case_and_dicom_folder_move_together(self, scan, tmp_path):
        shutil.copytree(scan, tmp_path / "old" / "scan")
        self.make(tmp_path / "old" / "case", tmp_path / "old" / "scan")
        (tmp_path / "old").rename(tmp_path / "new")
        assert CaseFolder.open(tmp_path / "new" / "case").image().GetSize()[2] == 12

    def test_only_a_folder_apart_from_the_case_can_be_referred_to(self, scan, tmp_path):
        own = Path(shutil.copytree(scan, tmp_path / "scan"))
        with pytest.raises(CaseFolderError, match="choose a place outside it"):
            self.make(own / "case", own)
        ct = as_int16(read_ct(own))
        with pytest.raises(CaseFolderError, match="only a DICOM folder"):
            sample_case.create(tmp_path / "case", image=ct.image, source=own / "00.dcm")
        assert sorted(entry.name for entry in tmp_path.iterdir()) == ["scan"]
