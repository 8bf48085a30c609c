"""A phantom of chest and upper belly: which tissue is where, and what it looks like, before lesions and scanner."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from ABCImmunoResponseLib.simulation.fields import gaussian_field, tubes
from ABCImmunoResponseLib.simulation.frame import Frame, phantom, straight_frame, warped
from ABCImmunoResponseLib.simulation.grid import Grid
from ABCImmunoResponseLib.simulation.lesion import Point
from ABCImmunoResponseLib.simulation.sites import organ_model
from ABCImmunoResponseLib.simulation.tissue import mean_hu
from ABCImmunoResponseLib.simulation.trunk import Trunk, paint_table, paint_trunk

_SLAB = 20


@dataclass(frozen=True)
class Anatomy:
    """The phantom on a grid: ``hu`` float32 and ``tissue`` codes uint8, both (k, j, i); ``codes`` by tissue name."""

    grid: Grid
    hu: np.ndarray
    tissue: np.ndarray
    codes: dict[str, int]


def draw_anatomy(rng: np.random.Generator, grid: Grid, scale: float, phase: str) -> Anatomy:
    """Draw the phantom of a patient.

    Parameters
    ----------
    rng
        Bends the shapes and draws vessels, bowel and textures.
    grid
        Its LPS origin is the middle of the body at the diaphragm.
    scale
        Size of the patient: real mm per phantom mm.
    phase
        Contrast phase of ``organs.json``.
    """
    codes = {name: n for n, name in enumerate(organ_model()["tissues"])}
    straight = straight_frame(grid, scale)
    frame = warped(rng, grid, straight, scale)
    bowel = gaussian_field(rng, grid, 9.0 * scale)
    vessels = {name: _vessels(rng, grid, name) for name in ("liver", "lung")}
    tissue = np.full(grid.size, codes["air"], np.uint8)
    for start in range(0, grid.size[0], _SLAB):
        cut = slice(start, start + _SLAB)
        part = frame.slab(cut)
        paint_table(tissue[cut], straight.slab(cut), codes)
        trunk = paint_trunk(tissue[cut], part, codes, bowel[cut])
        _paint_inside(tissue[cut], part, codes, trunk, bowel[cut])
    return Anatomy(grid, _shade(rng, grid, tissue, codes, vessels, phase), tissue, codes)


def _vessels(rng: np.random.Generator, grid: Grid, organ: str) -> np.ndarray:
    spec = organ_model()["organs"][organ]["vessels"]
    return tubes(rng, grid, spec["radius"], spec["scale_mm"])


def _paint_inside(tissue: np.ndarray, frame: Frame, codes: dict[str, int], trunk: Trunk, bowel: np.ndarray) -> None:
    """Paint lungs and chest above the diaphragm, liver and belly below it, the aorta through both."""
    spec = phantom()
    chest = trunk.cavity & (frame.z > _diaphragm(frame))
    belly = trunk.cavity & ~chest
    tissue[chest] = codes["lung"]
    _paint_solids(tissue, frame, codes, spec["chest"], chest)
    loops = belly & (frame.z < -48) & (frame.y < 16)
    tissue[loops & (np.abs(bowel) < 0.75)] = codes["soft"]
    tissue[loops & (np.abs(bowel) < 0.42)] = codes["fluid"]
    tissue[loops & (np.abs(bowel) < 0.36) & (np.sin(frame.x / 23 + frame.y / 17 + frame.z / 29) > 0.55)] = codes["air"]
    _paint_solids(tissue, frame, codes, [{"tissue": "liver", **lobe} for lobe in spec["liver"]], belly)
    _paint_solids(tissue, frame, codes, spec["abdomen"], belly)
    cx, cy = spec["aorta"]["centre"]
    tissue[np.hypot(frame.x - cx, frame.y - cy) < spec["aorta"]["radius"]] = codes["blood"]


def _paint_solids(
    tissue: np.ndarray, frame: Frame, codes: dict[str, int], solids: list[dict], where: np.ndarray
) -> None:
    for solid in solids:
        inside = where & (frame.ellipsoid(solid["centre"], solid["semi"]) < 1)
        if "in_front_of" in solid:  # gas rises in a patient who lies on her back
            inside &= frame.y < solid["in_front_of"]
        tissue[inside] = codes[solid["tissue"]]


def _diaphragm(frame: Frame) -> np.ndarray:
    """Return the height of the diaphragm: the higher of two domes."""
    spec = phantom()["diaphragm"]
    domes = [
        top - ((frame.x - x) ** 2 + (frame.y - y) ** 2) / spec["curvature_mm"]
        for x, y, top in (spec["right"], spec["left"])
    ]
    return np.maximum(*domes)


def _shade(
    rng: np.random.Generator,
    grid: Grid,
    tissue: np.ndarray,
    codes: dict[str, int],
    vessels: dict[str, np.ndarray],
    phase: str,
) -> np.ndarray:
    """Give each tissue its HU and texture, and liver and lung their vessels."""
    tissues = organ_model()["tissues"]
    mean = np.array([mean_hu(name, phase) for name in codes], np.float32)
    grain = np.array([tissues[name]["texture_hu"] for name in codes], np.float32)
    hu = mean[tissue]
    for scale_mm in sorted({tissues[name]["texture_mm"] for name in codes}):
        own = np.array([tissues[name]["texture_mm"] == scale_mm for name in codes], np.float32)
        hu += (grain * own)[tissue] * gaussian_field(rng, grid, scale_mm)
    blood = mean[codes["blood"]]
    for organ, share in vessels.items():
        inside = tissue == codes[organ]
        hu[inside] += (share * (blood - hu))[inside]
    return hu


def place_lesion(rng: np.random.Generator, anatomy: Anatomy, organ: str, room_mm: float) -> Point | None:
    """Choose where a lesion of liver or lung lies: at random where the organ leaves ``room_mm`` around it.

    Returns
    -------
    (z, y, x) in LPS mm, or None where the organ is nowhere so deep.
    """
    step = (1, 2, 2)
    inside = anatomy.tissue[:: step[0], :: step[1], :: step[2]] == anatomy.codes[organ]
    spacing = [s * n for s, n in zip(anatomy.grid.spacing, step, strict=True)]
    inside[0] = inside[-1] = False  # the organ goes on beyond the scan, but a lesion must lie within it
    deep = np.argwhere(ndimage.distance_transform_edt(inside, spacing) > room_mm)
    if not len(deep):
        return None
    index = deep[rng.integers(len(deep))]
    return tuple(float(o + s * i) for o, s, i in zip(anatomy.grid.origin, spacing, index, strict=True))
