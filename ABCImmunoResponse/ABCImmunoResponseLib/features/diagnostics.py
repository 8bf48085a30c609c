"""What is to be known of an extraction beside its features: sizes, grey levels, contact with borders, versions.

Its own table, ``<features>.diagnostics.csv``, one row a lesion: no column of it is ever taken for a feature.
"""

import csv
import io
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.features.names import FEATURE_NAMES, IMAGE_TYPES, undefined_features
from ABCImmunoResponseLib.features.preprocessing.regions import Region
from ABCImmunoResponseLib.features.recipe import Recipe

TINY_VOXELS = 64  # 4 x 4 x 4 mm: most texture matrices of such a lesion are nearly empty
_FACES = (("k", 0), ("j", 1), ("i", 2))


@dataclass(frozen=True)
class Diagnostics:
    """Of one lesion mask.

    Attributes
    ----------
    drawn_voxels, drawn_volume_mm3
        Of the mask on the image's grid.
    resampled_voxels, resampled_volume_mm3
        Of the mask that the features are of.
    resampled_size : (int, int, int)
        Voxels of its smallest box along (i, j, k).
    resampled_spacing_mm : (float, float, float)
        Along (i, j, k).
    mask_at_border, pad_at_border : str
        Faces of the image ('i-' first column, 'i+' last, then j, k) that the mask touches, and at which the filters'
        pad around the lesion is cut short: LoG and wavelet features then depend on how an image goes on beyond its end.
    one_voxel_thick : str
        Axes along which the resampled mask is a single voxel thick.
    tiny : bool
        Fewer than 64 voxels after resampling.
    grey_levels : mapping of str to int
        How many grey levels occur in the lesion, by image type.
    undefined : tuple of str
        Features that are NaN or infinite.
    """

    drawn_voxels: int
    drawn_volume_mm3: float
    resampled_voxels: int
    resampled_volume_mm3: float
    resampled_size: tuple[int, int, int]
    resampled_spacing_mm: tuple[float, float, float]
    mask_at_border: str
    pad_at_border: str
    one_voxel_thick: str
    tiny: bool
    grey_levels: Mapping[str, int]
    undefined: tuple[str, ...]

    @property
    def constant(self) -> tuple[str, ...]:
        """The image types in which the lesion has a single grey level: their texture says nothing."""
        return tuple(name for name, levels in self.grey_levels.items() if levels == 1)


@dataclass(frozen=True, eq=False)
class LesionFeatures:
    """One lesion's features, shape (1130,), float64, in the order of ``names.FEATURE_NAMES``, and diagnostics."""

    values: np.ndarray
    diagnostics: Diagnostics


def diagnose(region: Region, recipe: Recipe, grey_levels: Mapping[str, int], values: np.ndarray) -> Diagnostics:
    """Return the diagnostics of one extraction; ``grey_levels`` by image type."""
    drawn, grid = region.drawn, region.sampling.grid
    size = region.drawn_on.size[::-1]
    touched, cut = [], []
    pad = recipe.settings["padDistance"]
    for axis, at in _FACES:
        side, start = region.box[at], drawn.start[at]
        touched += [f"{axis}-"] * (start == 0) + [f"{axis}+"] * (start + drawn.voxels.shape[at] == size[at])
        cut += [f"{axis}-"] * (side.start < pad) + [f"{axis}+"] * (region.mask.shape[at] - side.stop < pad)
    count, lesion = int(np.count_nonzero(region.mask)), region.lesion.shape
    voxels = int(np.count_nonzero(drawn.voxels))
    return Diagnostics(
        drawn_voxels=voxels,
        drawn_volume_mm3=float(voxels * np.prod(region.drawn_on.spacing)),
        resampled_voxels=count,
        resampled_volume_mm3=float(count * np.prod(grid.spacing)),
        resampled_size=lesion[::-1],
        resampled_spacing_mm=grid.spacing,
        mask_at_border=" ".join(touched),
        pad_at_border=" ".join(cut),
        one_voxel_thick=" ".join(axis for axis, at in _FACES if lesion[at] == 1),
        tiny=count < TINY_VOXELS,
        grey_levels=dict(grey_levels),
        undefined=undefined_features(values),
    )


def findings(lesion: str, of: Diagnostics) -> list[Finding]:
    """Return what a user must know of a lesion's features."""
    found = []
    if of.undefined:
        shown = ", ".join(of.undefined[:3]) + (" ..." if len(of.undefined) > 3 else "")
        message = (
            f"{len(of.undefined)} of {len(FEATURE_NAMES)} features are undefined on the lesion ({shown}): it is very "
            "small or uniform."
        )
        found.append(Finding("features-undefined", message, lesion=lesion))
    if of.tiny:
        message = f"The lesion has {of.resampled_voxels} voxels after resampling: its texture is hardly defined."
        found.append(Finding("lesion-tiny", message, lesion=lesion))
    if of.one_voxel_thick:
        message = f"After resampling the lesion is one voxel thick along {of.one_voxel_thick}."
        found.append(Finding("lesion-flat", message, lesion=lesion))
    if of.pad_at_border:
        message = (
            f"The lesion lies so near the image's border ({of.pad_at_border}) that LoG and wavelet features depend on "
            "how filters continue the image."
        )
        found.append(Finding("filters-at-border", message, "info", lesion=lesion))
    return found


def write_diagnostics_csv(rows: Mapping[str, Diagnostics], case_id: str, engine: str, recipe: Recipe) -> bytes:
    """Return a table of lesions' diagnostics, by lesion id, as CSV (UTF-8, LF); lists are separated by blanks."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    common = {"engine": engine, "recipe": recipe.name, "recipe_sha256": recipe.sha256, **_versions(engine)}
    for number, (lesion, of) in enumerate(rows.items()):
        row = {
            "case_id": case_id,
            "lesion_id": lesion,
            "drawn_voxels": of.drawn_voxels,
            "drawn_volume_mm3": repr(of.drawn_volume_mm3),
            "resampled_voxels": of.resampled_voxels,
            "resampled_volume_mm3": repr(of.resampled_volume_mm3),
            "resampled_size": " ".join(map(str, of.resampled_size)),
            "resampled_spacing_mm": " ".join(f"{step:.17g}" for step in of.resampled_spacing_mm),
            "mask_at_border": of.mask_at_border,
            "pad_at_border": of.pad_at_border,
            "one_voxel_thick": of.one_voxel_thick,
            "tiny": str(of.tiny).lower(),
            **{f"grey_levels_{name}": of.grey_levels[name] for name in IMAGE_TYPES},
            "constant_images": " ".join(of.constant),
            "undefined_features": " ".join(of.undefined),
            **common,
        }
        if number == 0:
            writer.writerow(row)
        writer.writerow(row.values())
    return text.getvalue().encode()


def _versions(engine: str) -> dict[str, str]:
    """Return the versions of what computed; that of numba where its engine did."""
    found = {"python": platform.python_version(), "numba": version("numba") if engine.startswith("numba") else ""}
    for package in ("numpy", "scipy", "SimpleITK"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # Slicer builds its own SimpleITK, without package metadata
            found[package] = getattr(__import__(package), "__version__", "unknown")
    return found
