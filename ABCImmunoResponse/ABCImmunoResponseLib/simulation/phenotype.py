"""The latent response phenotype: the one planted link between a patient's images and the response.

A patient's phenotype ``z`` is normal with SD 1 and mean ``+effect/2`` among responders, ``-effect/2`` among the
others: ``effect`` is Cohen's d. Whoever saw z itself would reach the AUC of :func:`oracle_auc`; whoever sees only
images, which show z with noise, less.
"""

import math
from statistics import NormalDist

import numpy as np

EFFECT = 1.1
"""Default strength: a 'large' effect by Cohen's words, AUC 0.78 for an oracle. A choice, not an estimate."""

LESION_SD = 0.5
"""SD of a lesion's phenotype around its patient's: lesions of one patient differ."""


def oracle_auc(effect: float) -> float:
    """Return the AUC of z itself: Phi(d / sqrt 2), two normals of equal variance d apart."""
    return 0.5 * (1.0 + math.erf(effect / 2.0))


def draw_phenotype(rng: np.random.Generator, response: np.ndarray, effect: float) -> np.ndarray:
    """Draw one phenotype a patient of a cohort; ``response`` is a boolean array (n,), as is the result's shape.

    Responders and the others are each drawn by strata: one patient from each of n equally likely slices of the
    normal distribution, in random order. Like Table 1's counts, the planted effect is then the stated one in every
    cohort, whatever the seed.
    """
    phenotype = np.empty(len(response))
    for answer in (False, True):
        here = np.flatnonzero(np.asarray(response, bool) == answer)
        quantiles = (rng.permutation(len(here)) + rng.random(len(here))) / max(len(here), 1)
        quantiles = np.clip(quantiles, 1e-9, 1 - 1e-9)
        phenotype[here] = [NormalDist().inv_cdf(q) for q in quantiles.tolist()]
        phenotype[here] += effect * (answer - 0.5)
    return phenotype


def draw_lesion_phenotypes(rng: np.random.Generator, patient: float, lesions: int) -> list[float]:
    """Draw the phenotypes of a patient's lesions around the patient's own."""
    return [float(value) for value in patient + LESION_SD * rng.standard_normal(lesions)]
