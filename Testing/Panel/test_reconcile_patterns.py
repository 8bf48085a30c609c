"""Fill patterns made of voxels: a subset, about half of it, and each other's in no slice."""

import numpy as np
import pytest
from PIL import Image

from ABCImmunoResponseLib.resources import resource
from ABCImmunoResponseWidgets.reconcile.comparison_display import BLUE, GREEN, ORANGE
from ABCImmunoResponseWidgets.reconcile.patterns import LEAST, MOST, PATTERNS, PERIOD, fill


def ellipsoid(radii: tuple[float, float, float], centre=(0.0, 0.0, 0.0)) -> np.ndarray:
    axes = np.meshgrid(*(np.arange(-20, 21) for _ in range(3)), indexing="ij")
    return sum(((x - c) / r) ** 2 for x, c, r in zip(axes, centre, radii, strict=True)) <= 1


def differences():
    """Return what two outlines of one lesion may leave: rims, crescents, caps, whole lesions, scattered voxels."""
    rng = np.random.default_rng(3)
    yield "rim", ellipsoid((10, 12, 11)) & ~ellipsoid((8, 10, 9))
    yield "thin rim", ellipsoid((10, 12, 11)) & ~ellipsoid((9, 11, 10))
    yield "crescent", ellipsoid((9, 9, 9)) & ~ellipsoid((9, 9, 9), (1, 2, 3))
    yield "whole", ellipsoid((6, 7, 15))
    yield "noise", rng.random((9, 30, 30)) < 0.3
    for number in range(20):
        a = ellipsoid(tuple(rng.uniform(4, 15, 3)), tuple(rng.uniform(-3, 3, 3)))
        yield f"random {number}", a & ~ellipsoid(tuple(rng.uniform(4, 15, 3)), tuple(rng.uniform(-3, 3, 3)))


DIFFERENCES = dict(differences())


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("name", DIFFERENCES)
@pytest.mark.parametrize("across", [0, 1, 2])
def test_a_pattern_covers_about_half_of_a_difference(pattern, name, across):
    difference = DIFFERENCES[name]
    kept = fill(difference, (5, 17, 130), pattern, across)
    assert not (kept & ~difference).any()
    if difference.any():
        assert LEAST < kept.sum() / difference.sum() < MOST
    for plane, whole in zip(np.moveaxis(kept, across, 0), np.moveaxis(difference, across, 0), strict=True):
        assert plane.any() == whole.any()
        if whole.sum() >= PERIOD**2:
            assert LEAST < plane.sum() / whole.sum() < MOST


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_difference_of_any_shape_never_vanishes(pattern):
    rng = np.random.default_rng(11)
    for _ in range(300):
        voxels = rng.random((1, 6, 6)) < rng.uniform(0.02, 0.4)
        kept = fill(voxels, tuple(rng.integers(0, 50, 3)), pattern)
        assert kept.any() == voxels.any()
    diagonal = np.eye(12, dtype=bool)[np.newaxis]
    assert fill(diagonal, (0, 0, 0), pattern).any()
    assert fill(diagonal[:, ::-1], (0, 0, 0), pattern).any()


@pytest.mark.parametrize("name", DIFFERENCES)
def test_the_patterns_differ_wherever_they_have_room(name):
    """Along one diagonal stripes never change from voxel to voxel, and dots do."""
    difference = DIFFERENCES[name]
    changes = {}
    for pattern in PATTERNS:
        kept = fill(difference, (0, 0, 0), pattern)
        here, along = (slice(1, None), slice(None, -1)), (slice(None, -1), slice(1, None))
        for number, (plane, whole) in enumerate(zip(kept, difference, strict=True)):
            pairs = whole[here] & whole[along]
            if pairs.sum() >= PERIOD**2:
                changes[pattern, number] = np.count_nonzero((plane[here] != plane[along]) & pairs) / pairs.sum()
    assert all(share == 0 for (pattern, _), share in changes.items() if pattern == "stripes")
    assert all(share > 0.2 for (pattern, _), share in changes.items() if pattern == "dots")
    slices = {number for _, number in changes}
    assert len(changes) == 2 * len(slices)


def test_a_pattern_runs_through_slices_and_neighbours():
    whole = np.ones((3, 20, 20), bool)
    kept = fill(whole, (0, 3, 5), "stripes")
    np.testing.assert_array_equal(kept[0], kept[2])
    np.testing.assert_array_equal(kept[:, 4:, 6:], fill(whole[:, 4:, 6:], (0, 7, 11), "stripes"))


def test_nothing_differs_nothing_is_filled():
    assert not fill(np.zeros((2, 5, 5), bool), (0, 0, 0), "dots").any()


@pytest.mark.parametrize(
    ("name", "colour"), [("A", BLUE), ("OnlyA", BLUE), ("B", ORANGE), ("OnlyB", ORANGE), ("Preview", GREEN)]
)
def test_the_legend_has_the_colours_of_the_views(name, colour):
    swatch = np.array(Image.open(resource("Icons", f"Comparison{name}.png")).convert("RGBA"))
    shown = swatch[swatch[..., 3] == 255][:, :3]
    assert len(shown) > 50
    assert (shown == np.rint(np.multiply(colour, 255))).all()


def test_readers_colours_keep_apart_in_every_common_colour_blindness():
    """Simulated with the matrices of Viénot, Brettel and Mollon (1999) on linear RGB."""

    def linear(colour):
        c = np.asarray(colour)
        return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)

    protan = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]])
    deutan = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])
    for matrix in (np.eye(3), protan, deutan):
        assert np.linalg.norm(matrix @ linear(BLUE) - matrix @ linear(ORANGE)) > 0.5
