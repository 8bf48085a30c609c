"""How a model is trained: every choice that is not data, with its default."""

from dataclasses import dataclass
from typing import Any

from ABCImmunoResponseLib.errors import TrainingError
from ABCImmunoResponseLib.model.aggregation import AGGREGATIONS


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """The choices of a training run; they are recorded in the bundle.

    The defaults were set beforehand, small networks with strong regularisation for a few hundred patients, and not
    searched for.

    Attributes
    ----------
    aggregation
        How lesions become a patient (see ``model.aggregation``).
    correlation_max
        Of two features whose Spearman correlation exceeds this, the one with the weaker univariate AUC is dropped.
    n_features
        How many features are kept, by univariate AUC.
    hidden
        Units of the three hidden layers.
    members
        Networks in an ensemble, each with its own start and its own early-stopping patients.
    dropout, weight_decay, learning_rate
        Of the AdamW optimiser; dropout after each hidden layer.
    label_smoothing
        The networks learn towards 1 - s/2 and s/2. Without it a network that separates its training patients goes
        on stretching its scores, each fold by another factor, and a cut-off locked on out-of-fold scores would not
        be on the scale of the final network.
    epochs, patience, inner_share
        Each member keeps the weights with the least loss on its share of held-out patients; training ends once no
        member's has fallen for ``patience`` epochs.
    folds, repeats
        Of the repeated stratified cross-validation.
    min_group
        The least share of patients in a risk group when the cut-off is chosen.
    """

    aggregation: str = "volume-weighted mean"
    correlation_max: float = 0.95
    n_features: int = 30
    hidden: tuple[int, int, int] = (32, 16, 8)
    members: int = 5
    dropout: float = 0.3
    weight_decay: float = 1.0
    label_smoothing: float = 0.2
    learning_rate: float = 0.003
    epochs: int = 400
    patience: int = 40
    inner_share: float = 0.2
    folds: int = 5
    repeats: int = 5
    min_group: float = 0.2

    def __post_init__(self) -> None:
        for fits, what in (
            (self.aggregation in AGGREGATIONS, f"aggregation must be one of {', '.join(AGGREGATIONS)}"),
            (0 < self.correlation_max <= 1, "correlation_max must lie in (0, 1]"),
            (len(self.hidden) == 3 and min(self.hidden) > 0, "hidden must name the units of three layers"),
            (min(self.n_features, self.members, self.epochs, self.patience, self.repeats) > 0, "counts start at 1"),
            (self.folds > 1, "folds must be at least 2"),
            (0 <= self.dropout < 1, "dropout must lie in [0, 1)"),
            (self.weight_decay >= 0 < self.learning_rate, "weight_decay and learning_rate must not be negative"),
            (0 <= self.label_smoothing < 1, "label_smoothing must lie in [0, 1)"),
            (0 < self.inner_share < 1, "inner_share must lie between 0 and 1"),
            (0 < self.min_group < 0.5, "min_group must lie between 0 and 0.5"),
        ):
            if not fits:
                raise TrainingError(f"Training options: {what}.")

    def as_dict(self) -> dict[str, Any]:
        """Return the options ready for JSON."""
        return {name: list(v) if isinstance(v := getattr(self, name), tuple) else v for name in self.__slots__}
