"""The words that say which segments of a mask are which lesions."""

from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path

import SimpleITK as sitk

from ABCImmunoResponseLib.case import Lesion, Protocol, from_mapping
from ABCImmunoResponseLib.errors import CaseFolderError
from ABCImmunoResponseLib.files import read_json
from ABCImmunoResponseLib.imaging.masks import Mask, read_masks


def add_lesions(parser: ArgumentParser) -> None:
    """Add the words for a mask and the lesions in it."""
    parser.add_argument(
        "--mask", type=Path, required=True, help="lesions: label map, .seg.nrrd, DICOM SEG or DICOM RTSTRUCT"
    )
    named = parser.add_mutually_exclusive_group(required=True)
    named.add_argument("--lesions", type=Path, metavar="L.json", help="list of {lesion_id, organ, segment, site ...}")
    named.add_argument(
        "--lesion",
        action="append",
        metavar="ID[@SEGMENT]=ORGAN[:SITE]",
        help="a lesion: its id, its segment where that has another name, organ code and site; once a lesion",
    )


def named_lesions(words: Namespace) -> list[tuple[Lesion, str]]:
    """Return the lesions, each with the name of its segment.

    Raises
    ------
    CaseFolderError
        If they are not described as they must be.
    """
    if words.lesions is None:
        return [_parse(text) for text in words.lesion]
    entries = read_json(words.lesions)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise CaseFolderError(f"{words.lesions} must hold a list of lesions, each a JSON object.")
    listed = []
    for n, entry in enumerate(entries, 1):
        segment = entry.pop("segment", None)
        lesion = from_mapping(Lesion, entry, f"{words.lesions}: lesion {n}")
        if segment is not None and not isinstance(segment, str):
            raise CaseFolderError(f"{words.lesions}: lesion {n}: segment must be text.")
        listed.append((lesion, segment or lesion.lesion_id))
    return listed


def lesion_masks(
    words: Namespace, named: list[tuple[Lesion, str]], image: sitk.Image, protocol: Protocol
) -> list[Mask]:
    """Return the lesions' masks on the image's grid, cropped, each under the lesion's id.

    A list, not a mapping: whoever takes it refuses two lesions of one id.
    """
    tolerance = protocol.acquisition["geometry_tolerance_mm"]
    segments = [segment for _, segment in named]
    masks = read_masks(words.mask, image, segments=segments, tolerance_mm=tolerance, crop=True)
    return [replace(mask, name=lesion.lesion_id) for mask, (lesion, _) in zip(masks, named, strict=True)]


def _parse(text: str) -> tuple[Lesion, str]:
    name, equals, where = text.partition("=")
    if not equals:
        raise CaseFolderError(f"--lesion {text!r} is not ID[@SEGMENT]=ORGAN[:SITE], for example L1=liver:segment VIII.")
    lesion_id, _, segment = name.partition("@")
    organ, _, site = where.partition(":")
    return Lesion(lesion_id, organ, site=site), segment or lesion_id
