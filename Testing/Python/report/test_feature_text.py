"""Names of features for readers: each of the 1130 has one of its own."""

import pytest

from ABCImmunoResponseLib.features.names import FEATURE_NAMES
from ABCImmunoResponseLib.report.feature_text import readable


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("original_shape_Sphericity", "Sphericity · shape"),
        ("log-sigma-2-0-mm-3D_glcm_ClusterShade", "Cluster shade · co-occurrence (GLCM) · LoG 2 mm"),
        ("log-sigma-1-5-mm-3D_glcm_Id", "Inverse difference · co-occurrence (GLCM) · LoG 1.5 mm"),
        ("wavelet-HLH_firstorder_10Percentile", "10th percentile · intensity · wavelet HLH"),
        (
            "original_glrlm_GrayLevelNonUniformityNormalized",
            "Grey-level non-uniformity, normalised · run length (GLRLM)",
        ),
        ("original_glszm_SmallAreaLowGrayLevelEmphasis", "Small area low grey-level emphasis · size zone (GLSZM)"),
        ("whatever", "whatever"),
    ],
)
def test_names_as_they_are_said(name, said):
    assert readable(name) == said


def test_no_two_features_are_called_the_same():
    assert len({readable(name) for name in FEATURE_NAMES}) == len(FEATURE_NAMES)
