"""The mesh is the one pyradiomics builds, in every configuration of a cell; its measures tend to the body's."""

import math

import numpy as np
import pytest
from radiomics import cShape

from ABCImmunoResponseLib.features.formulas.mesh import area_and_volume

SPACINGS = [(1.0, 1.0, 1.0), (5.0, 0.7, 0.9)]


def _ball(radius: float) -> np.ndarray:
    reach = math.ceil(radius) + 1
    return np.square(np.indices((2 * reach + 1,) * 3) - reach).sum(axis=0) <= radius**2


@pytest.mark.parametrize("spacing", SPACINGS)
@pytest.mark.parametrize("corner", [0, 5])
def test_every_configuration_of_eight_voxels_is_meshed_as_pyradiomics_does(spacing, corner):
    """Of all 256, each in two places: where the mesh has holes, its volume depends on the origin."""
    for configuration in range(1, 256):
        padded = np.zeros((4 + corner,) * 3, bool)
        voxels = np.array([configuration >> bit & 1 for bit in range(8)], bool).reshape(2, 2, 2)
        padded[-3:-1, -3:-1, -3:-1] = voxels
        area, volume, _ = cShape.calculate_coefficients(padded, np.array(spacing))
        assert area_and_volume(padded, spacing) == pytest.approx((area, volume), rel=1e-13)


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
@pytest.mark.parametrize("spacing", SPACINGS)
def test_speckles_are_meshed_as_pyradiomics_does(spacing, share):
    """Random voxels hold every configuration, also next to every other."""
    padded = np.pad(np.random.default_rng(7).random((23, 19, 21)) < share, 1)
    area, volume, _ = cShape.calculate_coefficients(padded, np.array(spacing))
    assert area_and_volume(padded, spacing) == pytest.approx((area, volume), rel=1e-12)


def test_volume_is_exact_at_one_millimetre():
    """Every term is a whole number of eighths, in pyradiomics' sum as in this one."""
    padded = np.pad(np.random.default_rng(3).random((15, 17, 19)) < 0.6, 1)
    assert area_and_volume(padded, (1, 1, 1))[1] == cShape.calculate_coefficients(padded, np.ones(3))[1]


def test_one_voxel_is_an_octahedron():
    area, volume = area_and_volume(np.pad(np.ones((1, 1, 1), bool), 1), (2.0, 2.0, 2.0))
    assert volume == pytest.approx(8 / 6, rel=1e-15)
    assert area == pytest.approx(4 * math.sqrt(3), rel=1e-15)


def test_faces_of_a_box_lie_half_a_voxel_outside_the_outermost_centres():
    """Between its chamfered edges a box of n voxels is n wide: a plate's two faces are nearly all of its area."""
    area, volume = area_and_volume(np.pad(np.ones((4, 300, 300), bool), 1), (0.5, 1.0, 1.0))
    assert area == pytest.approx(2 * 300 * 300, rel=0.02)
    assert volume == pytest.approx(2 * 300 * 300, rel=0.02)


@pytest.mark.parametrize("radius", [8.3, 20.6])
def test_measures_of_a_ball(radius):
    """Volume tends to the ball's; the area of a surface halfway between voxels is known to exceed it by 6 to 10 %."""
    area, volume = area_and_volume(_ball(radius), (1, 1, 1))
    assert volume == pytest.approx(4 / 3 * math.pi * radius**3, rel=0.02)
    assert 1.05 < area / (4 * math.pi * radius**2) < 1.1


def test_spacing_scales_measures():
    padded = np.pad(np.random.default_rng(5).random((9, 8, 7)) < 0.7, 1)
    area, volume = area_and_volume(padded, (1.0, 0.8, 0.9))
    assert area_and_volume(padded, (2.5, 2.0, 2.25)) == pytest.approx((area * 6.25, volume * 15.625), rel=1e-13)
