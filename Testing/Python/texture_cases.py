"""Small regions of every kind that texture features meet, pyradiomics' matrices of them, and its feature classes."""

import importlib
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.features.kernels.matrices import Matrices

SPACING_KJI = 1.25, 0.8, 0.7


@contextmanager
def _pyradiomics(module: str) -> Iterator[ModuleType]:
    """Give one of its modules, and let it warn and log without making errors of that."""
    logger = logging.getLogger("radiomics")
    level = logger.level
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        logger.setLevel(logging.CRITICAL + 1)
        try:
            yield importlib.import_module(f"radiomics.{module}")
        finally:
            logger.setLevel(level)


@dataclass(frozen=True, eq=False)
class TextureCase:
    """An image (K, J, I) and a region (K, J, I, bool) that touches all its sides, and pyradiomics' bin width."""

    image: np.ndarray
    region: np.ndarray
    bin_width: float = 25

    @property
    def values(self) -> np.ndarray:
        """The region's values in C order."""
        return self.image[self.region]

    def discretised(self) -> tuple[np.ndarray, np.ndarray]:
        """Return pyradiomics' image of levels, 0 outside the region, and the levels that occur."""
        with _pyradiomics("imageoperations") as operations:
            levels, _ = operations.binImage(self.image, self.region, binWidth=self.bin_width)
        return levels, np.unique(levels[self.region])

    def matrices(self, distances: tuple[int, ...] = (1,), gldm_a: int = 0) -> tuple[Matrices, np.ndarray]:
        """Return the matrices that pyradiomics' C code counts, of the levels that occur, and these levels."""
        image, levels = self.discretised()
        n, rows = int(levels[-1]), levels - 1
        near = np.array(distances)
        with _pyradiomics("_cmatrices") as count:
            glcm, offsets = count.calculate_glcm(image, self.region, near, n, False, 0)
            glrlm, run_offsets = count.calculate_glrlm(image, self.region, n, max(image.shape), False, 0)
            glszm = count.calculate_glszm(image, self.region, n, int(self.region.sum()), False, 0)[0, rows]
            gldm = count.calculate_gldm(image, self.region, near, n, gldm_a, False, 0)[0, rows]
            ngtdm = count.calculate_ngtdm(image, self.region, near, n, False, 0)[0, rows, :2]
        level, column = np.nonzero(glszm)
        zones = level, column + 1, glszm[level, column].astype(np.int64)
        glcm = np.ascontiguousarray(glcm[0][np.ix_(rows, rows)])
        return Matrices(glcm, offsets, glrlm[0, rows], run_offsets, zones, gldm, ngtdm), levels

    def by_pyradiomics(self, feature_class: str, **settings) -> dict[str, float]:
        """Return the features that pyradiomics' class (GLCM, FirstOrder, ...) makes of the case."""
        image, mask = sitk.GetImageFromArray(self.image), sitk.GetImageFromArray(self.region.astype(np.uint8))
        for picture in (image, mask):
            picture.SetSpacing(SPACING_KJI[::-1])
        with _pyradiomics(feature_class.lower()) as module:
            make = getattr(module, f"Radiomics{feature_class}")
            found = make(image, mask, binWidth=self.bin_width, **settings).execute()
        return {name: float(np.real(value)) for name, value in found.items()}


def assert_same_features(found: dict[str, float], wanted: dict[str, float], where: object, rtol: float = 1e-12) -> None:
    """Demand the same names in the same order, plain floats, NaN at the same places, and values within ``rtol``.

    There is no absolute tolerance: what is rounding in one must be the same rounding in the other.
    """
    assert list(found) == list(wanted), where
    for name, value in found.items():
        assert type(value) is float, (where, name)
        same = np.isclose(value, wanted[name], rtol=rtol, atol=0.0, equal_nan=True)
        assert same, f"{where}, {name}: {value!r} instead of {wanted[name]!r}"


# One level missing, none, several: pyradiomics' matrices lie differently in memory.
_PALETTES = (
    [0, 2],
    [0, 1, 3],
    [0, 2, 3],
    [0, 1, 2, 4],
    [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11],
    [0, 1, 2, 3, 4, 5],
    [0, 3, 7, 9, 12],
)


def of_levels(levels: np.ndarray, region: np.ndarray) -> TextureCase:
    """Return a case, cropped to the region, in which voxels have these levels times 25 HU."""
    box = tuple(slice(where.min(), where.max() + 1) for where in np.nonzero(region))
    return TextureCase((levels[box] * 25 + 7).astype(np.int16), region[box])


def texture_cases() -> dict[str, TextureCase]:
    """Return cases of every kind: ordinary, of few levels, with gaps between them, thin, scattered, symmetric."""
    rng = np.random.default_rng(20230)
    ball = np.sum((np.indices((9, 9, 9)) - 4) ** 2, axis=0) <= 18
    cases = {}
    for n in (4, 20, 80):
        smooth = rng.normal(size=ball.shape).cumsum(0) + rng.normal(size=ball.shape).cumsum(2)
        smooth = (smooth - smooth.min()) / np.ptp(smooth)
        cases[f"{n} levels"] = of_levels(np.floor(smooth * (n - 0.01)), ball)
        cases[f"{n} levels at random"] = of_levels(rng.integers(0, n, ball.shape), ball)
    noise = rng.normal(0, 60, ball.shape)
    for dtype in (np.float32, np.float64):
        cases[dtype.__name__] = TextureCase(noise.astype(dtype), ball)
        cases[f"{dtype.__name__} of narrow bins"] = TextureCase(noise.astype(dtype), ball, bin_width=7.5)
    zero = np.zeros(ball.shape, int)
    cases["constant"] = of_levels(zero, ball)
    cases["constant float"] = TextureCase(np.full(ball.shape, 0.1, np.float32), ball)
    corner = zero.copy()
    corner[4, 4, 4] = 1
    cases["one voxel of another level"] = of_levels(corner, ball)
    for missing in ([2], [3, 5], [2, 3, 4]):
        levels = rng.choice(np.setdiff1d(np.arange(12), missing), ball.shape)
        cases[f"levels without {missing}"] = of_levels(levels, ball)
    cases["a far level"] = of_levels(np.where(noise > 120, 900, 0), ball)
    cases["two levels checkered"] = of_levels(np.indices((6, 6, 6)).sum(0) % 2, np.ones((6, 6, 6), bool))
    cases["two levels in layers"] = of_levels(np.indices((6, 6, 6))[1] % 2, np.ones((6, 6, 6), bool))
    cases["three levels in layers"] = of_levels(np.indices((6, 6, 6))[1] % 3, np.ones((6, 6, 6), bool))
    cases["mirrored"] = of_levels(np.abs(np.indices((7, 7, 7))[2] - 3), np.ones((7, 7, 7), bool))
    cases["ramp"] = of_levels(np.indices((7, 7, 7))[2], np.ones((7, 7, 7), bool))
    cases["ramp in a line"] = of_levels(np.arange(30).reshape(1, 1, 30), np.ones((1, 1, 30), bool))
    for name, shape in (("plate", (1, 9, 9)), ("line", (1, 1, 30)), ("bar", (1, 2, 20))):
        for n in (2, 12):
            cases[f"{name} of {n} levels"] = of_levels(rng.integers(0, n, shape), np.ones(shape, bool))
    for share in (0.03, 0.1, 0.2):
        scattered = rng.random((8, 8, 8)) < share
        scattered[0, 0, 0] = scattered[-1, -1, -1] = True
        for n in (1, 2, 3, 12):
            cases[f"{share:.0%} scattered of {n} levels"] = of_levels(rng.integers(0, n, scattered.shape), scattered)
    cases.update(_pairs())
    cases.update({f"tiny {seed}": tiny(seed) for seed in range(60)})
    return cases


def _pairs() -> dict[str, TextureCase]:
    """Return two voxels of one or two levels: touching, apart in one direction, apart in several."""
    cases = {}
    places = {
        "touching": (0, 0, 1),
        "touching at corners": (1, 1, 1),
        "apart": (0, 0, 2),
        "far apart": (2, 2, 2),
        "on no common line": (0, 1, 2),
    }
    for name, at in places.items():
        region = np.zeros((3, 3, 3), bool)
        region[0, 0, 0] = region[at] = True
        for n in (1, 2):
            levels = np.where(np.indices(region.shape).sum(0) > 0, n, 1)
            cases[f"two voxels {name}, {n} level(s)"] = of_levels(levels, region)
    return cases


def tiny(seed: int) -> TextureCase:
    """Return a few voxels of a few levels, in which many things are equal, empty or independent by chance."""
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 6, 3)
    region = rng.random(shape) < rng.choice([0.15, 0.4, 0.7, 1.0])
    region.flat[rng.choice(region.size, min(2, region.size), replace=False)] = True
    if region.sum() < 2:
        return of_levels(np.array([[[0, 1]]]), np.ones((1, 1, 2), bool))
    return of_levels(rng.choice(_PALETTES[seed % len(_PALETTES)], shape), region)
