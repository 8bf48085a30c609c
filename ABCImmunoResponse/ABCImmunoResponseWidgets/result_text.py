"""The result of a case as rich text for the panel: simple HTML that Qt lays out, in the colours of the theme."""

from collections.abc import Iterable, Sequence
from html import escape

from slicer.i18n import tr as _

from ABCImmunoResponseLib.model.bundle import Bundle
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.report import model_views
from ABCImmunoResponseLib.report.view import Applicability, ClinicalRow, ModelScore
from ABCImmunoResponseLib.report.words import when


def statement(disclaimer: str) -> str:
    """Return the research-use statement as a sentence."""
    return f"{disclaimer[:1].upper()}{disclaimer[1:]}."


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
    """Return the result: statement, scores, applicability, warnings and the clinical values beside them.

    Parameters
    ----------
    folder
        A scored case.
    bundle
        The bundle that scored it, to say which clinical values are its inputs; None where it is not at hand.
    """
    return _statement(folder) + _result(folder, bundle)


def report_html(folder: CaseFolder, bundle: Bundle | None) -> str:
    """Return what the report tells in short: statement, risk groups, the lesions that were scored, the result."""
    lesions = model_views.lesion_contributions(folder.result(), folder.protocol)
    rows = [
        (one.lesion_id, one.organ, f"{one.volume_mm3 / 1000:.2f}", f"{100 * one.weight:.0f} %", f"{one.radiomics:+.3f}")
        for one in lesions
    ]
    header = (_("Lesion"), _("Organ"), _("Volume, cm³"), _("Weight"), _("Radiomics contribution"))
    return (
        _statement(folder)
        + f"<h3>{escape(_('Case {case}').format(case=folder.case_id))}</h3>"
        + f"<p>{'<br>'.join(escape(line) for line in risk_lines(folder))}</p>"
        + _result(folder, bundle)
        + f"<h4>{escape(_('Target lesions'))}</h4>"
        + _table(header, rows)
    )


def _statement(folder: CaseFolder) -> str:
    not_for = _("Not for diagnosis or for choosing treatment.")
    return f"<p><b>{escape(statement(folder.result()['disclaimer']))}</b> {escape(not_for)}</p>"


def _result(folder: CaseFolder, bundle: Bundle | None) -> str:
    result = folder.result()
    return "".join(
        (
            _scores(model_views.model_scores(result)),
            _applicability(model_views.applicability(result)),
            _list(_("Warnings"), result["warnings"]),
            _clinical(model_views.clinical_rows(folder.clinical(), bundle)),
            f"<p>{escape(_made_by(folder))}</p>",
        )
    )


def _scores(scores: Sequence[ModelScore]) -> str:
    header = (_("Model"), _("Risk"), _("Score"), _("Cut-off"), _("P(response)"), _("Percentile"))
    rows = []
    for score in scores:
        numbers = ("–",) * 4
        if score.score is not None:
            numbers = (
                f"{score.score:.3f}",
                f"{score.cutoff:.3f}",
                f"{score.probability:.2f}",
                f"{score.percentile:.0f}",
            )
        rows.append((score.model.capitalize(), score.risk_group or _("withheld"), *numbers))
    said = _("A higher score means lower risk of not benefiting from immune checkpoint inhibitors.")
    return f"{_table(header, rows)}<p>{escape(said)}</p>"


def _applicability(verdict: Applicability) -> str:
    said = {
        "inside": _("inside: the patient lies within the range of the training patients"),
        "borderline": _("borderline: the score may not hold for this patient"),
        "outside": _("outside: the score should not be relied on"),
    }[verdict.verdict]
    reasons = [f"{reason.severity}: {reason.message}" for reason in verdict.reasons]
    return f"<h4>{escape(_('Applicability'))}</h4><p>{escape(said)}</p>{_items(reasons)}"


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
