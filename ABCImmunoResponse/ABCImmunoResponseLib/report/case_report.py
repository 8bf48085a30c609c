"""The report of a case folder: gather its values, render them, record the page."""

from pathlib import Path

from ABCImmunoResponseLib.errors import BundleError, CaseFolderError, StateError
from ABCImmunoResponseLib.model.bundle import Bundle
from ABCImmunoResponseLib.reading import layout
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseLib.recist.targets import Candidate, sum_of_diameters
from ABCImmunoResponseLib.report import lesion_views, model_views, provenance
from ABCImmunoResponseLib.report.html import render_html
from ABCImmunoResponseLib.report.view import ReportView


def render(folder: CaseFolder, bundle: Bundle | None) -> bytes:
    """Return the report of a scored case as one self-contained HTML page; the same case gives the same bytes.

    Parameters
    ----------
    folder
        A case that is scored or reported.
    bundle
        The bundle that scored it, for the training patients' scores and survival; None leaves them out.

    Raises
    ------
    StateError
        If the case is not scored.
    BundleError
        If the bundle is not the one that scored the case.
    CaseFolderError
        If the result lacks entries.
    MissingDependencyError
        If jinja2 or matplotlib is not installed.
    """
    return render_html(gather(folder, bundle))


def write_report(folder: CaseFolder, bundle: Bundle | None, actor: str) -> Path:
    """Render the report, record it in the case folder and return its path; raises what :func:`render` raises.

    Raises
    ------
    StateError
        Also if the case has a report already; reopen it to 'scored' first.
    """
    folder.record_report(render(folder, bundle), actor)
    return folder.path / layout.REPORT


def gather(folder: CaseFolder, bundle: Bundle | None) -> ReportView:
    """Return all that the report shows; see :func:`render`."""
    result, consensus = folder.result(), folder.consensus()
    if result is None or consensus is None:
        raise StateError(f"The case is {folder.state} and must be scored before it can be reported.")
    try:
        if bundle is not None and bundle.sha256 != result["bundle"]["sha256"]:
            raise BundleError(
                f"The case was scored with bundle {str(result['bundle']['id'])[:80]}, not with this {bundle.id}: "
                "report it with the bundle that scored it."
            )
        scores = model_views.model_scores(result)
        lead = model_views.lead_score(scores)
        candidates = [Candidate(item.lesion, item.measurement) for item in consensus.lesions]
        return ReportView(
            case_id=folder.case_id,
            disclaimer=result["disclaimer"],
            subtitle=provenance.subtitle(folder.acquisition),
            reader_a=folder.reads[0].reader,
            reader_b=folder.reads[1].reader,
            lead=lead,
            scores=scores,
            applicability=model_views.applicability(result),
            lesions=lesion_views.lesion_views(folder, consensus),
            sum_of_diameters_mm=sum_of_diameters(candidates, folder.protocol),
            agreement=lesion_views.agreement_rows(folder, consensus),
            clinical=model_views.clinical_rows(folder.clinical(), bundle),
            trained_on=model_views.training_patients(result, bundle),
            quality=model_views.quality(bundle) if bundle else (),
            distributions=model_views.distributions(bundle, lead, scores) if bundle else (),
            survival=model_views.survival(bundle, lead) if bundle else None,
            contributions=model_views.lesion_contributions(result, folder.protocol),
            attribution=model_views.attribution(result, lead),
            nearest=model_views.neighbours(result),
            notes=provenance.notes(folder, consensus, result),
            provenance=provenance.provenance(folder, consensus, result),
        )
    except (KeyError, IndexError, TypeError) as cause:
        raise CaseFolderError(
            f"result.json lacks what the report needs ({type(cause).__name__}: {cause}); reopen the case to 'signed' "
            "and score it again."
        ) from cause
