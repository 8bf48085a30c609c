"""How the lesions of a patient become one vector: a weight for each lesion, summing to one."""

import numpy as np

from ABCImmunoResponseLib.errors import FeatureError

AGGREGATIONS = ("volume-weighted mean", "mean", "largest")


def lesion_weights(volumes_mm3: np.ndarray, aggregation: str) -> np.ndarray:
    """Return the weight of each lesion in its patient's feature vector.

    The study does not say how several lesions become one vector. Each rule here is a weighted mean, so that the
    contributions of the lesions add up to those of the patient.

    Parameters
    ----------
    volumes_mm3
        The lesions' volumes in mm³, (lesions,).
    aggregation
        'volume-weighted mean', 'mean' or 'largest' (the first of the largest where two are equal).

    Returns
    -------
    np.ndarray
        (lesions,), float64, sums to 1.

    Raises
    ------
    FeatureError
        If there is no lesion or a volume is not a positive finite number.
    """
    volumes = np.asarray(volumes_mm3, np.float64)
    if volumes.ndim != 1 or volumes.size == 0:
        raise FeatureError("There is no lesion to score; sign a consensus with at least one target lesion.")
    if not (np.isfinite(volumes).all() and (volumes > 0).all()):
        raise FeatureError("Every lesion needs a positive volume in mm³; extract the features again.")
    if aggregation == "mean":
        return np.full(len(volumes), 1.0 / len(volumes))
    if aggregation == "largest":
        return (np.arange(len(volumes)) == int(volumes.argmax())).astype(np.float64)
    return volumes / volumes.sum()
