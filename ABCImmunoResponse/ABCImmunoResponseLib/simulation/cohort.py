"""The virtual cohort on disk: ``patients.csv``, ``features.csv``, ``truth.csv`` and, if wished, the CT volumes."""

import csv
import io
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import SimpleITK as sitk

from ABCImmunoResponseLib.errors import ABCImmunoResponseError, CaseFolderError
from ABCImmunoResponseLib.features.engine import default_engine, engine
from ABCImmunoResponseLib.features.parallel import begin_worker, one_thread_each
from ABCImmunoResponseLib.features.recipe import load_recipe
from ABCImmunoResponseLib.features.table import FeatureTable, join_tables, write_features_csv
from ABCImmunoResponseLib.files import write_bytes
from ABCImmunoResponseLib.progress import Progress, silent
from ABCImmunoResponseLib.simulation.local_volume import LocalVolume, render
from ABCImmunoResponseLib.simulation.output import whole_folder
from ABCImmunoResponseLib.simulation.patient import Patient, draw_patients, patient_row
from ABCImmunoResponseLib.simulation.phenotype import EFFECT
from ABCImmunoResponseLib.simulation.seeds import children


def simulate_cohort(
    folder: Path,
    *,
    seed: int = 2023,
    effect: float = EFFECT,
    patients: int | None = None,
    images: bool = False,
    jobs: int = 2,
    engine_name: str | None = None,
    progress: Progress = silent,
) -> None:
    """Simulate the study's 240 patients and extract the features of their target lesions.

    Writes ``patients.csv`` (a row a patient), ``features.csv`` (a row a lesion, from the consensus mask),
    ``truth.csv`` (a row a lesion: the latent phenotypes and risk group, for judging a model, never for training
    one) and, with ``images``, ``images/<case>/<lesion>.nrrd`` with the masks ``-A``, ``-B`` and ``-consensus``.

    Parameters
    ----------
    folder
        To be made; it appears when everything is in it.
    seed, effect
        Of the cohort; see :func:`~ABCImmunoResponseLib.simulation.patient.draw_patients`.
    patients
        Only the first so many of the 240 (they hold cohorts and responses in about their shares); None for all.
    images
        Also write the lesions' CT volumes.
    jobs
        Processes. The bytes written are the same for any number.
    engine_name
        Who measures; :func:`~ABCImmunoResponseLib.features.engine.default_engine` where none is named.
    progress
        Called after every patient.

    Raises
    ------
    CaseFolderError
        If the folder is not empty or cannot be written; nothing is left behind.
    ABCImmunoResponseError
        If ``patients``, ``jobs``, ``seed`` or ``effect`` makes no sense, or a process dies.
    """
    _check(seed, effect, patients, jobs)
    recipe, engine_name = load_recipe(), engine_name or default_engine()
    engine(engine_name)  # refused before any work
    with whole_folder(folder) as hidden:
        chosen = draw_patients(seed, effect)[:patients]
        pictures = hidden / "images" if images else None
        work = partial(_features, recipe_path=recipe.path, engine_name=engine_name, images=pictures)
        tables = _all(work, chosen, jobs, progress)
        write_bytes(hidden / "patients.csv", _csv([patient_row(patient) for patient in chosen]))
        write_bytes(hidden / "truth.csv", _csv([row for patient in chosen for row in _truth(patient)]))
        write_bytes(hidden / "features.csv", write_features_csv(join_tables(tables)))


def _check(seed: int, effect: float, patients: int | None, jobs: int) -> None:
    for name, value, least in (("seed", seed, 0), ("patients", patients, 1), ("jobs", jobs, 1)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
            raise ABCImmunoResponseError(f"{name} must be a whole number of at least {least}, not {value!r}.")
    if not isinstance(effect, (int, float)) or not 0 <= effect <= 10:
        raise ABCImmunoResponseError(f"effect must lie between 0 and 10 standard deviations, not {effect!r}.")


def _all(work: partial, patients: Sequence[Patient], jobs: int, progress: Progress) -> list[FeatureTable]:
    """Return ``work`` of each patient, in order; ends as soon as one fails or ``progress`` raises."""
    done, total = 0, len(patients)
    progress(0, total, "lesions drawn, scanned and measured")
    if jobs == 1:
        tables = []
        with _one_thread():
            for done, patient in enumerate(patients, 1):
                tables.append(work(patient))
                progress(done, total, patient.case_id)
        return tables
    # 'spawn' and not 'fork': a forked child of a process with threads (ITK's, Qt's) may hang.
    context = multiprocessing.get_context("spawn")
    with (
        one_thread_each(),
        ProcessPoolExecutor(min(jobs, total), mp_context=context, initializer=begin_worker) as pool,
    ):
        futures = [pool.submit(work, patient) for patient in patients]
        try:
            _follow(futures, progress)
        except BrokenProcessPool as cause:
            raise ABCImmunoResponseError(
                "A process of the simulation died, perhaps for lack of memory: try again with fewer jobs."
            ) from cause
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
        return [future.result() for future in futures]


def _follow(futures: Sequence[Future], progress: Progress) -> None:
    waiting = set(futures)
    while waiting:
        finished, waiting = wait(waiting, timeout=0.5, return_when=FIRST_EXCEPTION)
        for future in finished:
            future.result()
        progress(sum(map(Future.done, futures)), len(futures), "lesions drawn, scanned and measured")


@contextmanager
def _one_thread() -> Iterator[None]:
    before = sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        yield
    finally:
        sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(before)


def _features(patient: Patient, *, recipe_path: Path, engine_name: str, images: Path | None) -> FeatureTable:
    """Render one patient's lesions, write them if wished, and return their features."""
    recipe, extractor, tables = load_recipe(recipe_path), engine(engine_name), []
    for lesion, seed in zip(patient.lesions, children(patient.images, len(patient.lesions)), strict=True):
        volume = render(patient, lesion, seed)
        if images:
            _write(volume, images / patient.case_id, lesion.lesion_id)
        masks = {lesion.lesion_id: volume.masks["consensus"]}
        values = extractor.extract(volume.image, masks, recipe)
        organs = {lesion.lesion_id: lesion.organ}
        tables.append(FeatureTable.of(patient.case_id, values, masks, recipe, extractor, organs))
    return join_tables(tables)


def _write(volume: LocalVolume, folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    files = {f"{name}.nrrd": volume.image, **{f"{name}-{who}.nrrd": mask for who, mask in volume.masks.items()}}
    try:
        for file, image in files.items():
            sitk.WriteImage(image, folder / file, useCompression=True)
    except RuntimeError as cause:  # SimpleITK's word for a full disk too
        raise CaseFolderError(f"The simulated images cannot be written below {folder.parents[1].parent}.") from cause


def _truth(patient: Patient) -> list[dict[str, Any]]:
    return [
        {
            "case_id": patient.case_id,
            "lesion_id": lesion.lesion_id,
            "organ": lesion.organ,
            "patient_phenotype": repr(patient.phenotype),
            "lesion_phenotype": repr(lesion.phenotype),
            "risk": patient.risk,
        }
        for lesion in patient.lesions
    ]


def _csv(rows: Sequence[dict[str, Any]]) -> bytes:
    """Return rows as UTF-8 CSV with LF; True and False are written 'true' and 'false', None as nothing."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: str(v).lower() if isinstance(v, bool) else v for name, v in row.items()})
    return text.getvalue().encode()
