"""Read a cohort: a table of features, a row a lesion, and a table of outcomes and clinical values, a row a patient."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ABCImmunoResponseLib.clinical import ClinicalRecord, clinical_from_mapping, clinical_variables
from ABCImmunoResponseLib.errors import ClinicalError, TrainingError
from ABCImmunoResponseLib.features.table import FeatureTable, read_features_csv
from ABCImmunoResponseLib.model.aggregation import lesion_weights
from ABCImmunoResponseLib.model.coding import missing_sources
from ABCImmunoResponseLib.model.origin import table_engine

_TRUE, _FALSE = {"1", "true", "yes"}, {"0", "false", "no"}
COHORTS = ("train", "test")
_SIMULATED_ID = "SIM-"  # how the product's own simulator names its patients


@dataclass(frozen=True, slots=True)
class Columns:
    """The names of the outcome table's columns; ``cohort`` ('train' or 'test') may be absent: all train."""

    id: str = "case_id"
    label: str = "response"
    time: str = "pfs_months"
    event: str = "progressed"
    cohort: str = "cohort"


@dataclass(frozen=True, eq=False)
class Cohort:
    """Patients in the order of the outcome table.

    Attributes
    ----------
    response, progressed
        0 or 1, (patients,).
    pfs_months
        Positive, (patients,).
    training
        True for training patients, (patients,).
    table, owner
        The lesions' features and the patient (an index) that each lesion belongs to, (lesions,).
    simulated
        True for patients of whom the outcome table says so, in a column ``simulated`` or by an id of the product's
        own simulator, (patients,).
    """

    patients: tuple[str, ...]
    response: np.ndarray
    pfs_months: np.ndarray
    progressed: np.ndarray
    training: np.ndarray
    records: tuple[ClinicalRecord, ...]
    table: FeatureTable
    owner: np.ndarray
    simulated: np.ndarray

    def patient_features(self, aggregation: str) -> np.ndarray:
        """Return the lesions' features brought together by patient, (patients, names); NaN or infinite stays so."""
        volumes, values = self.table.volumes, np.empty((len(self.patients), len(self.table.names)))
        for patient in range(len(self.patients)):
            rows = self.owner == patient
            values[patient] = lesion_weights(volumes[rows], aggregation) @ self.table.values[rows]
        return values

    def patient_volumes(self) -> np.ndarray:
        """Return the total volume of each patient's lesions in mm³, (patients,)."""
        return np.bincount(self.owner, weights=self.table.volumes, minlength=len(self.patients))


def read_cohort(features: Path, outcome: Path, columns: Columns, coding: Sequence[Mapping[str, Any]]) -> Cohort:
    """Read both tables and join them by patient.

    Raises
    ------
    TrainingError
        If a table cannot be read, lacks a column, or a cell is missing or wrong (the message names row and column);
        if a patient appears twice or has no lesion, or a lesion has no patient.
    FeatureError
        If the feature table is not one, or was made with several engines.
    """
    rows = _read_rows(Path(outcome), columns)
    table = read_features_csv(Path(features))
    table_engine(table)
    place = {row[columns.id]: n for n, row in enumerate(rows.values())}
    strangers = sorted({row.case_id for row in table.ids} - set(place))
    without = sorted(set(place) - {row.case_id for row in table.ids})
    for names, what in (
        (strangers, f"has lesions of patients that {Path(outcome).name} does not have"),
        (without, f"has no lesion of patients of {Path(outcome).name}"),
    ):
        if names:
            raise TrainingError(f"{Path(features).name} {what}: {', '.join(names[:5])[:200]} ({len(names)} in all).")
    where = [f"{Path(outcome).name}, line {line}" for line in rows]
    values = list(rows.values())
    records = tuple(_record(row, coding, at) for row, at in zip(values, where, strict=True))
    return Cohort(
        patients=tuple(place),
        response=np.array([_flag(row, columns.label, at) for row, at in zip(values, where, strict=True)], np.uint8),
        pfs_months=np.array([_months(row, columns.time, at) for row, at in zip(values, where, strict=True)]),
        progressed=np.array([_flag(row, columns.event, at) for row, at in zip(values, where, strict=True)], np.uint8),
        training=np.array([_is_training(row, columns.cohort, at) for row, at in zip(values, where, strict=True)]),
        records=records,
        table=table,
        owner=np.array([place[row.case_id] for row in table.ids]),
        simulated=np.array([_is_simulated(row, columns.id, at) for row, at in zip(values, where, strict=True)]),
    )


def _read_rows(path: Path, columns: Columns) -> dict[int, dict[str, str]]:
    """Return the rows of the outcome table by line number."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as cause:
        raise TrainingError(f"{path} cannot be read ({cause.strerror}).") from cause
    except UnicodeDecodeError as cause:
        raise TrainingError(f"{path.name} is not UTF-8 text; save it as CSV UTF-8.") from cause
    rows: dict[int, dict[str, str]] = {}
    seen: dict[str, int] = {}
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(header, columns, path.name)
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != len(header):
                raise TrainingError(
                    f"{path.name}, line {reader.line_num} has {len(cells)} cells, not the header's {len(header)}."
                )
            row = dict(zip(header, (cell.strip() for cell in cells), strict=True))
            patient = row[columns.id]
            if not patient:
                raise TrainingError(f"{path.name}, line {reader.line_num}, column {columns.id}: the value is missing.")
            if patient in seen:
                raise TrainingError(
                    f"{path.name}: patient {patient[:80]!r} stands on line {seen[patient]} and on {reader.line_num}."
                )
            seen[patient] = reader.line_num
            rows[reader.line_num] = row
    except csv.Error as cause:
        raise TrainingError(f"{path.name}, line {reader.line_num} is not valid CSV ({cause}).") from cause
    if not rows:
        raise TrainingError(f"{path.name} holds no patient: nothing follows the header.")
    return rows


def _check_header(header: Sequence[str], columns: Columns, name: str) -> None:
    repeated = sorted({column for column in header if header.count(column) > 1})
    if repeated:
        raise TrainingError(f"{name} repeats the column {repeated[0][:60]!r}.")
    for column in (columns.id, columns.label, columns.time, columns.event):
        if column not in header:
            raise TrainingError(f"{name} has no column {column!r}; name the one to use (see train --help).")


def _cell(row: Mapping[str, str], column: str, where: str) -> str:
    if not row[column]:
        raise TrainingError(f"{where}, column {column}: the value is missing; complete it or leave the patient out.")
    return row[column]


def _flag(row: Mapping[str, str], column: str, where: str) -> bool:
    cell = _cell(row, column, where).lower()
    if cell not in _TRUE | _FALSE:
        raise TrainingError(f"{where}, column {column}: {cell[:40]!r} is neither 0 nor 1.")
    return cell in _TRUE


def _months(row: Mapping[str, str], column: str, where: str) -> float:
    months = _number(_cell(row, column, where), column, where)
    if not 0 < months <= 1200:
        raise TrainingError(f"{where}, column {column}: {months:g} is no time in months above 0.")
    return months


def _number(cell: str, column: str, where: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise TrainingError(f"{where}, column {column}: {cell[:40]!r} is not a number.")
    return value


def _is_training(row: Mapping[str, str], column: str, where: str) -> bool:
    if column not in row:
        return True
    cohort = _cell(row, column, where)
    if cohort not in COHORTS:
        raise TrainingError(f"{where}, column {column}: {cohort[:40]!r} is neither 'train' nor 'test'.")
    return cohort == "train"


def _is_simulated(row: Mapping[str, str], id_column: str, where: str) -> bool:
    said = bool(row.get("simulated")) and _flag(row, "simulated", where)
    return said or row[id_column].startswith(_SIMULATED_ID)


def _record(row: Mapping[str, str], coding: Sequence[Mapping[str, Any]], where: str) -> ClinicalRecord:
    """Return the clinical values that the row has columns for, all those known that the model needs."""
    values: dict[str, Any] = {}
    for variable in clinical_variables():
        name, cell = variable["name"], row.get(variable["name"], "")
        if not cell:
            continue
        if variable["type"] == "boolean":
            values[name] = _flag(row, name, where)
        elif variable["type"] == "choice":
            values[name] = cell
        else:
            number = _number(cell, name, where)
            values[name] = int(number) if number.is_integer() else number
    try:
        record = clinical_from_mapping(values)
    except ClinicalError as cause:
        raise TrainingError(f"{where}: {cause}") from cause
    missing = missing_sources(coding, record)
    if missing:
        raise TrainingError(f"{where}: {', '.join(missing)} is missing; nothing is imputed, so leave the patient out.")
    return record
