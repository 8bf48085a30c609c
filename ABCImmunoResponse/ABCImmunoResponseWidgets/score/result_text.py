"""The result of a case as rich text for the panel: simple HTML that Qt lays out, in the colours of the theme."""

from collections.abc import Iterable, Sequence
from html import escape

from slicer.i18n import tr as _

from ABCImmunoResponseLib.model.bundle import Bundle
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.report import model_views
from ABCImmunoResponseLib.report.view import ClinicalRow, ModelScore
from ABCImmunoResponseLib.report.words import when


def sentence(disclaimer: str) -> str:
    """Return the research-use statement as a sentence."""
    return f"{disclaimer[:1].upper()}{disclaimer[1:]}."


def statement(folder: CaseFolder) -> str:
    """Return what stands above every result of a scored case."""
    return f"{sentence(folder.result()['disclaimer'])} {_('Not for diagnosis or for choosing treatment.')}"


def risk_lines(folder: CaseFolder) -> tuple[str, ...]:
    """Return the risk group by each model, the leading one first."""
    scores = model_views.model_scores(folder.result())
    lead = model_views.lead_score(scores)
    return tuple(_risk_line(score) for score in (lead, *(score for score in scores if score is not lead)))


def _risk_line(score: ModelScore) -> str:
    if score.score is None:
        return _("{model}: withheld").format(model=score.model.capitalize())
    return _("{model}: {group} RISK").format(model=score.model.capitalize(), group=score.risk_group.upper())


def result_html(folder: CaseFolder, bundle: Bundle | None) -> str:
    """Return the result: scores, applicability, warnings and the clinical values beside them.

    Parameters
    ----------
    folder
        A scored case.
    bundle
        The bundle that scored it, to say which clinical values are its inputs; None where it is not at hand.
    """
    result = folder.result()
    return "".join(
        (
            _scores(model_views.model_scores(result)),
            _applicability(folder),
            _list(_("Warnings"), result["warnings"]),
            _clinical(model_views.clinical_rows(folder.clinical(), bundle)),
            f"<p>{escape(_made_by(folder))}</p>",
        )
    )


def report_html(folder: CaseFolder, bundle: Bundle | None) -> str:
    """Return what the report tells in short: the risk groups, the lesions that were scored, the result."""
    lesions = model_views.lesion_contributions(folder.result(), folder.protocol)
    rows = [(one.lesion_id, one.organ, f"{one.volume_mm3 / 1000:.2f}", f"{100 * one.weight:.0f} %") for one in lesions]
    header = (_("Lesion"), _("Organ"), _("Volume, cm³"), _("Weight"))
    return (
        f"<h3>{escape(_('Case {case}').format(case=folder.case_id))}</h3>"
        + f"<p>{'<br>'.join(escape(line) for line in risk_lines(folder))}</p>"
        + _table(header, rows)
        + result_html(folder, bundle)
    )


def _scores(scores: Sequence[ModelScore]) -> str:
    lead = model_views.lead_score(scores)
    ordered = (lead, *(score for score in scores if score is not lead))
    rows = [
        (title, *("–" if score.score is None else show(score) for score in ordered))
        for title, show in (
            (_("Risk"), lambda score: score.risk_group),
            (_("Score"), lambda score: f"{score.score:.3f}"),
            (_("Cut-off"), lambda score: f"{score.cutoff:.3f}"),
            (_("P(response)"), lambda score: f"{score.probability:.2f}"),
            (_("Percentile"), lambda score: f"{score.percentile:.0f}"),
        )
    ]
    said = _(
        "Risk of not benefiting from immune checkpoint inhibitors; the {model} score leads. "
        "A higher score means lower risk; the cut-offs were locked in training."
    )
    header = ("", *(score.model.capitalize() for score in ordered))
    return f"<p>{escape(said.format(model=lead.model))}</p>{_table(header, rows)}"


def applicability_line(folder: CaseFolder) -> str:
    """Return the verdict on whether the model may be asked about this patient."""
    verdict = model_views.applicability(folder.result()).verdict
    said = {
        "inside": _("Applicability: inside; the patient lies within the range of the training patients."),
        "borderline": _("⚠ Applicability: borderline; the score may not hold for this patient."),
        "outside": _("⚠ Applicability: outside the range of the training patients; do not rely on the score."),
    }
    return said[verdict]


def _applicability(folder: CaseFolder) -> str:
    reasons = [f"{one.severity}: {one.message}" for one in model_views.applicability(folder.result()).reasons]
    return f"<p><b>{escape(applicability_line(folder))}</b></p>{_items(reasons)}"


def _clinical(rows: Iterable[ClinicalRow]) -> str:
    shown = [
        (
            f"{row.label} *" if row.used else row.label,
            _("unknown") if row.value is None else f"{row.value} {row.unit}".strip(),
        )
        for row in rows
    ]
    if not shown:
        return f"<h4>{escape(_('Clinical values'))}</h4><p>{escape(_('None was recorded.'))}</p>"
    marked = _("* input of the clinical and of the combined model")
    return f"<h4>{escape(_('Clinical values'))}</h4>{_table((), shown)}<p>{escape(marked)}</p>"


def _made_by(folder: CaseFolder) -> str:
    result = folder.result()
    scored = [line for line in folder.audit() if line.action == "record-score"][-1]
    return _("Model {model}, recipe {recipe}, {engine}; {lesions} lesions; scored {time} by {person}.").format(
        model=result["bundle"]["id"],
        recipe=result["recipe"]["name"],
        engine=result["engine"],
        lesions=result["n_lesions"],
        time=when(scored.time),
        person=scored.actor,
    )


def _list(title: str, texts: Sequence[str]) -> str:
    return f"<h4>{escape(title)}</h4>{_items(texts)}" if texts else ""


def _items(texts: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(text)}</li>' for text in texts)}</ul>" if texts else ""


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [_row(header, '<th align="left">', "</th>")] if header else []
    lines += [_row(row, "<td>", "</td>") for row in rows]
    return f'<table cellspacing="0" cellpadding="3">{"".join(lines)}</table>'


def _row(cells: Sequence[str], before: str, after: str) -> str:
    return f"<tr>{''.join(f'{before}{escape(cell)}{after}' for cell in cells)}</tr>"
