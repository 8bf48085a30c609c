"""The plots: deterministic, theme-following, harmless to the page, and true to their numbers."""

import re
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

from ABCImmunoResponseLib.errors import MissingDependencyError
from ABCImmunoResponseLib.report.figures import distribution_svg, survival_svg, swarm
from ABCImmunoResponseLib.report.svg import draw_svg
from ABCImmunoResponseLib.report.view import Distribution

DOTS = ("f-low s-low", "s-high")  # responders, non-responders


@pytest.fixture(scope="module")
def plots(view):
    return [distribution_svg(one, f"s{n}") for n, one in enumerate(view.distributions)] + [
        survival_svg(view.survival, "k")
    ]


def texts(svg: str) -> list[str]:
    return [element.text for element in ElementTree.fromstring(svg).iter("text")]


def test_the_same_numbers_give_the_same_bytes(view, plots):
    assert distribution_svg(view.distributions[0], "s0") == plots[0]
    assert survival_svg(view.survival, "k") == plots[-1]


def test_plots_bring_no_style_script_link_or_colour_of_their_own(plots):
    for svg in plots:
        assert not re.search(r"style|script|http|xmlns|#0[0-9]0[0-9]0[0-9]", svg)
        assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg)) <= {"none", "#ffffff"}


def test_identifiers_are_prefixed_unique_and_all_references_resolve(plots):
    ids = re.findall(r'\bid="([^"]+)"', "".join(plots))
    assert len(ids) == len(set(ids))
    assert all(name.startswith(("s0-", "s1-", "k-")) for name in ids)
    assert set(re.findall(r'(?:href="#|url\(#)([^")]+)', "".join(plots))) <= set(ids)


def test_a_dot_for_each_training_patient_at_its_score(view):
    one = view.distributions[0]
    root = ElementTree.fromstring(distribution_svg(one, "s"))
    dots = [float(use.attrib["x"]) for use in root.iter("use") if use.get("class") in DOTS]
    both = np.concatenate([one.non_responders, one.responders])
    assert len(dots) == len(both)
    scale = np.polyfit(np.sort(both), np.sort(dots), 1)
    np.testing.assert_allclose(np.polyval(scale, np.sort(both)), np.sort(dots), atol=1e-3)


@pytest.mark.parametrize(("score", "cutoff"), [(0.0, 0.0), (-3.0, 1.0), (2.0, 1.0)])
def test_the_patient_and_the_cut_off_are_named_wherever_they_lie(score, cutoff):
    rng = np.random.default_rng(2)
    svg = distribution_svg(Distribution("radiomics", rng.normal(size=5), rng.normal(size=900), cutoff, score), "s")
    assert {"this patient", "locked cut-off", "response", "no response"} <= set(texts(svg))


@pytest.mark.parametrize("score", [-1e7, 1e7])
def test_a_patient_far_from_all_is_told_at_the_edge_and_leaves_the_others_room(score):
    rng = np.random.default_rng(2)
    svg = distribution_svg(Distribution("radiomics", rng.normal(size=50), rng.normal(size=50), 0.2, score), "s")
    assert "this patient, off the scale" in texts(svg)
    dots = [float(use.attrib["x"]) for use in ElementTree.fromstring(svg).iter("use") if use.get("class") in DOTS]
    assert np.ptp(dots) > 100  # of the 360 units that the plot is wide


def test_one_training_patient_of_one_kind_can_be_drawn():
    assert "<svg" in distribution_svg(Distribution("radiomics", np.array([0.5]), np.array([]), 0.5, 0.5), "s")


def test_swarm_keeps_dots_of_a_bin_apart_and_centred():
    scores = np.array([0.1, 0.15, 0.11, 0.9])
    offsets = swarm(scores, np.array([0.0, 0.5, 1.0]), 0.1)
    np.testing.assert_allclose(offsets, [-0.1, 0.1, 0.0, 0.0], atol=1e-12)


def test_numbers_at_risk_stand_below_the_curves(view):
    said = texts(survival_svg(view.survival, "k"))
    for curve in view.survival.curves:
        numbers = [str(int(n)) for n in curve.at_risk]
        assert any(said[n : n + len(numbers)] == numbers for n in range(len(said)))
    assert f"{view.survival.group} risk (this patient's group)" in said


def test_the_users_own_matplotlib_settings_neither_matter_nor_change(view, plots):
    import matplotlib

    with matplotlib.rc_context({"axes.facecolor": "red", "font.size": 30, "svg.hashsalt": "mine"}):
        assert survival_svg(view.survival, "k") == plots[-1]
        assert matplotlib.rcParams["svg.hashsalt"] == "mine"


def test_text_cannot_break_out_of_a_plot():
    svg = draw_svg("x", (2, 2), lambda figure: figure.add_subplot().set_xlabel('</text><script>"&'))
    assert "<script" not in svg
    assert '</text><script>"&' in texts(svg)


@pytest.mark.parametrize("module", ["matplotlib.style", "matplotlib.figure"])
def test_without_matplotlib_the_user_is_told_what_to_install(view, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependencyError, match=r"matplotlib cannot be imported: .*make setup.*pip_install"):
        survival_svg(view.survival, "k")
