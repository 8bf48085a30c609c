"""``train``: from tables of features and outcomes to a locked model bundle."""

from argparse import Namespace, _SubParsersAction
from pathlib import Path

from ABCImmunoResponseLib.commands.console import add_command, progress_bar


def add(commands: _SubParsersAction) -> None:
    """Add ``train``."""
    parser = add_command(
        commands,
        "train",
        "Train the clinical, radiomics and combined models and lock them into a bundle.",
        "abc-immuno-response train --features features.csv --outcome patients.csv --output our-model-1",
        _train,
    )
    parser.add_argument("--features", type=Path, required=True, metavar="F.csv", help="1130 features a lesion")
    parser.add_argument("--outcome", type=Path, required=True, metavar="O.csv", help="outcome and clinical values")
    parser.add_argument("--output", type=Path, required=True, help="the bundle folder to make; its name is the id")
    parser.add_argument("--id", default="case_id", metavar="COL", help="patient column (%(default)s)")
    parser.add_argument("--label", default="response", metavar="COL", help="response column, 0 or 1 (%(default)s)")
    parser.add_argument("--time", default="pfs_months", metavar="COL", help="PFS in months (%(default)s)")
    parser.add_argument("--event", default="progressed", metavar="COL", help="1 progressed, 0 censored (%(default)s)")
    parser.add_argument(
        "--cohort", default="cohort", metavar="COL", help="train or test; without the column all train (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=2023, help="of folds and networks (%(default)s)")


def _train(words: Namespace) -> None:
    from ABCImmunoResponseLib.training.train import train  # torch: only where a model is trained

    train(
        words.features,
        words.outcome,
        words.output,
        seed=words.seed,
        id_column=words.id,
        label=words.label,
        time=words.time,
        event=words.event,
        cohort_column=words.cohort,
        progress=progress_bar("train"),
    )
    print(f"{words.output}: a locked model bundle; its card is {words.output / 'MODEL_CARD.md'}")
