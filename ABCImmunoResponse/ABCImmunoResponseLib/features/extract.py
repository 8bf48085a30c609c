"""One case's lesions from masks to a labelled table: the protocol's checks, the engine, and what is to be known."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.case import Finding, Protocol
from ABCImmunoResponseLib.features.engine import Engine
from ABCImmunoResponseLib.features.names import FEATURE_NAMES, undefined_features
from ABCImmunoResponseLib.features.recipe import Recipe
from ABCImmunoResponseLib.features.table import FeatureTable
from ABCImmunoResponseLib.imaging.validity import check_lesion
from ABCImmunoResponseLib.progress import Progress, silent


@dataclass(frozen=True, eq=False)
class Extraction:
    """The features of one case's lesions, and findings on lesions or features."""

    table: FeatureTable
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

    Raises
    ------
    MaskError
        A lesion is smaller than the protocol or the recipe allows, or not on the image's grid.
    FeatureError
        The image cannot be used, or an id cannot stand in a table.
    """
    findings = [finding for name, mask in masks.items() for finding in check_lesion(image, mask, protocol, name)]
    features = engine.extract(image, masks, recipe, progress)
    findings += undefined_findings(features)
    return Extraction(FeatureTable.of(case_id, features, masks, recipe, engine, organs), tuple(findings))


def undefined_findings(features: Mapping[str, np.ndarray]) -> list[Finding]:
    """Return a finding for every lesion, by name, on which features are NaN or infinite."""
    findings = []
    for lesion, values in features.items():
        names = undefined_features(values)
        if names:
            shown = ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")
            message = (
                f"{len(names)} of {len(FEATURE_NAMES)} features are undefined on the lesion ({shown}): it is very "
                "small or uniform."
            )
            findings.append(Finding("features-undefined", message, lesion=lesion))
    return findings
