"""Clinical values of one patient: typed, ranged, 'unknown' allowed; and what is derived from them.

Which variables exist, their units, ranges and the study's cut points are data:
``Resources/Protocols/clinical-variables.json``.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from ABCImmunoResponseLib.errors import ClinicalError
from ABCImmunoResponseLib.files import read_json
from ABCImmunoResponseLib.resources import resource


@cache
def _definitions() -> dict[str, Any]:
    return read_json(resource("Protocols", "clinical-variables.json"), ClinicalError)


def clinical_variables() -> tuple[Mapping[str, Any], ...]:
    """Return the definition of every variable: name, label, type, unit, range or choices, in form order."""
    return tuple(_definitions()["variables"])


def cut_points() -> Mapping[str, Any]:
    """Return the study's cut points (Table 1): a number, or two where Table 1 has three groups."""
    return _definitions()["cut_points"]


@dataclass(frozen=True, slots=True)
class ClinicalRecord:
    """One patient's clinical values at the time of the CT; None is 'unknown'.

    Units are those of ``clinical-variables.json`` (cell counts in 10⁹/L, LDH in U/L, albumin in g/L).

    Raises
    ------
    ClinicalError
        If a value has the wrong type or lies outside its range.
    """

    age_years: float | None = None
    bmi: float | None = None
    ecog: int | None = None
    menopausal: str | None = None
    prior_operation: bool | None = None
    prior_lines: int | None = None
    er: str | None = None
    pr: str | None = None
    her2: str | None = None
    ki67_percent: float | None = None
    neutrophils: float | None = None
    leucocytes: float | None = None
    ldh: float | None = None
    albumin: float | None = None
    regimen: str | None = None
    visceral_metastasis: bool | None = None
    metastatic_sites: int | None = None
    cps: float | None = None

    def __post_init__(self) -> None:
        for variable in clinical_variables():
            value = getattr(self, variable["name"])
            if value is not None:
                _check(variable, value)
        if None not in (self.neutrophils, self.leucocytes) and self.neutrophils >= self.leucocytes:
            raise ClinicalError(
                f"Neutrophils ({self.neutrophils}) must be fewer than leucocytes ({self.leucocytes}): check the units."
            )

    @property
    def dnlr(self) -> float | None:
        """Derived neutrophil-to-lymphocyte ratio: neutrophils / (leucocytes - neutrophils)."""
        if self.neutrophils is None or self.leucocytes is None:
            return None
        return self.neutrophils / (self.leucocytes - self.neutrophils)

    @property
    def subtype(self) -> str | None:
        """Molecular subtype: 'HER2+', 'HR+/HER2-' or 'TNBC' (Table 1 puts every HER2-positive in HER2+)."""
        if self.her2 == "positive":
            return "HER2+"
        if self.her2 is None:
            return None
        if "positive" in (self.er, self.pr):
            return "HR+/HER2-"
        return "TNBC" if self.er == self.pr == "negative" else None

    def as_dict(self) -> dict[str, Any]:
        """Return the values, without the derived ones, ready for JSON."""
        return asdict(self)


def clinical_from_mapping(value: Any) -> ClinicalRecord:
    """Make a record from the mapping that JSON gave; absent entries are unknown.

    Raises
    ------
    ClinicalError
        If it is no mapping, or has an entry that is no clinical variable.
    """
    if not isinstance(value, Mapping):
        raise ClinicalError(f"Clinical values must be a JSON object, not {type(value).__name__}.")
    known = [field.name for field in fields(ClinicalRecord)]
    unknown = sorted(str(name)[:40] for name in set(value) - set(known))
    if unknown:
        raise ClinicalError(f"Unknown clinical variables: {', '.join(unknown)[:200]}; known are {', '.join(known)}.")
    return ClinicalRecord(**value)


def read_clinical(path: Path) -> ClinicalRecord:
    """Read a record from a JSON file; see :func:`clinical_from_mapping` for what is refused."""
    return clinical_from_mapping(read_json(path, ClinicalError))


def _check(variable: Mapping[str, Any], value: Any) -> None:
    name, label, kind = variable["name"], variable["label"], variable["type"]
    shown = repr(value)[:60]
    if kind == "boolean":
        if not isinstance(value, bool):
            raise ClinicalError(f"{label} ({name}) must be true, false or null, not {shown}.")
    elif kind == "choice":
        if value not in variable["choices"]:
            raise ClinicalError(f"{label} ({name}) must be one of {', '.join(variable['choices'])}, not {shown}.")
    else:
        wanted = int if kind == "integer" else (int, float)
        low, high = variable["range"]
        if isinstance(value, bool) or not isinstance(value, wanted):
            raise ClinicalError(f"{label} ({name}) must be {_article(kind)} or null, not {shown}.")
        if not low <= value <= high:  # NaN too: it compares with nothing
            unit = f" {variable['unit']}" if variable["unit"] else ""
            raise ClinicalError(
                f"{label} ({name}) must lie between {low} and {high}{unit}, not {shown}: check the unit."
            )


def _article(kind: str) -> str:
    return "a whole number" if kind == "integer" else "a number"
