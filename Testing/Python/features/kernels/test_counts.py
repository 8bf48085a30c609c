"""Texture matrices are those that pyradiomics' C code counts, on regions of every shape."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from radiomics import cMatrices
from scipy.ndimage import gaussian_filter

from ABCImmunoResponseLib.features.kernels import numba_counts, numpy_counts
from ABCImmunoResponseLib.features.kernels.matrices import Matrices

EACH = pytest.mark.parametrize("counting", [numpy_counts, numba_counts], ids=["numpy", "numba"])


def tight(region: np.ndarray) -> np.ndarray:
    """Return a region in its smallest box."""
    places = np.argwhere(region)
    return region[tuple(map(slice, places.min(axis=0), places.max(axis=0) + 1))]


def smooth_noise(shape, seed: int, sigma: float) -> np.ndarray:
    return gaussian_filter(np.random.default_rng(seed).normal(size=shape), sigma)


def distance_from_centre(side: int) -> np.ndarray:
    return np.sqrt(sum((x - (side - 1) / 2) ** 2 for x in np.indices((side,) * 3)))


def places(shape, *found) -> np.ndarray:
    region = np.zeros(shape, bool)
    region[tuple(np.transpose(found))] = True
    return region


def branches() -> np.ndarray:
    """Tubes along the axes and the diagonals of a cube, from its centre."""
    k, j, i = np.indices((17,) * 3) - 8
    tubes = [abs(a) + abs(b) < 3 for a, b in ((k, j), (k, i), (j, i))]
    return np.any([*tubes, (k == j) & (j == i), (k == -j) & (j == i)], axis=0)


BALL = distance_from_centre(13) < 6.4
REGIONS = {
    "ball": tight(BALL),
    "shell": tight(BALL & (distance_from_centre(13) > 4.8)),
    "branches": tight(branches()),
    "components": tight(smooth_noise((14, 15, 16), 1, 1.2) > 0.1),
    "speckles": tight(np.random.default_rng(2).random((12, 10, 11)) < 0.03),
    "lone voxels": places((7, 5, 9), (0, 0, 0), (2, 4, 5), (6, 1, 8), (4, 2, 0)),
    "two on a line": places((7, 6, 5), (0, 0, 0), (6, 0, 0), (3, 5, 4)),
    "two on a diagonal": places((7, 7, 7), (0, 6, 0), (6, 0, 6), (2, 1, 5)),
    "touching corners": np.indices((6, 7, 8)).sum(axis=0) % 2 == 0,
    "line along k": np.ones((9, 1, 1), bool),
    "line along j": np.ones((1, 9, 1), bool),
    "line along i": np.ones((1, 1, 9), bool),
    "diagonal": np.eye(6, dtype=bool)[:, None, :] & np.eye(6, dtype=bool)[:, :, None],
    "one slice": np.ones((1, 8, 9), bool),
    "one row": smooth_noise((9, 1, 8), 3, 0.6) > -0.1,
    "one column": smooth_noise((9, 8, 1), 3, 0.6) > -0.1,
    "full box": np.ones((6, 7, 5), bool),
    "pair": np.ones((1, 1, 2), bool),
}


def image(region: np.ndarray, levels: int, seed=0, sigma=0.7, first=1) -> tuple[np.ndarray, np.ndarray]:
    """Return ranks and grey levels of a smooth image; some of the ``levels`` may not occur."""
    values = smooth_noise(region.shape, seed, sigma)[region]
    spread = np.floor(levels * (values - values.min()) / (np.ptp(values) + 1e-9)).astype(np.int64)
    grey_levels, ranks = np.unique(spread + first, return_inverse=True)
    return (ranks + 1).astype(np.uint16), grey_levels


def by_pyradiomics(region, ranks, grey_levels, distances, gldm_a) -> Matrices:
    """Count as pyradiomics does, and leave out the levels that do not occur."""
    picture = np.zeros(region.shape, np.int32)
    picture[region] = grey_levels[ranks - 1]
    top, kept, reach, flat = int(grey_levels[-1]), grey_levels - 1, np.array(distances), (False, 0)
    glcm, glcm_directions = cMatrices.calculate_glcm(picture, region, reach, top, *flat)
    glrlm, glrlm_directions = cMatrices.calculate_glrlm(picture, region, top, max(region.shape), *flat)
    glszm = cMatrices.calculate_glszm(picture, region, top, int(region.sum()), *flat)[0][kept]
    levels, sizes = np.nonzero(glszm)
    gldm = cMatrices.calculate_gldm(picture, region, reach, top, gldm_a, *flat)[0][kept]
    return Matrices(
        glcm=glcm[0][np.ix_(kept, kept)],
        glcm_directions=glcm_directions,
        glrlm=up_to_last(glrlm[0][kept]),
        glrlm_directions=glrlm_directions,
        glszm=(levels, sizes + 1, glszm[levels, sizes]),
        gldm=up_to_last(gldm),
        ngtdm=cMatrices.calculate_ngtdm(picture, region, reach, top, *flat)[0][kept, :2],
    )


def up_to_last(matrix: np.ndarray) -> np.ndarray:
    """Leave out the empty columns at the end, but not the first."""
    filled = np.flatnonzero(matrix.any(axis=tuple({0, 2} & set(range(matrix.ndim)))))
    return matrix[:, : max(filled, default=0) + 1]


def assert_same(found: Matrices, wanted: Matrices) -> None:
    """To the last bit, also the sums of differences."""
    for name in ("glcm", "glcm_directions", "glrlm", "glrlm_directions", "gldm", "ngtdm"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name), err_msg=name, strict=False)
    for name, mine, theirs in zip(("levels", "sizes", "numbers"), found.glszm, wanted.glszm, strict=True):
        np.testing.assert_array_equal(mine, theirs, err_msg=f"glszm {name}")


def check(counting, region, ranks, grey_levels, distances=(1,), gldm_a=0) -> None:
    found = counting.matrices(counting.prepare(region, distances), ranks, grey_levels, gldm_a)
    assert_same(found, by_pyradiomics(region, ranks, grey_levels, distances, gldm_a))


@EACH
@pytest.mark.parametrize("levels", [1, 2, 3, 20, 300])
@pytest.mark.parametrize("name", REGIONS)
def test_counts_are_those_of_pyradiomics(counting, name, levels):
    check(counting, REGIONS[name], *image(REGIONS[name], levels))


@EACH
@pytest.mark.parametrize("gldm_a", [0, 1, 3, 200])
@pytest.mark.parametrize("distances", [[1], [1, 2], [3], [2, 1]])
@pytest.mark.parametrize("name", ["ball", "shell", "speckles", "one slice"])
def test_distances_and_dependence_are_those_of_pyradiomics(counting, name, distances, gldm_a):
    check(counting, REGIONS[name], *image(REGIONS[name], 12, first=3), distances, gldm_a)


@EACH
@pytest.mark.parametrize("sigma", [0.5, 3])
@pytest.mark.parametrize("levels", [2, 3, 20, 60, 255, 256])
def test_large_lesions_are_counted_as_small_ones(counting, levels, sigma):
    """Here lines no longer fit into one block, and few levels are counted several at once."""
    region = tight(smooth_noise((34, 36, 38), 5, 4) > -0.02)
    assert region.sum() > 20_000
    check(counting, region, *image(region, levels, seed=6, sigma=sigma))


@settings(max_examples=60, deadline=None)
@given(
    shape=st.tuples(*[st.integers(1, 9)] * 3),
    share=st.sampled_from([0.05, 0.2, 0.5, 0.9, 1.0]),
    levels=st.integers(1, 9),
    sigma=st.sampled_from([0.01, 0.8, 2.0]),
    distances=st.sampled_from([[1], [1, 2]]),
    gldm_a=st.integers(0, 2),
    seed=st.integers(0, 10_000),
)
def test_random_regions_are_counted_as_by_pyradiomics(shape, share, levels, sigma, distances, gldm_a, seed):
    region = np.random.default_rng(seed).random(shape) < share
    region.flat[:1] = region.flat[-1:] = True
    if region.size > 1:
        for counting in (numpy_counts, numba_counts):
            check(counting, region, *image(region, levels, seed, sigma), distances, gldm_a)


@EACH
def test_a_row_counted_by_hand(counting):
    """Levels 1 1 3 1 3 along i, the fourth voxel not in the region: 1 1 3 . 3."""
    region = np.array([[[True, True, True, False, True]]])
    found = counting.matrices(counting.prepare(region, [1]), np.array([1, 1, 2, 2], np.uint16), np.array([1, 3]), 0)
    np.testing.assert_array_equal(found.glcm_directions, [[0, 0, 1]])
    np.testing.assert_array_equal(found.glcm[:, :, 0], [[1, 1], [0, 0]])
    np.testing.assert_array_equal(found.glrlm[:, :, 0], [[0, 1], [2, 0]])
    np.testing.assert_array_equal(found.glszm, [[0, 1], [2, 1], [1, 2]])
    np.testing.assert_array_equal(found.gldm, [[0, 2], [2, 0]])
    np.testing.assert_array_equal(found.ngtdm, [[2, 1], [2, 2]])  # means of neighbours: 1, 2, 1 and none


@EACH
def test_runs_are_counted_only_where_a_line_holds_two_voxels(counting):
    """Connected or not, as pyradiomics has it: three voxels, of which two are far apart on one line along k."""
    region = REGIONS["two on a line"]
    found = counting.matrices(counting.prepare(region, [1]), np.ones(3, np.uint16), np.array([1]), 0)
    along_k = (found.glrlm_directions == (1, 0, 0)).all(axis=1)
    np.testing.assert_array_equal(found.glrlm[0, 0], np.where(along_k, 3, 0))


@EACH
@pytest.mark.parametrize("axes", [(0, 1, 2), (2, 0, 1), (1, 2, 0), (2, 1, 0)])
def test_winding_zones_are_followed_to_their_end(counting, axes):
    """A path that goes to and fro through the whole box, and the gaps between its turns."""
    picture = np.ones((3, 41, 30), np.uint16)
    picture[:, 1::2] = 2
    picture[:, 1::4, -1] = picture[:, 3::4, 0] = 1
    picture = picture.transpose(axes)
    region = np.ones(picture.shape, bool)
    found = counting.matrices(counting.prepare(region, [1]), picture.ravel(), np.array([1, 2]), 0)
    path = 3 * (21 * 30 + 20)
    np.testing.assert_array_equal(found.glszm, [[0, 1], [path, 3 * 29], [1, 20]])


@EACH
def test_zones_meet_at_corners_and_pass_through_each_other(counting):
    """The two colours of a chessboard are one zone each; voxels two apart in all directions are zones of one."""
    k, j, i = np.indices((8, 10, 12))
    region = np.ones(k.shape, bool)
    prepared = counting.prepare(region, [1])
    colours = counting.matrices(prepared, ((k + j + i) % 2 + 1).astype(np.uint16).ravel(), np.array([1, 2]), 0)
    np.testing.assert_array_equal(colours.glszm, [[0, 1], [480, 480], [1, 1]])
    cells = (4 * (k % 2) + 2 * (j % 2) + i % 2 + 1).astype(np.uint16)
    apart = counting.matrices(prepared, cells.ravel(), np.arange(1, 9), 0)
    np.testing.assert_array_equal(apart.glszm, [range(8), [1] * 8, [120] * 8])


@EACH
def test_high_grey_levels_do_not_overflow(counting):
    """Sums of 26 neighbours beyond 16 bits; levels as far apart as a signed byte holds, and one more."""
    region = REGIONS["ball"]
    for spread in (127, 128, 129, 3900):
        ranks = image(region, 2)[0]
        grey_levels = np.array([100, 100 + spread])
        picture = np.zeros(region.shape, np.int32)
        picture[region] = grey_levels[ranks - 1]
        for gldm_a in (spread - 1, spread):
            found = counting.matrices(counting.prepare(region, [1]), ranks, grey_levels, gldm_a)
            arguments = (picture, region, np.array([1]), int(grey_levels[-1]))
            gldm = cMatrices.calculate_gldm(*arguments, gldm_a, False, 0)[0][grey_levels - 1]
            np.testing.assert_array_equal(found.gldm, up_to_last(gldm))
            ngtdm = cMatrices.calculate_ngtdm(*arguments, False, 0)[0][grey_levels - 1, :2]
            np.testing.assert_array_equal(found.ngtdm, ngtdm)


@EACH
def test_neighbours_farther_than_the_box_are_none(counting):
    """pyradiomics refuses such distances; here nothing is counted."""
    region = np.ones((2, 3, 2), bool)
    found = counting.matrices(counting.prepare(region, [3]), *image(region, 3, sigma=0.01), 0)
    assert found.glcm.shape == (3, 3, 0)
    assert found.gldm.shape == (3, 1)
    assert found.gldm.sum() == 12
    np.testing.assert_array_equal(found.ngtdm[:, 1], 0)
    assert found.glrlm.any()


@EACH
def test_region_is_prepared_once_for_many_images(counting):
    """Neither the region nor what is prepared nor an image changes by counting."""
    region = REGIONS["components"].copy()
    prepared = counting.prepare(region, [1])
    before = region.copy()
    images = [image(region, levels, seed) for levels, seed in product((2, 30, 290), (1, 2))]
    copies = [(ranks.copy(), grey_levels.copy()) for ranks, grey_levels in images]
    first = [counting.matrices(prepared, *picture, 0) for picture in images]
    again = [counting.matrices(prepared, *picture, 0) for picture in reversed(images)]
    for one, other in zip(first, reversed(again), strict=True):
        assert_same(one, other)
    np.testing.assert_array_equal(region, before)
    for picture, copy in zip(images, copies, strict=True):
        np.testing.assert_array_equal(picture[0], copy[0])
        np.testing.assert_array_equal(picture[1], copy[1])


@EACH
@pytest.mark.parametrize("name", ["ball", "speckles"])
def test_matrices_have_the_types_that_formulas_expect(counting, name):
    """C order matters: numpy sums in the order of memory, and pyradiomics' matrices are in C order."""
    found = counting.matrices(counting.prepare(REGIONS[name], [1]), *image(REGIONS[name], 5), 0)
    for matrix in (found.glcm, found.glrlm, found.gldm, found.ngtdm):
        assert matrix.dtype == np.float64
        assert matrix.flags.c_contiguous
    for column in found.glszm:
        assert column.dtype == np.int64


@pytest.mark.parametrize("levels", [2, 3, 15, 16, 38, 39, 40, 41, 64, 70, 255, 256, 300])
def test_large_regions_are_counted_alike(levels):
    """Where lines are long, numpy packs several voxels in one number; it must know when they no longer fit."""
    rng = np.random.default_rng(levels)
    region = np.ones((64, 62, 60), bool)
    ranks = rng.integers(1, levels + 1, region.size).astype(np.uint16)
    grey = np.arange(1, levels + 1)
    found = [each.matrices(each.prepare(region, [1]), ranks, grey, 0) for each in (numpy_counts, numba_counts)]
    for name in ("glcm", "glrlm", "gldm", "ngtdm"):
        np.testing.assert_array_equal(*(getattr(each, name) for each in found))
    for one, other in zip(*(each.glszm for each in found), strict=True):
        np.testing.assert_array_equal(one, other)
    assert found[0].glcm.sum() == sum(
        np.prod([n - abs(step) for n, step in zip(region.shape, direction, strict=True)])
        for direction in found[0].glcm_directions
    )
