"""The model card: what the bundle is, what it was trained on, how well it does and where it must not be used."""

from collections.abc import Iterable, Mapping
from typing import Any

from ABCImmunoResponseLib.training.cohort import COHORTS
from ABCImmunoResponseLib.training.performance import TITLES, p_text, risk_groups_tested

_SIMULATED = (
    "Its numbers show that the software works and how strong the "
    "planted effect is; they are no clinical evidence and say nothing about real patients."
)


def model_card(description: Mapping[str, Any]) -> str:
    """Return the card in Markdown, made only from what ``bundle.json`` holds."""
    provenance = description["provenance"]
    sections = [
        f"# Model card: {description['id']}",
        f"**{description['disclaimer'].capitalize()}.**",
        *_simulated(provenance),
        *_caveats(description["caveats"]),
        f"## Intended use\n\n{description['intended_use']}",
        _data(provenance),
        _models(description),
        _discrimination(description),
        _survival(description),
        _clinical(description),
        _features(description),
        _limits(description),
        _provenance(description),
    ]
    return "\n\n".join(sections) + "\n"


def _simulated(provenance: Mapping[str, Any]) -> list[str]:
    parts = provenance["cohorts"].values()
    simulated, patients = (sum(part[count] for part in parts) for count in ("simulated", "patients"))
    if not simulated:
        return []
    who = "Every patient" if simulated == patients else f"{simulated} of the {patients} patients"
    return [f"**{who} behind this model {'is' if simulated == patients else 'are'} simulated.** {_SIMULATED}"]


def _caveats(caveats: list[str]) -> list[str]:
    return ["## Caveats\n\n" + "\n".join(f"- **{caveat}**" for caveat in caveats)] if caveats else []


def _data(provenance: Mapping[str, Any]) -> str:
    columns = {
        "patients": "patients",
        **({"simulated": "of these simulated"} if provenance["simulated"] else {}),
        "lesions": "lesions",
        "responders": "responders (CR + PR)",
        "progressed": "progressed",
    }
    rows = [[name, *(part[column] for column in columns)] for name, part in _ordered(provenance["cohorts"], COHORTS)]
    return "## Data\n\n" + _table(["cohort", *columns.values()], rows)


def _models(description: Mapping[str, Any]) -> str:
    network, options = description["network"], description["provenance"]["options"]
    hidden = "-".join(map(str, network["hidden"]))
    return (
        "## Models\n\n"
        f"- Input: {len(description['features'])} features, selected from {description['input']['n_names']}; lesions "
        f"of a patient brought together by {description['aggregation']}.\n"
        f"- Radiomics: {network['members']} networks of three hidden layers ({hidden}, ReLU); the score is the mean "
        "of their logits.\n"
        f"- Combined: {network['fusion']}.\n"
        f"- Clinical: logistic regression; penalty: {description['clinical']['penalty']}.\n"
        f"- Screening, scaling and networks were fitted inside each fold of {options['repeats']} x "
        f"{options['folds']}-fold cross-validation, by patient. Cut-offs and calibration were fitted to the "
        "out-of-fold scores of the training patients and locked; the test patients were scored once, at the end."
    )


def _discrimination(description: Mapping[str, Any]) -> str:
    rows = []
    for model, parts in _ordered(description["metrics"], TITLES):
        aucs = [_interval(parts[part]["auc"]) if part in parts else "-" for part in ("out_of_fold", "test", "apparent")]
        rows.append([TITLES[model], *aucs])
    text = _table(["AUC for response (95 % DeLong)", "out-of-fold (training)", "test", "apparent (training)"], rows)
    note = (
        "The apparent AUC is that of the final model on the very patients it was fitted to: it is flattering by "
        "construction (networks of this kind reach 1.0 on pure noise) and stands here only to show by how much. "
        "The honest numbers are out-of-fold and test. Volume alone is fitted to nobody's response, so its training AUC "
        "stands in the first column as it is."
    )
    return f"## Discrimination\n\n{text}\n\n{note}"


def _survival(description: Mapping[str, Any]) -> str:
    rows = []
    for model, parts in _ordered(description["metrics"], TITLES):
        training = "training" if model == "volume" else "training, out-of-fold"
        for part, label in (("out_of_fold", f"{training}, cut-off fitted here"), ("test", "test, cut-off locked")):
            if part not in parts:
                continue
            found = parts[part]
            rows.append(
                [
                    TITLES[model],
                    label,
                    f"{found['n_low']} / {found['n_high']}",
                    f"{_number(found['median_pfs_low'])} / {_number(found['median_pfs_high'])}",
                    _interval(found["hazard_ratio"]),
                    p_text(found["logrank_p"]),
                ]
            )
    head = ["model", "patients", "n low / high risk", "median PFS, months", "HR high v low (95 %)", "log-rank p"]
    cuts = []
    for model, cut in _ordered(description["cutoffs"], TITLES):
        curve = description["calibration"][model]
        formula = f"1 / (1 + exp(-({curve['slope']:.3f} score {curve['intercept']:+.3f})))"
        cuts.append([TITLES[model], f"{cut['value']:.3f}", p_text(cut["p_naive"]), p_text(cut["p_adjusted"]), formula])
    return (
        f"## Progression-free survival by risk group\n\n{_table(head, rows)}\n\n{_tested(description)}"
        "The training rows are optimistic: the cut-off was chosen on these very scores. The cut-offs, what the search "
        "for them is worth, and the calibration, all from out-of-fold scores:\n\n"
        + _table(["model", "cut-off (above: low risk)", "p, naive", "p, adjusted for the search", "P(response)"], cuts)
    )


def _tested(description: Mapping[str, Any]) -> str:
    """Say in words what the locked cut-offs showed on the test patients."""
    sentences = []
    for model, _ in _ordered(description["cutoffs"], TITLES):
        found = description["metrics"][model].get("test")
        if found is None:
            continue
        sentences.append(f"- {TITLES[model]}: risk groups by its score {risk_groups_tested(found)}.")
    return "\n".join(sentences) + "\n\n" if sentences else ""


def _clinical(description: Mapping[str, Any]) -> str:
    rows = [
        [variable["label"], f"{variable['mean']:.1%}", _interval(variable["odds_ratio"])]
        for variable in description["clinical"]["variables"]
    ]
    return "## Clinical inputs\n\n" + _table(["input", "share in training", "odds ratio of response (95 %)"], rows)


def _features(description: Mapping[str, Any]) -> str:
    fates = ", ".join(f"{count} {fate}" for fate, count in sorted(description["provenance"]["selection"].items()))
    listed = "\n".join(f"- `{feature['name']}`" for feature in description["features"])
    return f"## Features\n\nFates of all features: {fates}. Selected, strongest first:\n\n{listed}"


def _limits(description: Mapping[str, Any]) -> str:
    rules = description["applicability"]
    low, high = (volume / 1000 for volume in rules["volume_mm3"])
    thin, thick = rules["slice_thickness_mm"]
    least, most = rules["kvp"]
    return (
        "## Limits\n\n"
        f"- Lesions in training: {low:.2g} to {high:.3g} cm³. CT: slices of {thin:g} to {thick:g} mm, {least:g} to "
        f"{most:g} kV{', contrast-enhanced' if rules['contrast_required'] else ''}.\n"
        "- Every score carries an applicability verdict (inside, borderline, outside) with its reasons; a score that "
        "is not inside should not be relied on even for research.\n"
        "- Missing clinical values are not imputed: the clinical and the combined score are withheld.\n"
        "- The bundle carries the training patients' selected features, response and PFS under pseudonyms in shuffled "
        "order, so that a patient can be compared with them. Whoever trains on real patients must be allowed to "
        "share that before sharing the bundle."
    )


def _provenance(description: Mapping[str, Any]) -> str:
    provenance = description["provenance"]
    recipe = description["input"]["recipe"]
    rows = [
        ["seed", provenance["seed"]],
        ["features, SHA-256", f"`{provenance['features_sha256']}`"],
        ["outcomes, SHA-256", f"`{provenance['outcome_sha256']}`"],
        ["every feature's fate, SHA-256", f"`{provenance['selection_sha256']}`"],
        ["feature recipe", f"{recipe['name']}, `{recipe['sha256']}`"],
        ["engine", ", ".join(description["input"]["engines"])],
        ["versions", ", ".join(f"{name} {version}" for name, version in sorted(provenance["versions"].items()))],
        ["options", ", ".join(f"{name} {value}" for name, value in sorted(provenance["options"].items()))],
    ]
    return f"## Provenance\n\n{_table(['what', 'value'], rows)}\n\n{provenance['note']}"


def _ordered(parts: Mapping[str, Any], order: Iterable[str]) -> list[tuple[str, Any]]:
    """Return the items of a mapping in a reader's order, whatever order JSON gave them."""
    return [(name, parts[name]) for name in order if name in parts]


def _table(head: list[str], rows: list[list[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def _interval(interval: Mapping[str, Any]) -> str:
    if interval["value"] is None:
        return interval["note"]
    if interval["lower"] is None:
        return f"{interval['value']:.3f} (no interval)"
    note = interval["note"] if interval["note"].startswith(("clipped", "degenerate")) else ""
    return f"{interval['value']:.3f} ({interval['lower']:.3f}-{interval['upper']:.3f}){', ' + note if note else ''}"


def _number(value: float | None) -> str:
    return "not reached" if value is None else f"{value:.2f}"
