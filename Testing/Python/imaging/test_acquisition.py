"""Acquisition facts from headers, and where they depart from the protocol."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from pydicom.dataset import Dataset

from ABCImmunoResponseLib.case import Acquisition
from ABCImmunoResponseLib.errors import ProtocolError
from ABCImmunoResponseLib.imaging.acquisition import acquisition_of, check_acquisition
from ABCImmunoResponseLib.protocol import DEFAULT_PROTOCOL, load_protocol

SOUND = Acquisition(
    modality="CT",
    manufacturer="GE MEDICAL SYSTEMS",
    kvp=120.0,
    kernel="STANDARD",
    slice_thickness_mm=1.25,
    spacing_mm=(0.7, 0.7, 1.25),
    size=(512, 512, 300),
    contrast=True,
    study_date="2020-01-01",
)
TREATMENT = date(2020, 1, 15)


@pytest.fixture(scope="module")
def protocol():
    return load_protocol()


def header(**values):
    ds = Dataset()
    for name, value in values.items():
        setattr(ds, name, value)
    return acquisition_of(ds, (0.7, 0.7, 1.0), (512, 512, 100), 1.0)


def agent_item():
    item = Dataset()
    item.CodeMeaning = "Iohexol"
    return [item]


@pytest.mark.parametrize(
    ("values", "contrast", "agent"),
    [
        ({}, None, None),
        ({"ContrastBolusAgent": ""}, None, None),
        ({"ContrastBolusAgent": "OMNIPAQUE 350"}, True, "OMNIPAQUE 350"),
        ({"ContrastBolusAgent": "None"}, False, None),
        ({"ContrastBolusAgent": " NO "}, False, None),
        ({"ContrastBolusAgent": "without"}, False, None),
        ({"ContrastBolusVolume": 90}, True, None),
        ({"ContrastBolusVolume": 0}, None, None),
        ({"ContrastBolusRoute": "IV"}, True, None),
        ({"ContrastBolusAgentSequence": agent_item()}, True, None),
    ],
)
def test_contrast(values, contrast, agent):
    found = header(**values)
    assert (found.contrast, found.contrast_agent) == (contrast, agent)


@pytest.mark.parametrize(
    ("values", "date"),
    [
        ({"StudyDate": "20200131"}, "2020-01-31"),
        ({"StudyDate": "", "AcquisitionDate": "20200102"}, "2020-01-02"),
        ({"StudyDate": "20201340"}, None),
        ({}, None),
    ],
)
@pytest.mark.filterwarnings("ignore:Invalid value for VR DA")  # pydicom's, when the test sets it
def test_date(values, date):
    assert header(**values).study_date == date


def test_kernels_of_several_values_and_control_characters():
    assert header(ConvolutionKernel=["Br40d", "3"]).kernel == "Br40d\\3"
    assert header(Manufacturer="SIE\x07MENS").manufacturer == "SIE?MENS"
    assert header(KVP=None).kvp is None


def test_nothing_to_say(protocol):
    assert check_acquisition(SOUND, protocol, TREATMENT) == ()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"contrast": False}, "not-contrast-enhanced"),
        ({"kvp": 80.0}, "kvp"),
        ({"kvp": 150.0}, "kvp"),
        ({"kernel": "BONEPLUS"}, "sharp-kernel"),
        ({"kernel": "B70f"}, "sharp-kernel"),
        ({"kernel": "Br64d\\3"}, "sharp-kernel"),
        ({"slice_thickness_mm": 5.0, "spacing_mm": (0.7, 0.7, 5.0)}, "slice-thickness"),
        ({"slice_thickness_mm": 0.6, "spacing_mm": (0.7, 0.7, 0.6)}, "slice-thickness"),
        ({"slice_thickness_mm": 1.0, "spacing_mm": (0.7, 0.7, 2.0)}, "slice-gap"),
        ({"size": (1024, 1024, 300)}, "matrix"),
        ({"manufacturer": "Imagex"}, "manufacturer"),
        ({"modality": "MR"}, "modality"),
        ({"study_date": None}, "acquisition-unknown"),
    ],
)
def test_each_departure_is_one_finding(protocol, change, code):
    found = check_acquisition(replace(SOUND, **change), protocol, TREATMENT)
    assert [finding.code for finding in found] == [code]


@pytest.mark.parametrize("change", [{"kvp": 100.0}, {"kvp": 140.0}, {"kernel": "Br40d"}, {"manufacturer": "Siemens"}])
def test_within_the_protocol(protocol, change):
    assert check_acquisition(replace(SOUND, **change), protocol, TREATMENT) == ()


@pytest.mark.parametrize(
    ("days", "code"),
    [(0, None), (31, None), (32, "scan-too-early"), (-1, "scan-after-treatment"), (None, "scan-date-unchecked")],
)
def test_the_ct_lies_within_the_month_before_treatment(protocol, days, code):
    start = None if days is None else date.fromisoformat(SOUND.study_date) + timedelta(days)
    assert [finding.code for finding in check_acquisition(SOUND, protocol, start)] == ([code] if code else [])


@pytest.mark.parametrize(
    "kernel", ["I70f\\3", "Bl57d", "B80f", "Hr60", "FC30", "FC81", "YC", "B_SHARP_C", "LUNG", "EDGE"]
)
def test_sharp_kernels(protocol, kernel):
    assert [f.code for f in check_acquisition(replace(SOUND, kernel=kernel), protocol, TREATMENT)] == ["sharp-kernel"]


@pytest.mark.parametrize("kernel", ["STANDARD", "SOFT", "B30f", "I31f\\3", "Br40d", "Qr44", "FC08", "FC13", "B", "C"])
def test_standard_kernels(protocol, kernel):
    assert check_acquisition(replace(SOUND, kernel=kernel), protocol, TREATMENT) == ()


def test_unknown_facts_are_listed_once_and_only_as_information(protocol):
    (thick, unknown) = check_acquisition(Acquisition(spacing_mm=(0.7, 0.7, 3.0), size=(512, 512, 90)), protocol)
    assert "thickness unknown, by their spacing" in thick.message
    assert unknown.severity == "info"
    for fact in ("modality", "vendor", "tube voltage", "kernel", "slice thickness", "contrast", "date"):
        assert fact in unknown.message


def test_a_kernel_pattern_that_is_none(tmp_path):
    value = json.loads(DEFAULT_PROTOCOL.read_text())
    value["acquisition"]["sharp_kernel_pattern"] = "("
    (tmp_path / "p.json").write_text(json.dumps(value))
    with pytest.raises(ProtocolError, match="not a regular expression"):
        check_acquisition(SOUND, load_protocol(tmp_path / "p.json"))
