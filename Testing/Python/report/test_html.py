"""The page: well-formed, self-contained, safe with hostile text, the same each time, whole whatever is missing."""

import base64
import hashlib
import re
import sys
from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest

from ABCImmunoResponseLib.errors import MissingDependencyError
from ABCImmunoResponseLib.report.html import clean, fixed, png_data_uri, render_html, signed, significant
from ABCImmunoResponseLib.report.view import ModelScore
from report.page import Page

HOSTILE = {
    "markup": "</td></table><script>alert(1)</script><img src=x onerror=alert(1)>",
    "quotes": '"\' onload="alert(1)" x=\'',
    "template": "{{ view.__class__ }} {% raw %} ${7*7} {{case-id}}",
    "controls": "a\x00b\x01\x08\x0b\x1b[31m\x7f\x85\r\nz",
    "bidi": "\u202egnp.exe\u2066\u2069",
    "surrogate": "half \ud800 pair",
    "style": "</style><style>*{display:none}</style>",
    "comment": "<!-- --> <![CDATA[ ]]> <?php ?>",
    "long": "0123456789abcdef" * 640,
    "long without break": "W" * 10_240,
}


@pytest.fixture(scope="module")
def html(view):
    return render_html(view)


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


@pytest.fixture(scope="module")
def bare(view):
    """The view without its plots, which take most of the time and hold no text of others."""
    return replace(view, distributions=(), survival=None)


def with_text(value, text):
    """Return the view with every free text in it replaced; codes that choose a branch stay."""
    codes = {"severity", "risk_group", "model", "kind", "eligible", "who", "group", "verdict"}
    if isinstance(value, tuple):
        return tuple(with_text(item, text) for item in value)
    if not is_dataclass(value):
        return value
    changed = {}
    for field in fields(value):
        given = getattr(value, field.name)
        if isinstance(given, str):
            changed[field.name] = given if field.name in codes else text
        else:
            changed[field.name] = with_text(given, text)
    return replace(value, **changed)


def test_the_same_values_give_the_same_bytes(view, html):
    assert render_html(view) == html


def test_the_page_parses_and_closes_all_it_opens(page):
    assert [tag for tag, _ in page.elements[:2]] == ["html", "head"]
    assert page.every("html")[0]["lang"] == "en"


def test_nothing_is_loaded_run_or_linked(html, page):
    text = re.sub(r"base64,[A-Za-z0-9+/=]+", "", html.decode())
    assert not re.search(
        r"https?:|//[a-z]|@import|javascript:|<script|<iframe|<link|<object|<form", text, re.IGNORECASE
    )
    assert not re.search(r"\bon[a-z]+\s*=", text)
    for _, attributes in page.elements:
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "data:image/png;base64,").startswith(("data:image/png;base64,", "#"))
        assert "style" not in attributes


def test_the_policy_allows_the_pages_own_style_and_nothing_else(html, page):
    policy = next(meta["content"] for meta in page.every("meta") if "http-equiv" in meta)
    style = re.search(r"<style>(.*?)</style>", html.decode(), re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )


def test_ids_are_unique_and_every_reference_resolves(page):
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    labelled = [section["aria-labelledby"] for section in page.every("section")]
    assert set(labelled) <= set(ids)
    assert {"lesions", "agreement", "clinical", "training", "contributions", "applicability", "provenance"} <= set(ids)
    uses = [attributes["href"][1:] for attributes in page.every("use")]
    assert set(uses) <= set(ids)


def test_the_research_statement_comes_first(view, page):
    said = page.text.strip()
    assert said.index("Research use only; trained on simulated patients") < said.index(f"Case {view.case_id}")
    assert said.index("Research use only") < 80


def test_everything_that_was_given_is_shown(view, page):
    text = page.text
    for lesion in view.lesions:
        for shown in (lesion.lesion_id, lesion.organ, f"{lesion.longest_diameter_mm:.1f} mm"):
            assert shown in text
    for row in view.agreement:
        assert row.pair_id in text
        assert row.reason in text
    assert "dr-chen" in text
    assert "Pathological node, seen on the coronal reformat too." in text
    for row in view.clinical:
        assert row.label in text
    assert "unknown" in text
    for score in view.scores:
        assert f"{score.score:.3f}".replace("-", "−") in text
        assert f"{score.probability * 100:.0f} %" in text
    for one in (*view.attribution.features, *view.attribution.clinical):
        assert one.name in text
    for note in (*view.notes, *view.applicability.reasons):
        assert note.message in text
    for group in view.provenance:
        for fact in group.facts:
            assert fact.value in text
    assert all(one.patient in text for one in view.nearest)
    assert view.attribution.method in text
    assert f"{view.sum_of_diameters_mm:.1f} mm" in text


def test_every_table_has_a_caption_and_scoped_headers(page):
    tables = [n for n, (tag, _) in enumerate(page.elements) if tag == "table"]
    assert len(tables) >= 7
    assert all(page.elements[n + 1][0] == "caption" for n in tables)
    assert all(th.get("scope") in ("col", "row") for th in page.every("th"))


def test_every_picture_is_named_for_those_who_do_not_see_it(page):
    pictures = [attributes for tag, attributes in page.elements if tag in ("svg", "img")]
    for attributes in pictures:
        named = attributes.get("role") == "img" and attributes.get("aria-label")
        assert named or attributes.get("aria-hidden") == "true"
    wrapped = [div for div in page.every("div") if div.get("role") == "img"]
    assert len(wrapped) == 3
    assert all(div["aria-label"] for div in wrapped)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_changes_nothing_but_text(bare, name):
    page = Page(render_html(with_text(bare, HOSTILE[name])))
    assert page.shape == Page(render_html(with_text(bare, "harmless"))).shape


def test_hostile_text_is_shown_as_it_is(bare):
    text = Page(render_html(with_text(bare, HOSTILE["markup"]))).text
    assert HOSTILE["markup"] in text


def test_no_control_character_reaches_the_page(bare):
    for name in ("controls", "bidi", "surrogate"):
        text = render_html(with_text(bare, HOSTILE[name])).decode("utf-8")
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


def test_a_hostile_case_id_cannot_leave_the_style_sheets_string(bare):
    for text in HOSTILE.values():
        style = re.search(r"<style>(.*?)</style>", render_html(replace(bare, case_id=text)).decode(), re.DOTALL)[1]
        footer = re.search(r'content: "Case ((?:\\[0-9a-f]{6} |[A-Za-z0-9])*) · research use only', style)
        assert footer
        assert style.count('"') == re.search(r"<style>(.*?)</style>", render_html(bare).decode(), re.DOTALL)[1].count(
            '"'
        )


def test_long_text_is_cut_and_says_so():
    assert clean("x" * 600) == "x" * 600
    assert clean("x" * 10_240) == "x" * 600 + "… (10240 characters in all)"


def test_how_good_the_models_are_is_told_with_what_could_not_be_tested(view, page):
    for text in (
        "Among the simulated training patients",
        "How good is the model?",
        "0.71 (0.63 to 0.79)",
        "1.39 (0.83 to 2.34)",
        "not testable",
        "0.2484",
        "< 0.0001",
    ):
        assert text in page.text
    assert "not testable" not in Page(render_html(replace(view, quality=view.quality[2:]))).text


def test_real_training_patients_are_not_called_simulated(view):
    text = Page(render_html(replace(view, trained_on="training patients", disclaimer="research use only"))).text
    assert "simulated" not in text
    assert "Among the training patients" in text


def test_a_withheld_combined_score_leaves_the_radiomics_one_in_front(view):
    why = "Clinical and combined score withheld: Metastatic sites not known."
    nothing = (None, None, 0.1, None, None, why)
    radiomics = view.scores[0]
    changed = replace(
        view,
        lead=radiomics,
        scores=(radiomics, ModelScore("clinical", *nothing), ModelScore("combined", *nothing)),
        distributions=view.distributions[1:],
        survival=replace(view.survival, model="radiomics"),
        contributions=tuple(replace(one, combined=None) for one in view.contributions),
        attribution=replace(view.attribution, model="radiomics", clinical=(), score=radiomics.score),
    )
    text = Page(render_html(changed)).text
    assert text.count(why) == 2
    assert "by the radiomics score: −0.401, not above the locked cut-off 0.209" in text
    assert "What made the radiomics score" in text


def test_without_the_bundles_reference_the_page_says_so(view):
    page = Page(render_html(replace(view, distributions=(), survival=None)))
    assert "the bundle that scored this case was not at hand" in page.text
    assert not [div for div in page.every("div") if div.get("role") == "img"]


def test_a_case_can_have_no_clinical_values_notes_neighbours_or_reasons(bare):
    changed = replace(
        bare, clinical=(), notes=(), nearest=(), applicability=replace(bare.applicability, verdict="inside", reasons=())
    )
    text = Page(render_html(changed)).text
    assert "No clinical values are recorded" in text
    assert "Inside the range of the training patients." in text


def test_clinical_values_are_shown_though_none_is_known_to_be_used(bare):
    changed = replace(bare, clinical=tuple(replace(row, used=False) for row in bare.clinical))
    assert "Values at the time of the CT." in Page(render_html(changed)).text


@pytest.mark.parametrize("count", [1, 5])
def test_one_lesion_and_five(bare, count):
    lesions = [replace(bare.lesions[n % 3], lesion_id=f"L{n + 1}") for n in range(count)]
    page = Page(render_html(replace(bare, lesions=tuple(lesions), contributions=bare.contributions[:1] * count)))
    assert len(page.every("article")) == count


def test_a_reader_without_an_outline_is_named(bare):
    page = Page(render_html(bare))
    assert page.text.count("no outline in this picture") == 1


def test_a_patient_outside_the_training_range_is_told_beside_the_risk_group(bare):
    outside = replace(bare, applicability=replace(bare.applicability, verdict="outside"))
    said = "the score should not be relied on"
    assert said in Page(render_html(outside)).text.split("Lesions of the consensus")[0]
    assert said not in Page(render_html(bare)).text


def test_a_lesion_against_the_rules_tells_why_it_was_kept(bare):
    lesion = replace(bare.lesions[0], eligible="non-target", override="Grew since the last CT.")
    text = Page(render_html(replace(bare, lesions=(lesion,)))).text
    assert "Grew since the last CT." in text
    assert "by size and kind it may be: non-target" in text


def test_outlines_differ_by_style_not_by_colour_alone(html):
    style = html.decode()
    rules = {who: re.search(rf"^\.{who} {{ (.*?) }}", style, re.MULTILINE)[1] for who in ("a", "b", "consensus")}
    dashes = {who: re.search(r"stroke-dasharray: ([^;]+)", rule) for who, rule in rules.items()}
    assert dashes["consensus"] is None
    assert dashes["a"][1] != dashes["b"][1]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two #rrggbb colours (WCAG 2.2)."""

    def luminance(colour):
        c = np.array([int(colour[n : n + 2], 16) for n in (1, 3, 5)]) / 255
        return float(np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722))

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_all_text_has_contrast_aa_in_both_themes(html):
    themes = re.findall(r":root \{(.*?)\}", html.decode(), re.DOTALL)
    assert len(themes) == 2
    for theme in themes:
        colour = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", theme))
        for ink in ("ink", "quiet", "low", "high", "serious"):
            assert contrast(colour[ink], colour["page"]) >= 4.5, ink
        assert contrast(colour["ink"], colour["notice"]) >= 4.5


def test_a_picture_survives_png():
    from io import BytesIO

    from PIL import Image

    pixels = np.random.default_rng(0).integers(0, 256, (7, 13), np.uint8)
    kind, _, data = png_data_uri(pixels[:, ::-1]).partition(",")
    assert kind == "data:image/png;base64"
    np.testing.assert_array_equal(np.asarray(Image.open(BytesIO(base64.b64decode(data)))), pixels[:, ::-1])


def test_numbers_as_they_are_printed():
    assert fixed(-0.04, 1) == "0.0"
    assert fixed(-1.25, 2) == "−1.25"
    assert fixed(None) == "unknown"
    assert fixed(-19534573.9) == "−2.0e+07"
    assert signed(0.5) == "+0.500"
    assert signed(-0.5) == "−0.500"
    assert signed(0.0001) == "0.000"
    assert significant(-12345.678) == "−1.235e+04"
    assert significant("yes") == "yes"


@pytest.mark.parametrize("module", ["jinja2", "markupsafe", "PIL.Image"])
def test_without_a_package_the_user_is_told_what_to_install(bare, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(
        MissingDependencyError, match=r"\A[^\n]*jinja2, matplotlib and pillow[^\n]*make setup[^\n]*pip_install[^\n]*\Z"
    ):
        render_html(bare)
