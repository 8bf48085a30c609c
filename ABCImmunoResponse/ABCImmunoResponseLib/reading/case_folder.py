"""The case folder: the record of one case, from its CT to a signed consensus, a score and a report.

Every change is one transaction (:mod:`.transaction`) with its line in the audit log (:mod:`.audit`), made under a
lock between processes on a folder that was verified just before. What a step needs is checked before anything is
written.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import SimpleITK as sitk

from ABCImmunoResponseLib.case import Acquisition, Finding, Lesion, Protocol
from ABCImmunoResponseLib.clinical import ClinicalRecord
from ABCImmunoResponseLib.errors import StateError
from ABCImmunoResponseLib.imaging.geometry import Grid
from ABCImmunoResponseLib.reading import consensus_steps, outcome_steps, reader_steps, reopening, withdrawal
from ABCImmunoResponseLib.reading.audit import AuditLine
from ABCImmunoResponseLib.reading.creation import create_folder
from ABCImmunoResponseLib.reading.description import describe
from ABCImmunoResponseLib.reading.records import Consensus, Read
from ABCImmunoResponseLib.reading.states import State
from ABCImmunoResponseLib.reading.store import Store
from ABCImmunoResponseLib.reading.verdict import Verdict


class CaseFolder:
    """One case folder; make it with :meth:`create` or :meth:`open`.

    Its values are those of the opening, or of the last step taken through this object; open it again to see what
    another process did since. Each step that changes the folder reads it anew, verifies it and refuses with

    - StateError, if the case's state does not allow it,
    - CaseFolderError or one of the errors of imaging and protocol, if what it was given cannot be recorded,
    - IntegrityError, if the folder was changed behind its back,

    and then has changed nothing.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    @classmethod
    def create(
        cls,
        path: Path,
        case_id: str,
        image: sitk.Image,
        acquisition: Acquisition,
        protocol: Protocol,
        *,
        source: Path | None = None,
        findings: Sequence[Finding] = (),
        actor: str,
    ) -> "CaseFolder":
        """Create the case folder ``path``, which must not exist or be empty.

        Parameters
        ----------
        image
            The CT, int16 HU; stored as image.nrrd.
        source
            A DICOM folder to refer to instead of storing the CT: its place and the SHA-256 of its files are kept.
            Nothing else may change in it afterwards.
        findings
            What is to be known about the CT.

        Raises
        ------
        CaseFolderError
            If the folder is not empty, cannot be written, or the id cannot be used.
        ImagingError
            If the image is not a volume of int16.
        """
        store = create_folder(
            path, case_id, image, acquisition, protocol, source=source, findings=findings, actor=actor
        )
        return cls(store)

    @classmethod
    def open(cls, path: Path) -> "CaseFolder":
        """Open a case folder: complete or drop an interrupted step, then verify every file.

        Raises
        ------
        CaseFolderError
            If it is no case folder, or was written by a version that this one does not know.
        IntegrityError
            If anything was changed behind its back; the message says exactly what.
        """
        return cls(Store.open(path))

    @property
    def path(self) -> Path:
        """Where the folder is."""
        return self._store.path

    @property
    def case_id(self) -> str:
        """The case's id."""
        return self._store.record.case_id

    @property
    def created(self) -> str:
        """When the case was created (ISO 8601 UTC)."""
        return self._store.record.created

    @property
    def state(self) -> State:
        """How far the case has come; see :mod:`ABCImmunoResponseLib.reading.states`."""
        return self._store.record.state

    @property
    def protocol(self) -> Protocol:
        """The rules the case is read by, as they were when it was created."""
        return self._store.contents.protocol

    @property
    def acquisition(self) -> Acquisition:
        """How the CT was acquired."""
        return self._store.record.acquisition

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is to be known about the CT; findings about lesions are in the reads and the consensus."""
        return self._store.record.findings

    @property
    def files(self) -> Mapping[str, str]:
        """The SHA-256 of every file but case.json and the audit log, by name."""
        return dict(self._store.record.files)

    @property
    def reads(self) -> tuple[Read, ...]:
        """Both reads in full, locked or not: only for programs that show nobody; for people :meth:`reads_for`."""
        return self._store.contents.reads

    def reads_for(self, viewer: str | None = None) -> tuple[Read, ...]:
        """Return the reads as ``viewer`` may see them: until both are locked, of another's only that it exists.

        None is nobody in particular, who sees no read until then. This is about what is shown: whoever may read the
        folder on disk can open the files under ``reads/``.
        """
        return tuple(
            read if reader_steps.may_see(self._store, read, viewer) else reader_steps.hide(read) for read in self.reads
        )

    def image(self) -> sitk.Image:
        """Return the CT, int16 HU, read once; treat it as read-only.

        Raises
        ------
        ImagingError
            If it can no longer be read.
        """
        return self._store.image()

    def grid(self) -> Grid:
        """Return the CT's grid; a stored CT need not be read for it. Raises what :meth:`image` does."""
        return self._store.grid()

    def segments(self, reader: str, *, crop: bool = False) -> dict[str, sitk.Image]:
        """Return a reader's masks by lesion id, uint8 0/1 on the CT's grid, locked or not.

        With ``crop`` they are cropped ones (:mod:`ABCImmunoResponseLib.imaging.cropping`), which take little memory.
        Only for programs that show nobody; for people :meth:`segments_for`.
        """
        return reader_steps.masks_of(self._store, reader_steps.find_read(self._store, reader), crop=crop)

    def segments_for(self, reader: str, viewer: str | None = None, *, crop: bool = False) -> dict[str, sitk.Image]:
        """Return a reader's masks if ``viewer`` may see them (see :meth:`reads_for`), else refuse with StateError."""
        if not reader_steps.may_see(self._store, reader_steps.find_read(self._store, reader), viewer):
            raise StateError(f"{viewer or 'Nobody'} cannot see {reader}'s read before both reads are locked.")
        return self.segments(reader, crop=crop)

    def save_read(
        self,
        reader: str,
        lesions: Sequence[Lesion],
        masks: Mapping[str, sitk.Image],
        *,
        findings: Sequence[Finding] = (),
    ) -> None:
        """Save a reader's lesions with their masks, over those saved before; possible until that reader locks.

        The first to save is reader A, the second reader B; there is no third, but where a read was withdrawn the next
        to save takes its role. Each lesion has one mask of its id,
        0/1 on the CT's grid, full or cropped. What is measured and found is kept with the lesions, after ``findings``:
        what is known of how the masks came onto the grid.
        """
        reader_steps.save_read(self._store, reader, lesions, masks, findings)

    def lock_read(self, reader: str, statement: str = "") -> None:
        """Lock a reader's read with that reader's signature: its files never change again.

        ``statement``, what the reader signs to, is kept with the read and shown with it only. The reader's draft
        (:mod:`ABCImmunoResponseLib.reading.drafts`) goes.
        """
        reader_steps.lock_read(self._store, reader, statement)

    def withdraw_read(self, reader: str, actor: str, reason: str) -> None:
        """Take a read that is not locked out of the record; another reader, or the same, can read in its role then.

        Its files are kept under ``superseded/<number of the audit line>/``, and the case is 'created' again where no
        other read is left. The reader's draft goes. ``reason`` is logged where the other reader may see it: it must
        tell nothing of the lesions.
        """
        withdrawal.withdraw_read(self._store, reader, actor, reason)

    def reconcile(self, actor: str) -> tuple[Verdict, ...]:
        """Compare both locked reads and return a verdict for each lesion.

        Concordant pairs are settled by the protocol's rule at once. The case is 'reconciled', or 'adjudicated' where
        no pair is left to settle.
        """
        return consensus_steps.reconcile(self._store, actor)

    def verdicts(self) -> tuple[Verdict, ...]:
        """Return the verdict for each pair of lesions; none before the reads were reconciled."""
        consensus = self.consensus()
        return consensus.verdicts if consensus else ()

    def consensus(self) -> Consensus | None:
        """Return verdicts, decisions, measured lesions, findings and signature; None before the reconciliation."""
        return self._store.contents.consensus

    def consensus_lesions(self) -> tuple[Lesion, ...]:
        """Return the lesions of the consensus so far."""
        return self._store.record.lesions

    def consensus_segments(self, *, crop: bool = False) -> dict[str, sitk.Image]:
        """Return the masks of the consensus so far, by lesion id, uint8 0/1 on the CT's grid, or cropped ones of it."""
        return consensus_steps.consensus_masks(self._store, crop=crop)

    def adjudicate(
        self,
        pair_id: str,
        choice: str,
        actor: str,
        reason: str,
        *,
        organ: str | None = None,
        mask: sitk.Image | None = None,
        findings: Sequence[Finding] = (),
        override_reason: str = "",
    ) -> None:
        """Settle one pair, or settle it anew, until the consensus is signed. The reads are not touched.

        Parameters
        ----------
        pair_id
            As the verdict names it. The lesion of pair Pn is Ln.
        choice
            'A' or 'B', that reader's outline; 'staple', 'intersection', 'union' or 'midway', a proposal; 'edited', the
            outline in ``mask``; 'drop', no lesion of the consensus.
        actor
            The adjudicator: neither reader, unless ``override_reason`` says why.
        organ
            The organ's code; needed where the readers' differ and neither's outline is taken.
        mask, findings
            The edited outline, 0/1 on the CT's grid, full or cropped, and what is known of how it came there.
        """
        consensus_steps.adjudicate(
            self._store,
            pair_id,
            choice,
            actor,
            reason,
            organ=organ,
            mask=mask,
            findings=findings,
            override_reason=override_reason,
        )

    def sign(self, actor: str, *, override_reason: str = "") -> None:
        """Sign the consensus: it is frozen and can be scored.

        ``actor`` is neither reader, unless ``override_reason`` says why. Every pair must be settled and a lesion left.
        """
        consensus_steps.sign(self._store, actor, override_reason)

    def set_clinical(self, record: ClinicalRecord, actor: str) -> None:
        """Record the clinical values, over those before: from both reads locked until the case is scored."""
        outcome_steps.set_clinical(self._store, record, actor)

    def clinical(self) -> ClinicalRecord | None:
        """Return the clinical values; None before they were recorded."""
        return self._store.contents.clinical

    def record_score(
        self,
        features_csv: bytes,
        result: Mapping[str, Any],
        actor: str,
        *,
        clinical: ClinicalRecord | None = None,
        diagnostics_csv: bytes | None = None,
        made_from: Mapping[str, str] | None = None,
    ) -> None:
        """Record the features and the result of a signed case (features.csv, result.json), all or nothing.

        Parameters
        ----------
        features_csv
            A table with a row for each target lesion of the consensus; the column ``lesion_id`` names it.
        clinical
            The clinical values that were scored, to be recorded with the score in place of those in the folder.
        diagnostics_csv
            What is to be known of the features beside their values (diagnostics.csv).
        made_from
            :attr:`files` as it was when the scoring began; left out, as this object has it now. If consensus or
            clinical values on disk differ from these, the score is of another case than the folder now holds and is
            refused with StateError.
        """
        outcome_steps.record_score(self._store, features_csv, result, actor, clinical, diagnostics_csv, made_from)

    def result(self) -> dict[str, Any] | None:
        """Return the result; None before the case was scored."""
        return self._store.contents.result

    def record_report(self, html: bytes, actor: str) -> None:
        """Record the report of a scored case (report.html)."""
        outcome_steps.record_report(self._store, html, actor)

    def reopen(self, to_state: str, actor: str, reason: str) -> None:
        """Step back to 'locked', 'reconciled', 'adjudicated', 'signed' or 'scored'; logged with its reason.

        Files that no longer hold are moved to ``superseded/<number of the audit line>/``, so nothing signed is lost.
        The reads stay locked. From 'reconciled' on, decisions taken by a person are withdrawn; clinical values stay.
        """
        reopening.reopen(self._store, to_state, actor, reason)

    def audit(self) -> tuple[AuditLine, ...]:
        """Return the audit log, oldest line first."""
        return self._store.lines

    def verify(self) -> None:
        """Verify every file on disk anew; raises IntegrityError with every change."""
        Store.open(self.path)

    def describe(self, viewer: str | None = None) -> dict[str, Any]:
        """Return where the case stands, ready for JSON, as ``viewer`` may see it (see :meth:`reads_for`)."""
        return describe(self, viewer)
