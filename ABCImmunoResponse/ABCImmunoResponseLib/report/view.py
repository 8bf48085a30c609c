"""What a report shows, as plain values: ``gather`` fills them, ``html`` renders them.

Lengths are millimetres, volumes mm³, times months; None means unknown or not available. Classes that
hold arrays compare by identity.
"""

from dataclasses import dataclass

import numpy as np

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Window:
    """A grey-scale window: HU at ``centre``, ``width`` HU wide."""

    name: str
    centre: float
    width: float


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """Where one delineation crosses the slice: closed rings of (x, y), each (n, 2), in mm from the plate's top left."""

    who: str
    rings: tuple[np.ndarray, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Plate:
    """One axial slice as it is looked at: patient's right on the left, anterior on top.

    ``pixels`` is uint8 (rows, columns) and covers ``width_mm`` by ``height_mm``; ``outlines`` (keyed 'a', 'b',
    'consensus'), the two diameters and ``overview_box`` (x, y, width, height in the overview) are in mm.
    ``letters`` name the patient's direction at the left, right, top and bottom edge.
    """

    pixels: np.ndarray
    width_mm: float
    height_mm: float
    window: Window
    letters: tuple[str, str, str, str]
    outlines: tuple[Outline, ...]
    longest: tuple[Point, Point]
    short: tuple[Point, Point]
    scale_bar_mm: float
    overview: np.ndarray
    overview_mm: tuple[float, float]
    overview_box: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Note:
    """One finding or warning: 'info', 'warning' or 'serious', what it concerns, and one sentence."""

    severity: str
    concerns: str
    message: str


@dataclass(frozen=True, slots=True, eq=False)
class LesionView:
    """One lesion of the consensus; ``recist_diameter_mm`` is the one RECIST counts (short axis for nodes)."""

    lesion_id: str
    organ: str
    site: str
    kind: str
    node: bool
    longest_diameter_mm: float
    short_axis_mm: float
    recist_diameter_mm: float
    volume_mm3: float
    slice_number: int
    slices: int
    eligible: str
    override: str
    notes: tuple[Note, ...]
    plate: Plate


@dataclass(frozen=True, slots=True)
class AgreementRow:
    """One pair of the reconciliation, how far the readers agreed, and who decided what and why."""

    pair_id: str
    lesion_a: str | None
    lesion_b: str | None
    organ_a: str | None
    organ_b: str | None
    concordant: bool
    cause: str
    reason: str
    dice: float | None = None
    hd95_mm: float | None = None
    mean_surface_distance_mm: float | None = None
    diameter_a_mm: float | None = None
    diameter_b_mm: float | None = None
    decision: str = ""
    decided_by: str = ""
    decided_at: str = ""
    decision_reason: str = ""


@dataclass(frozen=True, slots=True)
class ClinicalRow:
    """One clinical value, ready to print; None is unknown. ``used``: a model takes it as an input."""

    label: str
    value: str | None
    unit: str
    used: bool
    derived: bool = False


@dataclass(frozen=True, slots=True)
class ModelScore:
    """One model's answer; ``percentile`` (0 to 100) is its place among the training scores. None where withheld."""

    model: str
    score: float | None
    probability: float | None
    cutoff: float | None
    risk_group: str | None
    percentile: float | None
    withheld: str = ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate with its 95 % limits; None where it could not be had."""

    value: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class Quality:
    """How well one model did on patients it was not fitted to; the last three are None without test patients."""

    model: str
    out_of_fold_auc: Estimate
    test_auc: Estimate | None
    test_hazard_ratio: Estimate | None
    test_p: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Distribution:
    """The training patients' out-of-fold scores of one model, (n,) each, and where the patient lies among them."""

    model: str
    responders: np.ndarray
    non_responders: np.ndarray
    cutoff: float
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class SurvivalCurve:
    """Kaplan-Meier estimate of one risk group: step values, each (m,), from time 0, with their interval's bounds."""

    group: str
    times: np.ndarray
    survival: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    at_risk_times: np.ndarray
    at_risk: np.ndarray
    n: int
    median: float | None


@dataclass(frozen=True, slots=True, eq=False)
class Survival:
    """Both risk groups' curves for one model, and the group the patient is in."""

    model: str
    curves: tuple[SurvivalCurve, ...]
    group: str


@dataclass(frozen=True, slots=True)
class LesionContribution:
    """What one lesion adds to the scores: weight in the patient's vector and share in score units."""

    lesion_id: str
    organ: str
    volume_mm3: float
    weight: float
    radiomics: float
    combined: float | None


@dataclass(frozen=True, slots=True)
class InputContribution:
    """What one input adds to a score; ``code`` is a radiomic feature's column name, empty for clinical inputs."""

    name: str
    code: str
    value: float | str
    contribution: float


@dataclass(frozen=True, slots=True)
class Attribution:
    """How one model's score comes about: baseline, the largest features, all ``others`` and the clinical inputs."""

    model: str
    method: str
    baseline: float
    features: tuple[InputContribution, ...]
    others: float
    clinical: tuple[InputContribution, ...]
    score: float


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A training patient near this one; ``progressed`` tells a progression from the end of observation."""

    patient: str
    distance: float
    response: bool
    pfs_months: float
    progressed: bool


@dataclass(frozen=True, slots=True)
class Applicability:
    """Whether the model may be asked about this patient: 'inside', 'borderline' or 'outside', and why."""

    verdict: str
    reasons: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """One named fact on where something comes from; ``code``: a hash, to be set in a fixed-width face."""

    name: str
    value: str
    code: bool = False


@dataclass(frozen=True, slots=True)
class ProvenanceGroup:
    """A few facts that belong together; ``wide`` ones take the whole width of the page."""

    title: str
    facts: tuple[Fact, ...]
    wide: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class ReportView:
    """All that one report shows. ``lead`` is the model whose risk group heads it.

    ``trained_on`` is what the training patients are called: 'simulated training patients' where they are.
    """

    case_id: str
    disclaimer: str
    subtitle: str
    reader_a: str
    reader_b: str
    lead: ModelScore
    scores: tuple[ModelScore, ...]
    applicability: Applicability
    lesions: tuple[LesionView, ...]
    sum_of_diameters_mm: float
    agreement: tuple[AgreementRow, ...]
    clinical: tuple[ClinicalRow, ...]
    trained_on: str
    quality: tuple[Quality, ...]
    distributions: tuple[Distribution, ...]
    survival: Survival | None
    contributions: tuple[LesionContribution, ...]
    attribution: Attribution
    nearest: tuple[Neighbour, ...]
    notes: tuple[Note, ...]
    provenance: tuple[ProvenanceGroup, ...]
