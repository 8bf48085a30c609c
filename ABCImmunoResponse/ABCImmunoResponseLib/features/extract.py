"""One case's lesions from masks to a labelled table: the protocol's checks, the engine, and what is to be known."""

from collections.abc import Mapping
from dataclasses import dataclass

import SimpleITK as sitk

from ABCImmunoResponseLib.case import Finding, Protocol
from ABCImmunoResponseLib.features.diagnostics import Diagnostics, findings
from ABCImmunoResponseLib.features.engine import Engine
from ABCImmunoResponseLib.features.recipe import Recipe
from ABCImmunoResponseLib.features.table import FeatureTable
from ABCImmunoResponseLib.imaging.validity import check_lesion
from ABCImmunoResponseLib.progress import Progress, silent


@dataclass(frozen=True, eq=False)
class Extraction:
    """The features of one case's lesions, diagnostics by lesion id, and findings on lesions or features."""

    table: FeatureTable
    diagnostics: Mapping[str, Diagnostics]
    findings: tuple[Finding, ...]


def extract_lesions(
    image: sitk.Image,
    masks: Mapping[str, sitk.Image],
    *,
    case_id: str,
    recipe: Recipe,
    engine: Engine,
    protocol: Protocol,
    organs: Mapping[str, str] | None = None,
    progress: Progress = silent,
    jobs: int = 1,
) -> Extraction:
    """Check every lesion by the protocol, then extract the features of all of them.

    Parameters
    ----------
    image : sitk.Image
        The CT in HU.
    masks : mapping of lesion id to sitk.Image
        0 and 1 on the image's grid.
    organs : mapping of lesion id to organ code, optional
        For the table alone.
    progress, jobs
        As :meth:`ABCImmunoResponseLib.features.engine.Engine.extract` takes them.

    Raises
    ------
    MaskError
        A lesion is smaller than the protocol or the recipe allows, or not on the image's grid.
    FeatureError
        The image cannot be used, or an id cannot stand in a table.
    """
    remarks = [finding for name, mask in masks.items() for finding in check_lesion(image, mask, protocol, name)]
    found = engine.extract_with_diagnostics(image, masks, recipe, progress, jobs=jobs)
    diagnostics = {name: features.diagnostics for name, features in found.items()}
    for name, of in diagnostics.items():
        remarks += findings(name, of)
    values = {name: features.values for name, features in found.items()}
    table = FeatureTable.of(case_id, values, masks, recipe, engine, organs)
    return Extraction(table, diagnostics, tuple(remarks))
