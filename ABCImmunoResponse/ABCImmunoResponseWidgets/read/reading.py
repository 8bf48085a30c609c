"""One reader's read of a case in memory: lesions, outlines, sizes and what RECIST says of them. No Qt, no MRML."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.case import Finding, Lesion
from ABCImmunoResponseLib.errors import MaskError
from ABCImmunoResponseLib.imaging.masks import Mask
from ABCImmunoResponseLib.imaging.validity import check_lesion
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.reading.drafts import DraftLesion
from ABCImmunoResponseLib.reading.overview import Overview, overview
from ABCImmunoResponseLib.reading.records import Read
from ABCImmunoResponseLib.recist.diameters import Measurement, measure
from ABCImmunoResponseLib.recist.regions import region


class Reading:
    """One reader's read of a case, to be shown.

    Attributes
    ----------
    lesions
        By id, in the reader's order.
    masks
        The outlines that are drawn, cropped, by lesion id.
    measurements
        Of each outline.
    current
        The id of the lesion at hand, or None.
    """

    def __init__(
        self, folder: CaseFolder, reader: str, lesions: Iterable[DraftLesion], masks: Mapping[str, sitk.Image]
    ) -> None:
        self.folder, self.reader = folder, reader
        self.image = folder.image()
        self.lesions: dict[str, DraftLesion] = {lesion.lesion_id: lesion for lesion in lesions}
        self.masks: dict[str, Mask] = {}
        self.measurements: dict[str, Measurement] = {}
        self.current: str | None = next(iter(self.lesions), None)
        self._remarks: dict[str, tuple[Finding, ...]] = {}
        self._faults: dict[str, str] = {}
        for lesion_id, mask in masks.items():
            self._take(lesion_id, Mask(lesion_id, mask, ()))

    def overview(self) -> Overview:
        """Return sizes, eligibility and findings of every lesion, those about its outline included."""
        seen = overview(tuple(self.lesions.values()), self.measurements, self.folder.acquisition, self.folder.protocol)
        rows = tuple(replace(row, findings=(*row.findings, *self._remarks.get(row.lesion_id, ()))) for row in seen.rows)
        return replace(seen, rows=rows)

    def incomplete(self) -> dict[str, str]:
        """Return why a lesion cannot be recorded yet, by the id of each that cannot."""
        found = {}
        for lesion in self.lesions.values():
            if lesion.lesion_id not in self.masks:
                found[lesion.lesion_id] = "it is not drawn"
            elif not lesion.organ:
                found[lesion.lesion_id] = "its organ is not said"
            elif lesion.lesion_id in self._faults:
                found[lesion.lesion_id] = self._faults[lesion.lesion_id]
        return found

    def complete(self) -> tuple[Lesion, ...]:
        """Return the lesions that can be recorded."""
        left_out = self.incomplete()
        return tuple(lesion.lesion() for lesion in self.lesions.values() if lesion.lesion_id not in left_out)

    def _take(self, lesion_id: str, mask: Mask | None) -> None:
        for known in (self.masks, self.measurements, self._remarks, self._faults):
            known.pop(lesion_id, None)
        if mask is None:
            return
        self.masks[lesion_id] = mask
        self.measurements[lesion_id] = measure(mask.image, self.image)
        remarks = tuple(replace(found, lesion=lesion_id) for found in mask.findings)
        try:
            remarks += check_lesion(self.image, mask.image, self.folder.protocol, lesion_id)
        except MaskError as fault:  # too small to be recorded, which a lesion that is being drawn is at first
            self._faults[lesion_id] = str(fault)
            remarks += (Finding("lesion-too-small-to-record", str(fault), "warning", lesion_id),)
        self._remarks[lesion_id] = remarks


def own_read(folder: CaseFolder, reader: str) -> Read | None:
    """Return the reader's own read as it is in the case folder; None before it was saved."""
    return next((read for read in folder.reads_for(reader) if read.reader == reader), None)


def locked_reading(folder: CaseFolder, reader: str) -> Reading:
    """Return the reader's own locked read, to be shown."""
    read = own_read(folder, reader)
    lesions = [DraftLesion.of(lesion) for lesion in read.lesions]
    return Reading(folder, reader, lesions, folder.segments_for(reader, reader, crop=True))


def same_outline(a: sitk.Image, b: sitk.Image, image: sitk.Image) -> bool:
    """Say whether two masks of the image's lattice, cropped or not, have the same voxels; neither is empty."""
    first, second = region(a, image=image), region(b, image=image)
    return first.start == second.start and np.array_equal(first.voxels, second.voxels)
