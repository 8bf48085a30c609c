"""An adjudicator's outline while it is being edited, on disk after every stroke: no part of the record.

It lies beside the readers' drafts (:mod:`ABCImmunoResponseLib.reading.drafts`), in a folder of the adjudicator's own,
and goes when the pair is decided.
"""

from pathlib import Path

import SimpleITK as sitk

from ABCImmunoResponseLib.files import sha256_bytes
from ABCImmunoResponseLib.imaging.geometry import Grid
from ABCImmunoResponseLib.reading import draft_files
from ABCImmunoResponseLib.reading.layout import DRAFTS


def save_edit(case: Path, person: str, pair_id: str, mask: sitk.Image | None) -> None:
    """Save the outline of a pair that ``person`` is editing, over the one before; None removes it.

    Parameters
    ----------
    mask
        A cropped mask (``imaging.cropping``), uint8 0/1. Written at once and flushed: a crash at any moment leaves the
        outline before or the one after.

    Raises
    ------
    CaseFolderError
        If the disk refuses; the outline before is as it was.
    """
    place = _place(case, person)
    if mask is None:
        draft_files.remove_masks(place, [pair_id])
    else:
        data = draft_files.mask_bytes(mask, place.name, pair_id)
        draft_files.write_file(place, draft_files.mask_name(pair_id), data)


def load_edit(case: Path, person: str, pair_id: str, image: sitk.Image) -> sitk.Image | None:
    """Return the outline of a pair that ``person`` was editing, cropped; None where there is none.

    Raises
    ------
    CaseFolderError
        If it is there and cannot be used: damaged, or of another CT than ``image``.
    """
    place = _place(case, person)
    if pair_id not in draft_files.drawn(place):
        return None
    return draft_files.read_mask(place, place.name, pair_id, Grid.of(image))


def _place(case: Path, person: str) -> Path:
    # Adjudicators are named as they like, readers by what can name a file and never with a leading full stop.
    return case / DRAFTS / f".adjudicator-{sha256_bytes(person.casefold().encode())[:16]}"
