"""``simulate``: virtual patients, for trying the product and for the bundled model."""

import os
from argparse import Namespace, _SubParsersAction
from pathlib import Path

from ABCImmunoResponseLib.commands.console import add_command, add_group, progress_bar, whole_number
from ABCImmunoResponseLib.commands.reporting import add_progress, reporting
from ABCImmunoResponseLib.features.engine import engine_names
from ABCImmunoResponseLib.simulation.case import simulate_case
from ABCImmunoResponseLib.simulation.cohort import simulate_cohort
from ABCImmunoResponseLib.simulation.phenotype import EFFECT


def add(commands: _SubParsersAction) -> None:
    """Add ``simulate case`` and ``simulate cohort``."""
    group = add_group(commands, "simulate", "simulate patients: a CT with two reads, or a whole cohort")
    parser = add_command(
        group,
        "case",
        "Simulate one patient: a CT as DICOM, two readers' segmentations, clinical values.",
        "abc-immuno-response simulate case patient1 --seed 7",
        _case,
    )
    parser.add_argument("output", type=Path, help="the folder to make")
    parser.add_argument("--seed", type=int, default=1, help="which patient (%(default)s)")
    parser.add_argument("--size", type=int, nargs=3, default=(512, 512, 200), metavar=("I", "J", "K"), help="voxels")
    parser.add_argument("--lesions", type=int, default=3, help="target lesions, 1 to 5 (%(default)s)")
    add_progress(parser)

    parser = add_command(
        group,
        "cohort",
        "Simulate the study's 240 patients: clinical values, outcomes and features of every lesion.",
        "abc-immuno-response simulate cohort build/cohort --seed 2023",
        _cohort,
    )
    parser.add_argument("output", type=Path, help="the folder to make")
    parser.add_argument("--seed", type=int, default=2023, help="which cohort (%(default)s)")
    parser.add_argument("--patients", type=int, metavar="N", help="only the first N patients' features")
    parser.add_argument(
        "--effect",
        type=float,
        default=EFFECT,
        metavar="D",
        help="the planted effect: distance of the responders' mean phenotype in standard deviations (%(default)s)",
    )
    parser.add_argument("--images", action="store_true", help="also write the lesions' CT volumes")
    parser.add_argument(
        "--jobs", type=whole_number, default=os.cpu_count() or 1, metavar="N", help="processes (%(default)s)"
    )
    parser.add_argument("--engine", choices=engine_names(), help="who measures (numba where installed, else numpy)")


def _case(words: Namespace) -> None:
    with reporting(words, "simulate") as report:
        simulate_case(
            words.output, seed=words.seed, size=tuple(words.size), lesions=words.lesions, progress=report.part()
        )
        told = f"{words.output}: a simulated patient (dicom/, reader-a, reader-b, clinical.json, truth.json)"
        report.done({"result": "simulated"}, lambda: print(told))


def _cohort(words: Namespace) -> None:
    simulate_cohort(
        words.output,
        seed=words.seed,
        effect=words.effect,
        patients=words.patients,
        images=words.images,
        jobs=words.jobs,
        engine_name=words.engine,
        progress=progress_bar("simulate"),
    )
    print(f"{words.output}: patients.csv, features.csv of a simulated cohort")
