"""Outer parts of the body phantom: skin, fat, chest and belly wall, ribs, spine, breasts, and the table."""

from dataclasses import dataclass

import numpy as np

from ABCImmunoResponseLib.simulation.frame import Frame, phantom


@dataclass(frozen=True)
class Trunk:
    """Boolean arrays: the whole body, and the cavity inside its wall."""

    body: np.ndarray
    cavity: np.ndarray


def paint_table(tissue: np.ndarray, frame: Frame, codes: dict[str, int]) -> None:
    """Paint the scanner's couch: a thin shell, curved up at the sides."""
    spec = phantom()["table"]
    depth = frame.y - spec["back"] + spec["rise"] * (frame.x / spec["half_width"]) ** 2
    inside = (np.abs(frame.x) < spec["half_width"]) & (depth > 0) & (depth < spec["thickness"])
    shell = inside & ((depth < 2) | (depth > spec["thickness"] - 2) | (np.abs(frame.x) > spec["half_width"] - 2))
    tissue[np.broadcast_to(shell, tissue.shape)] = codes["fat"]


def paint_trunk(tissue: np.ndarray, frame: Frame, codes: dict[str, int], glands: np.ndarray) -> Trunk:
    """Paint skin, fat, wall, ribs, breasts and spine; what lies inside the wall is left as fat.

    Parameters
    ----------
    tissue
        Tissue codes, uint8 (k, j, i), changed in place.
    glands
        A smooth random field on the same voxels, for the breasts' glandular tissue.
    """
    spec = phantom()["body"]
    n = spec["exponent"]
    radius = (np.abs(frame.x / spec["half_width"]) ** n + np.abs(frame.y / spec["half_depth"]) ** n) ** (1 / n)
    depth = (1.0 - radius) * (spec["half_width"] + spec["half_depth"]) / 2
    _paint_breasts(tissue, frame, codes, glands)
    wall = spec["fat"] + spec["fat_front"] * np.clip(-frame.y / spec["half_depth"], -0.4, 1)
    body = depth > 0
    tissue[body & (depth > spec["skin"])] = codes["fat"]
    tissue[body & (depth <= spec["skin"]) & (tissue != codes["fat"]) & (tissue != codes["gland"])] = codes["muscle"]
    tissue[depth > wall] = codes["muscle"]
    cavity = depth > wall + spec["wall"]
    tissue[cavity] = codes["fat"]
    # The muscles beside the spine fill the back between the wall and the vertebrae.
    spine = phantom()["spine"]
    beside = Frame(np.abs(frame.x), frame.y, frame.z).ellipsoid(**spine["muscle"]) < 1
    beside |= (np.abs(frame.x) < spine["muscle"]["centre"][0]) & (frame.y > spine["canal"][1])
    tissue[beside & (depth > spec["skin"] + 8)] = codes["muscle"]
    cavity &= ~beside
    _paint_ribs(tissue, frame, codes, depth - wall)
    cavity &= ~_paint_spine(tissue, frame, codes)
    return Trunk(body | (tissue != codes["air"]), cavity)


def _paint_breasts(tissue: np.ndarray, frame: Frame, codes: dict[str, int], glands: np.ndarray) -> None:
    spec = phantom()["breast"]
    (cx, cy, cz), semi = spec["centre"], spec["semi"]
    mirrored = Frame(np.abs(frame.x), frame.y, frame.z)
    radius = mirrored.ellipsoid((cx, cy, cz), semi)
    inner = mirrored.ellipsoid((cx, cy, cz), tuple(s - spec["skin"] for s in semi))
    tissue[radius < 1] = codes["muscle"]
    tissue[inner < 1] = codes["fat"]
    tissue[(inner < 0.75) & (glands > 0.2)] = codes["gland"]


def _paint_ribs(tissue: np.ndarray, frame: Frame, codes: dict[str, int], into_wall: np.ndarray) -> None:
    """Paint ribs as bands of the wall that fall forwards, with cortex around marrow; cartilage in front."""
    spec = phantom()["ribs"]
    wave = np.cos(2 * np.pi * (frame.z - spec["slope"] * frame.y) / spec["level_mm"])
    edge = np.cos(np.pi * spec["share"])
    ring = (into_wall > 3) & (into_wall < 11) & (frame.z > spec["lowest"]) & (np.abs(frame.x) > 22)
    rib = ring & (wave > edge)
    marrow = rib & (wave > edge + 0.28) & (into_wall > 4.8) & (into_wall < 9.2)
    tissue[rib] = codes["cortex"]
    tissue[marrow] = codes["marrow"]
    tissue[rib & (frame.y < -52) & (np.abs(frame.x) < 78)] = codes["soft"]
    sternum = (np.abs(frame.x) < 17) & (frame.y < 0) & (into_wall > 2) & (into_wall < 13) & (frame.z > -5)
    tissue[sternum] = codes["cortex"]
    tissue[sternum & (np.abs(frame.x) < 15) & (into_wall > 4) & (into_wall < 11)] = codes["marrow"]


def _paint_spine(tissue: np.ndarray, frame: Frame, codes: dict[str, int]) -> np.ndarray:
    """Paint vertebrae, discs and canal; return where they are."""
    spec = phantom()["spine"]
    cx, cy, sx, sy = spec["body"]
    radius = np.hypot((frame.x - cx) / sx, (frame.y - cy) / sy)
    cx, cy, canal = spec["canal"]
    to_canal = np.hypot(frame.x - cx, frame.y - cy)
    arch = to_canal < canal + 5
    wings = (np.abs(frame.y - cy + 1) < 4.5) & (np.abs(frame.x) < 34)
    process = (np.abs(frame.x) < 3.5) & (frame.y > cy) & (frame.y < cy + spec["process"])
    level = np.cos(2 * np.pi * frame.z / spec["level_mm"])
    bony = level < np.cos(np.pi * spec["disc_share"])
    for part in (wings & bony, process & bony, arch):
        tissue[part] = codes["cortex"]
    tissue[(arch & (to_canal > canal + 1.5) & (to_canal < canal + 4)) & bony] = codes["marrow"]
    tissue[radius < 1] = codes["cortex"]
    tissue[radius < 0.92] = codes["marrow"]
    tissue[(radius < 1) & ~bony] = codes["soft"]
    tissue[to_canal < canal] = codes["fluid"]
    tissue[to_canal < 0.6 * canal] = codes["soft"]
    return (radius < 1) | arch
