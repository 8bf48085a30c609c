"""Diameters are those between all pairs of mesh vertices, as pyradiomics compares them one by one."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from radiomics import cShape

from ABCImmunoResponseLib.features.formulas.diameters import diameters


def _pyradiomics(padded: np.ndarray, spacing) -> tuple[float, ...]:
    return cShape.calculate_coefficients(padded, np.array(spacing, dtype=np.float64))[2]


def _shapes() -> dict[str, np.ndarray]:
    k, j, i = np.indices((25, 25, 25)) - 12
    sphere = k**2 + j**2 + i**2
    corners = np.zeros((9, 40, 30), bool)
    corners[0, 0, 0] = corners[8, 39, 29] = corners[8, 0, 15] = True
    return {
        "ball": sphere <= 130,
        "shell": (sphere <= 130) & (sphere >= 90),
        "octahedron": abs(k) + abs(j) + abs(i) <= 12,
        "simplex": (k + j + i <= -18),
        "cone": (j**2 + i**2 <= ((k + 12) / 2) ** 2),
        "rod askew": np.square(np.stack([k - j, j - i, i - k])).sum(axis=0) <= 9,
        "plate askew": abs(k + j + i) <= 1,
        "box": np.ones((5, 14, 9), bool),
        "slice k": (sphere <= 130)[12:13],
        "slice j": (sphere <= 130)[:, 12:13],
        "slice i": (sphere <= 130)[:, :, 12:13],
        "line k": np.ones((17, 1, 1), bool),
        "line j": np.ones((1, 17, 1), bool),
        "line i": np.ones((1, 1, 17), bool),
        "diagonal": np.stack([k == j, j == i]).all(axis=0),
        "voxel": np.ones((1, 1, 1), bool),
        "far voxels": corners,
    }


SHAPES = _shapes()


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_have_pyradiomics_diameters_exactly_at_one_millimetre(name):
    padded = np.pad(SHAPES[name], 1)
    assert diameters(padded, np.ones(3)) == _pyradiomics(padded, (1, 1, 1))


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("spacing", [(5.0, 0.7, 0.7), (0.977, 1.25, 3.0)])
def test_shapes_have_pyradiomics_diameters_at_any_spacing(name, spacing):
    padded = np.pad(SHAPES[name], 1)
    assert diameters(padded, np.array(spacing)) == pytest.approx(_pyradiomics(padded, spacing), rel=1e-14)


@given(
    seed=st.integers(0, 10**6),
    size=st.tuples(*[st.integers(1, 12)] * 3),
    share=st.floats(0.01, 0.95),
    spacing=st.tuples(*[st.floats(0.3, 6.0)] * 3),
)
def test_speckles_have_pyradiomics_diameters(seed, size, share, spacing):
    region = np.random.default_rng(seed).random(size) < share
    region.flat[0] = True
    padded = np.pad(region, 1)
    assert diameters(padded, np.ones(3)) == _pyradiomics(padded, (1, 1, 1))
    assert diameters(padded, np.array(spacing)) == pytest.approx(_pyradiomics(padded, spacing), rel=1e-13)


def test_ends_of_a_two_dimensional_diameter_may_lie_between_slices():
    """The vertex between two slices belongs to voxels of both, so neither slice alone is as wide as they are."""
    region = np.zeros((2, 1, 12), bool)
    region[0, 0, :2] = region[1, 0, 10:] = True
    padded = np.pad(region, 1)
    assert diameters(padded, np.ones(3))[0] == 11.0
    assert _pyradiomics(padded, (1, 1, 1))[0] == 11.0


def test_long_lesions_do_not_overflow():
    """Half voxels of 3000 voxels are beyond what the short integers of usual lesions can hold."""
    region = np.zeros((2, 2, 3000), bool)
    region[0, 0, :2] = region[1, 1, -2:] = True
    padded = np.pad(region, 1)
    found = diameters(padded, np.ones(3))
    assert found == _pyradiomics(padded, (1, 1, 1))
    assert found[3] == pytest.approx(math.hypot(3000, 1, 1), rel=1e-3)
