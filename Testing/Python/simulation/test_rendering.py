"""Random fields, scanner, lesions and readers: what is drawn has the properties it was asked to have."""

from dataclasses import replace

import numpy as np
import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.reading.agreement import compare
from ABCImmunoResponseLib.recist.diameters import measure
from ABCImmunoResponseLib.simulation.fields import gaussian_field, soft_step, tubes
from ABCImmunoResponseLib.simulation.grid import Grid
from ABCImmunoResponseLib.simulation.lesion import draw_appearance, surface
from ABCImmunoResponseLib.simulation.local_volume import MARGIN_MM, render
from ABCImmunoResponseLib.simulation.patient import draw_patients
from ABCImmunoResponseLib.simulation.readers import DISCORDANT_DICE, fill, overdraw
from ABCImmunoResponseLib.simulation.scanner import scan
from ABCImmunoResponseLib.simulation.seeds import children
from ABCImmunoResponseLib.simulation.tissue import draw_organ, mean_hu

GRID = Grid((48, 64, 64), (1.25, 0.8, 0.8), (-29.4, -25.2, -25.2))


@pytest.fixture(scope="module")
def patients():
    return draw_patients(2023)


@pytest.fixture(scope="module")
def rendered(patients):
    """The lesions of the cohort's first patients: (patient, lesion, volume)."""
    found = []
    for patient in patients[:9]:
        for lesion, seed in zip(patient.lesions, children(patient.images, len(patient.lesions)), strict=True):
            found.append((patient, lesion, render(patient, lesion, seed)))
    return found


@pytest.mark.parametrize("scale", [1.0, 3.0, 8.0])
def test_a_field_has_unit_sd_and_the_stated_correlation(scale):
    fields = [gaussian_field(np.random.default_rng(seed), GRID, scale) for seed in range(30)]
    assert np.mean(fields) == pytest.approx(0.0, abs=0.06)
    assert np.sqrt(np.mean(np.square(fields))) == pytest.approx(1.0, abs=0.06)
    lag = 5
    correlation = np.mean([np.mean(f[..., lag:] * f[..., :-lag]) for f in fields]) / np.mean(np.square(fields))
    assert correlation == pytest.approx(np.exp(-((lag * 0.8) ** 2) / (4 * scale**2)), abs=0.06)


def test_tubes_take_the_share_that_their_radius_says():
    share = np.mean([tubes(np.random.default_rng(n), GRID, 0.2, 3.0) for n in range(8)])
    assert share == pytest.approx(1 - np.exp(-(0.2**2) / 2), rel=0.35)  # two normals within a disc of the radius


def test_a_soft_step_rises_from_a_tenth_to_nine_over_its_width():
    assert soft_step(np.array([-1.0, 0.0, 1.0]), 2.0) == pytest.approx([0.1, 0.5, 0.9], abs=0.001)


@pytest.mark.parametrize("edge", [0.0, 0.15])
@pytest.mark.parametrize("spacing", [(1.25, 0.8, 0.8), (2.0, 0.6, 0.6), (4.0, 3.2, 3.2)])
def test_noise_has_the_scanners_sd_and_leaves_the_mean(patients, spacing, edge):
    scanner = replace(patients[0].scanner, noise_hu=12.0, edge=edge)
    hu = scan(np.full((40, 64, 64), 50.0, np.float32), spacing, scanner, np.random.default_rng(1))
    assert hu.dtype == np.int16
    inner = hu[4:-4, 6:-6, 6:-6]
    assert inner.std() == pytest.approx(12.0, rel=0.04)
    assert inner.mean() == pytest.approx(50.0, abs=0.5)
    assert scan(np.full((8, 8, 8), -1020.0, np.float32), spacing, scanner, np.random.default_rng(1)).min() == -1024


def test_surroundings_have_the_organs_hu():
    liver = draw_organ(np.random.default_rng(0), GRID, "liver", "portal-venous")
    assert np.median(liver) == pytest.approx(mean_hu("liver", "portal-venous"), abs=4)
    assert mean_hu("blood", "arterial") > mean_hu("blood", "portal-venous") > mean_hu("blood", "delayed")
    assert np.median(draw_organ(np.random.default_rng(0), GRID, "lung", "delayed")) == pytest.approx(-860, abs=15)


def test_a_smooth_surface_encloses_the_stated_volume():
    look = replace(draw_appearance(np.random.default_rng(3), 0.0), diameter_mm=24.0, irregularity=0.0)
    grid = Grid((60, 60, 60), (0.7, 0.7, 0.7), (-20.65,) * 3)
    level = surface(np.random.default_rng(0), grid, (0.0, 0.0, 0.0), look)
    assert fill(level).sum() * 0.7**3 == pytest.approx(np.pi / 6 * 24**3, rel=0.01)
    # The level set is a distance: one voxel step outwards raises it by about one voxel.
    near = np.abs(level) < 1.5
    slope = np.sqrt(sum(g**2 for g in np.gradient(level, 0.7)))[near]
    assert slope.mean() == pytest.approx(1.0, abs=0.1)


def test_traits_follow_the_phenotype_the_stated_way():
    looks = {z: [draw_appearance(np.random.default_rng(n), z) for n in range(200)] for z in (-1.5, 1.5)}
    for name, sign in (("necrosis", -1), ("texture_hu", -1), ("margin_mm", -1), ("enhancement", 1), ("elongation", 0)):
        low, high = (np.mean([getattr(look, name) for look in looks[z]]) for z in (-1.5, 1.5))
        assert np.sign(high - low) == sign or (sign == 0 and high == pytest.approx(low))


def test_every_lesion_is_a_recist_target_with_room_around(rendered):
    protocol = load_protocol()
    for _, lesion, volume in rendered:
        assert volume.image.GetPixelID() == sitk.sitkInt16
        size = measure(volume.masks["consensus"])
        if protocol.organ(lesion.organ).node:
            assert size.short_axis_mm >= protocol.measurability["node_target_short_axis_min_mm"]
        assert size.longest_diameter_mm >= protocol.measurability["longest_diameter_min_mm"]
        for mask in volume.masks.values():
            array = sitk.GetArrayViewFromImage(mask)
            where = np.argwhere(array)
            margin = np.minimum(where.min(0), np.array(array.shape) - 1 - where.max(0)) * mask.GetSpacing()[::-1]
            assert margin.min() >= MARGIN_MM - 2
            # One piece: the readers do not leave islands.
            labelled = sitk.ConnectedComponent(mask)
            assert sitk.GetArrayViewFromImage(labelled).max() == 1


def test_readers_disagree_as_readers_do(rendered):
    dice = np.array([compare(v.masks["A"], v.masks["B"]).dice for _, _, v in rendered])
    assert 0.85 <= np.median(dice) <= 0.92
    assert np.mean((dice >= 0.80) & (dice <= 0.94)) >= 0.8
    for _, _, volume in rendered[:8]:
        # Midway: nearer to either reader than they are to each other.
        both = compare(volume.masks["A"], volume.masks["B"]).dice
        assert all(compare(volume.masks["consensus"], volume.masks[reader]).dice > both for reader in "AB")


def test_the_phenotype_shows_in_the_image(patients):
    """Drawn with the same random numbers, a lesion of low phenotype is darker and more heterogeneous."""
    patient = next(p for p in patients if p.lesions[0].organ == "liver")
    found = {}
    for z in (-2.5, 2.5):
        volumes = [
            render(patient, replace(patient.lesions[0], phenotype=z), np.random.SeedSequence(n)) for n in range(5)
        ]
        values = [
            sitk.GetArrayViewFromImage(v.image)[sitk.GetArrayViewFromImage(v.masks["consensus"]) == 1] for v in volumes
        ]
        found[z] = np.mean([v.mean() for v in values]), np.mean([v.std() for v in values])
    assert found[-2.5][0] < found[2.5][0] - 5
    assert found[-2.5][1] > found[2.5][1]


def test_rendering_again_gives_the_same_voxels(patients):
    patient = patients[0]
    a, b = (render(patient, patient.lesions[0], children(patient.images, 1)[0]) for _ in range(2))
    assert np.array_equal(sitk.GetArrayViewFromImage(a.image), sitk.GetArrayViewFromImage(b.image))
    assert all(sitk.Hash(a.masks[name]) == sitk.Hash(b.masks[name]) for name in a.masks)
    assert a.image.GetOrigin() == b.image.GetOrigin()


def test_an_overdrawn_outline_is_discordant_and_contains_most_of_the_lesion():
    look = replace(draw_appearance(np.random.default_rng(3), 0.0), diameter_mm=20.0)
    grid = Grid((60, 90, 90), (1.0, 0.7, 0.7), (-30.0, -31.0, -31.0))
    level = surface(np.random.default_rng(0), grid, (0.0, 0.0, 0.0), look)
    wrong = overdraw(level, grid, (0.0, 0.0, 0.0), 10.0, np.random.default_rng(1))
    own, other = grid.image(fill(level)), grid.image(fill(wrong))
    assert DISCORDANT_DICE - 0.05 < compare(own, other).dice <= DISCORDANT_DICE
    assert np.mean(fill(wrong)[fill(level) == 1]) > 0.9
