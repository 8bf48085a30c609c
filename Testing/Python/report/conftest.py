"""A report's values made by hand: a patient with a liver, a lung and a node lesion, on a small CT phantom."""

import numpy as np
import pytest
import SimpleITK as sitk

from ABCImmunoResponseLib.recist.diameters import measure
from ABCImmunoResponseLib.report.slices import LUNG, SOFT_TISSUE, make_plate
from ABCImmunoResponseLib.report.view import (
    AgreementRow,
    Applicability,
    Attribution,
    ClinicalRow,
    Distribution,
    Estimate,
    Fact,
    InputContribution,
    LesionContribution,
    LesionView,
    ModelScore,
    Neighbour,
    Note,
    ProvenanceGroup,
    Quality,
    ReportView,
    Survival,
    SurvivalCurve,
)
from phantoms import ellipsoid, grid, like, textured


@pytest.fixture(scope="session")
def body() -> sitk.Image:
    """A CT-like volume, 160 x 160 x 30 voxels of 1.5 x 1.5 x 2.5 mm: an elliptic body with two lungs in air."""
    reference = grid((160, 160, 30), (1.5, 1.5, 2.5), (-120.0, -120.0, 0.0))
    hu = sitk.GetArrayFromImage(textured(reference, 3, 50.0, 14.0))
    inside = sitk.GetArrayFromImage(ellipsoid(reference, (120, 120, 37), (105, 78, 500))) > 0
    lungs = [sitk.GetArrayFromImage(ellipsoid(reference, (x, 112, 37), (36, 52, 500))) > 0 for x in (70, 170)]
    hu[lungs[0] | lungs[1]] -= 870
    hu[~inside] = -1000
    return like(hu, reference)


def make_lesion(body, number, organ, centre, radii, window, node=False, readers="ab") -> LesionView:
    """Return a lesion's view: the consensus is an ellipsoid, each reader's outline a shifted, swollen one."""
    masks = {"consensus": ellipsoid(body, centre, radii)}
    for who, shift, swell in (("a", 1.0, 1.0), ("b", -1.5, 1.15)):
        if who in readers:
            masks[who] = ellipsoid(body, (centre[0] + shift, *centre[1:]), tuple(r * swell for r in radii))
    size = measure(masks["consensus"])
    hu = sitk.GetArrayFromImage(body)
    hu[sitk.GetArrayFromImage(masks["consensus"]) > 0] = 20 + 25 * number
    return LesionView(
        lesion_id=f"L{number}",
        organ=organ,
        site="segment VIII" if organ == "Liver" else "",
        kind="target",
        node=node,
        longest_diameter_mm=size.longest_diameter_mm,
        short_axis_mm=size.short_axis_mm,
        recist_diameter_mm=size.short_axis_mm if node else size.longest_diameter_mm,
        volume_mm3=size.volume_mm3,
        slice_number=size.slice_index + 1,
        slices=30,
        eligible="target",
        override="",
        notes=(),
        plate=make_plate(like(hu, body), masks, size, window),
    )


def curve(group: str, n: int, scale: float) -> SurvivalCurve:
    """Return a made-up survival curve."""
    drawn = np.sort(np.random.default_rng(n).exponential(scale, n).clip(0.2, 30))
    times, survival = np.concatenate([[0.0], drawn]), 1 - np.arange(n + 1) / n
    ticks = np.arange(0, 25, 6.0)
    return SurvivalCurve(
        group=group,
        times=times,
        survival=survival,
        lower=(survival - 0.1).clip(0),
        upper=(survival + 0.1).clip(0, 1),
        at_risk_times=ticks,
        at_risk=(drawn[None] >= ticks[:, None]).sum(axis=1),
        n=n,
        median=float(np.median(drawn)),
    )


@pytest.fixture(scope="session")
def view(body) -> ReportView:
    """Everything there, the readers of one mind but for the node."""
    rng = np.random.default_rng(1)
    lesions = (
        make_lesion(body, 1, "Liver", (122, 130, 37), (18, 14, 15), SOFT_TISSUE),
        make_lesion(body, 2, "Lung", (176, 118, 30), (9, 8, 10), LUNG),
        make_lesion(body, 3, "Axillary lymph node", (205, 128, 42), (9, 6, 9), SOFT_TISSUE, node=True, readers="a"),
    )
    combined = ModelScore("combined", -0.812, 0.183, -0.086, "high", 21.4)
    agreement = [
        AgreementRow(
            pair_id=f"P{n}",
            lesion_a=f"L{n}",
            lesion_b=f"L{n}",
            organ_a=organ,
            organ_b=organ,
            concordant=True,
            cause="concordant",
            reason=f"Both readers outlined this lesion ({organ}) alike: Dice 0.912, HD95 1.80 mm.",
            dice=0.912,
            hd95_mm=1.8,
            mean_surface_distance_mm=0.61,
            diameter_a_mm=36.2,
            diameter_b_mm=37.9,
            decision="midway",
            decided_by="by the protocol's rule",
        )
        for n, organ in ((1, "Liver"), (2, "Lung"))
    ]
    agreement.append(
        AgreementRow(
            pair_id="P3",
            lesion_a="L3",
            lesion_b=None,
            organ_a="Axillary lymph node",
            organ_b=None,
            concordant=False,
            cause="one reader only",
            reason="Only reader A outlined L3 (a target lesion, Axillary lymph node, longest diameter 18.4 mm).",
            diameter_a_mm=18.4,
            decision="A",
            decided_by="dr-chen",
            decided_at="2024-05-02 10:31 UTC",
            decision_reason="Pathological node, seen on the coronal reformat too.",
        )
    )
    return ReportView(
        case_id="demo-001",
        disclaimer="research use only; trained on simulated patients",
        subtitle="CT of 2024-04-29, Siemens SOMATOM Force, 120 kVp, 1.25 mm slices, contrast-enhanced",
        reader_a="dr-ito",
        reader_b="dr-okafor",
        lead=combined,
        scores=(
            ModelScore("radiomics", -0.401, 0.264, 0.209, "high", 33.0),
            ModelScore("clinical", 0.112, 0.391, 0.05, "low", 61.0),
            combined,
        ),
        applicability=Applicability(
            "borderline",
            (Note("warning", "", "The CT's tube voltage is unknown."),),
        ),
        lesions=lesions,
        sum_of_diameters_mm=sum(lesion.recist_diameter_mm for lesion in lesions),
        agreement=tuple(agreement),
        clinical=(
            ClinicalRow("Age", "52", "years", False),
            ClinicalRow("Lines of prior therapy (advanced setting)", "2", "", True),
            ClinicalRow("Metastatic sites", "3", "", True),
            ClinicalRow("Visceral metastasis", "yes", "", True),
            ClinicalRow("Molecular subtype", "TNBC", "", True, derived=True),
            ClinicalRow("dNLR", "2.41", "", False, derived=True),
            ClinicalRow("PD-L1 combined positive score (22C3)", None, "", False),
        ),
        trained_on="simulated training patients",
        quality=(
            Quality(
                "radiomics",
                Estimate(0.711, 0.631, 0.792),
                Estimate(0.68, 0.547, 0.813),
                Estimate(None, None, None),
                0.2484,
            ),
            Quality("clinical", Estimate(0.613, 0.521, 0.705), None, None, None),
            Quality(
                "combined",
                Estimate(0.734, 0.654, 0.814),
                Estimate(0.692, 0.567, 0.817),
                Estimate(1.39, 0.826, 2.34),
                0.00002,
            ),
        ),
        distributions=tuple(
            Distribution(model, rng.normal(1, 1.2, 61), rng.normal(-1, 1.1, 110), cutoff, score)
            for model, cutoff, score in (("combined", -0.086, -0.812), ("radiomics", 0.209, -0.401))
        ),
        survival=Survival("combined", (curve("low", 90, 14), curve("high", 81, 5)), "high"),
        contributions=(
            LesionContribution("L1", "Liver", lesions[0].volume_mm3, 0.78, -0.31, -0.42),
            LesionContribution("L2", "Lung", lesions[1].volume_mm3, 0.15, 0.07, 0.05),
            LesionContribution("L3", "Axillary lymph node", lesions[2].volume_mm3, 0.07, -0.16, -0.12),
        ),
        attribution=Attribution(
            model="combined",
            method="integrated gradients from the training mean, exact for ReLU networks",
            baseline=0.05,
            features=(
                InputContribution(
                    "Inverse difference moment, normalised · co-occurrence (GLCM) · wavelet HLH",
                    "wavelet-HLH_glcm_Idmn",
                    0.98231,
                    -0.31,
                ),
                InputContribution("Sphericity · shape", "original_shape_Sphericity", 0.7123, 0.21),
                InputContribution(
                    "90th percentile · intensity · LoG 2 mm",
                    "log-sigma-2-0-mm-3D_firstorder_90Percentile",
                    -41.2,
                    -0.12,
                ),
            ),
            others=-0.27,
            clinical=(
                InputContribution("Lines of prior therapy ≥ 2", "", "2", -0.23),
                InputContribution("Visceral metastasis", "", "yes", -0.142),
            ),
            score=-0.812,
        ),
        nearest=tuple(Neighbour(f"TRAIN-{n:03d}", 3.1 + n / 10, n % 2 == 0, 2.5 * n, n != 3) for n in range(1, 6)),
        notes=(
            Note("serious", "L3", "Lesion L3 touches the edge of the image; its diameters may be too small."),
            Note("warning", "CT", "The tube voltage is not recorded."),
            Note("info", "L1", "The mask was resampled onto the image's grid."),
        ),
        provenance=(
            ProvenanceGroup("Case", (Fact("Case", "demo-001"), Fact("Scored", "2024-05-02 10:40 UTC"))),
            ProvenanceGroup("Model", (Fact("Bundle", "abc-sim-1"), Fact("", "ab" * 32, code=True))),
            ProvenanceGroup("People", (Fact("Reader A", "dr-ito, locked 2024-05-01 09:00 UTC"),)),
        ),
    )
