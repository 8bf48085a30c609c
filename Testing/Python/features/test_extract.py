"""A case's lesions: the protocol's minimum, the labelled table and the findings."""

import json

import numpy as np
import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import Cancelled, FeatureError, MaskError
from ABCImmunoResponseLib.features.engine import engine
from ABCImmunoResponseLib.features.extract import extract_lesions
from ABCImmunoResponseLib.features.recipe import load_recipe
from ABCImmunoResponseLib.protocol import DEFAULT_PROTOCOL, load_protocol
from phantoms import ball, box, grid, textured


@pytest.fixture(scope="module")
def ct() -> sitk.Image:
    """A small CT."""
    return textured(grid((40, 40, 24), (0.8, 0.8, 1.25)))


def extract(image, masks, **more):
    """Extract with the study's recipe and protocol."""
    given = {"case_id": "case-1", "recipe": load_recipe(), "engine": engine(), "protocol": load_protocol(), **more}
    return extract_lesions(image, masks, **given)


def test_lesions_become_a_labelled_table(ct):
    masks = {"L1": ball(ct, (16, 16, 15), 6), "L2": ball(ct, (22, 10, 14), 4)}
    found = extract(ct, masks, organs={"L1": "liver", "L2": "bone"})
    assert [(row.lesion_id, row.organ) for row in found.table.ids] == [("L1", "liver"), ("L2", "bone")]
    wanted = engine().extract(ct, masks, load_recipe())
    np.testing.assert_array_equal(found.table.values, list(wanted.values()))
    assert found.findings == ()


def test_protocol_s_minimum_is_named_before_any_work(ct):
    told = []
    masks = {"L1": ball(ct, (16, 16, 15), 6), "L2": box(ct, (10, 10, 10), (9, 9, 1))}
    with pytest.raises(MaskError, match=r"L2.*1 slice.*minimum of 2"):
        extract(ct, masks, progress=lambda *step: told.append(step))
    tiny = box(ct, (10, 10, 10), (3, 3, 3))
    tiny[10, 10, 10] = 0
    with pytest.raises(MaskError, match=r"L3.*26 voxels.*minimum of 27"):
        extract(ct, {"L3": tiny}, progress=lambda *step: told.append(step))
    assert told == []


def test_findings_of_lesion_and_features_are_handed_on(ct, tmp_path):
    protocol = json.loads(DEFAULT_PROTOCOL.read_text(encoding="utf-8"))
    protocol["acquisition"].update(lesion_voxels_min=2, lesion_slices_min=1)
    path = tmp_path / "lenient.json"
    path.write_text(json.dumps(protocol), encoding="utf-8")
    image = textured(grid((20, 20, 20), (1, 1, 1)))
    pair = box(image, (8, 8, 8), (1, 1, 1))
    pair[9, 9, 8] = 1
    found = extract(image, {"pair": pair, "edge": box(image, (0, 6, 6), (6, 6, 6))}, protocol=load_protocol(path))
    assert {(finding.code, finding.lesion) for finding in found.findings} == {
        ("lesion-at-border", "edge"),
        ("features-undefined", "pair"),
        ("lesion-tiny", "pair"),
        ("lesion-flat", "pair"),
        ("filters-at-border", "edge"),
    }
    [undefined] = [finding for finding in found.findings if finding.code == "features-undefined"]
    assert undefined.message.startswith("12 of 1130 features are undefined on the lesion (original_firstorder_Robust")


def test_unusable_ids_are_refused(ct):
    with pytest.raises(FeatureError, match="lesion_id '=L1'"):
        extract(ct, {"=L1": ball(ct, (16, 16, 15), 6)})


def test_cancelling_reaches_the_caller(ct):
    def stop(*_):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        extract(ct, {"L1": ball(ct, (16, 16, 15), 6)}, progress=stop)
