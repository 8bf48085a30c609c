"""The values a case is made of. Frozen; each checks itself when it is made."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from ABCImmunoResponseLib.errors import CaseFolderError, ProtocolError

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,62}[A-Za-z0-9_-])?")
_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))}

Severity = Literal["info", "warning", "serious"]


def check_name(value: Any, what: str) -> str:
    """Return ``value`` if it can name a case, reader, lesion or bundle, and so a file on any system.

    Raises
    ------
    CaseFolderError
        Unless it is 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-', starts with a letter or digit, does not end
        in a full stop and is no device name of Windows.
    """
    if not isinstance(value, str) or not _NAME.fullmatch(value) or value.split(".")[0].upper() in _RESERVED:
        raise CaseFolderError(
            f"{what} {str(value)[:80]!r} cannot be used: take 1 to 64 letters, digits, '.', '_' or '-', "
            "starting with a letter or digit."
        )
    return value


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a user must know: reported, never blocking.

    ``code`` is stable and kebab-case (``slice-thickness``), ``message`` one sentence that says what and what
    to do, ``lesion`` the lesion id it concerns, or None for the whole case.
    """

    code: str
    message: str
    severity: Severity = "warning"
    lesion: str | None = None


@dataclass(frozen=True, slots=True)
class Acquisition:
    """How a CT was acquired; None where the file does not say. No patient identity is kept.

    ``spacing_mm`` is (i, j, k); ``contrast`` says whether a contrast agent is recorded; ``study_date`` is
    ISO 8601 (YYYY-MM-DD).
    """

    modality: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    kvp: float | None = None
    kernel: str | None = None
    slice_thickness_mm: float | None = None
    spacing_mm: tuple[float, float, float] | None = None
    size: tuple[int, int, int] | None = None
    contrast: bool | None = None
    contrast_agent: str | None = None
    study_date: str | None = None
    series_uid: str | None = None


LESION_KINDS = ("target", "non-target")


@dataclass(frozen=True, slots=True)
class Lesion:
    """One lesion of one read.

    ``lesion_id`` names its segment; ``organ`` is one of the protocol's organ codes; ``site`` is free text
    (segment VIII, left upper lobe); ``kind`` is 'target' or 'non-target'; ``override`` is the recorded reason
    for keeping it against a RECIST finding. What only a reader can say, None where nobody did: ``soft_tissue``, a
    bone lesion with a soft-tissue component; ``cystic``, a cystic metastasis; ``irradiated``, an area treated by
    radiotherapy or locally, without progression since.
    """

    lesion_id: str
    organ: str
    kind: Literal["target", "non-target"] = "target"
    site: str = ""
    override: str = ""
    soft_tissue: bool | None = None
    cystic: bool | None = None
    irradiated: bool | None = None

    def __post_init__(self) -> None:
        check_name(self.lesion_id, "Lesion id")
        if not isinstance(self.organ, str) or not self.organ:
            raise ProtocolError(f"Lesion {self.lesion_id} has no organ; name one of the protocol's organs.")
        if self.kind not in LESION_KINDS:
            raise ProtocolError(f"Lesion {self.lesion_id} is neither 'target' nor 'non-target' but {self.kind!r}.")
        for name in ("site", "override"):
            if not isinstance(getattr(self, name), str):
                raise CaseFolderError(f"Lesion {self.lesion_id}: {name} must be text.")
        for name in ("soft_tissue", "cystic", "irradiated"):
            if not isinstance(getattr(self, name), bool | None):
                raise CaseFolderError(f"Lesion {self.lesion_id}: {name} must be true, false or null.")


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed what, and when (ISO 8601 UTC)."""

    person: str
    role: str
    time: str
    statement: str = ""


@dataclass(frozen=True, slots=True)
class Organ:
    """One of the protocol's organs: RECIST counts targets by ``group`` (both lungs, all nodes, are one)."""

    code: str
    label: str
    group: str
    visceral: bool
    node: bool = False
    bone: bool = False


@dataclass(frozen=True)
class Protocol:
    """The rules a case is read by, as data (Resources/Protocols); ``sha256`` is of the file's bytes.

    ``measurability``, ``selection``, ``response``, ``agreement`` and ``acquisition`` are the file's sections:
    plain mappings of numbers and names that the rooms recist, reading and imaging evaluate.
    """

    name: str
    version: str
    sha256: str
    organs: tuple[Organ, ...]
    measurability: Mapping[str, Any] = field(default_factory=dict)
    selection: Mapping[str, Any] = field(default_factory=dict)
    response: Mapping[str, Any] = field(default_factory=dict)
    agreement: Mapping[str, Any] = field(default_factory=dict)
    acquisition: Mapping[str, Any] = field(default_factory=dict)

    def organ(self, code: str) -> Organ:
        """Return the organ of this code.

        Raises
        ------
        ProtocolError
            If the protocol does not know it; the message lists those it does.
        """
        for organ in self.organs:
            if organ.code == code:
                return organ
        known = ", ".join(organ.code for organ in self.organs)
        raise ProtocolError(f"{str(code)[:80]!r} is not an organ of protocol {self.name}; use one of: {known}.")


def from_mapping(kind: type, value: Any, what: str) -> Any:
    """Make a value object of class ``kind`` from the mapping that JSON gave.

    Raises
    ------
    CaseFolderError
        If ``value`` is no mapping, or its keys are not the fields of ``kind``.
    """
    if not isinstance(value, dict):
        raise CaseFolderError(f"{what} must be a JSON object, not {type(value).__name__}.")
    unknown = sorted(set(value) - {f.name for f in fields(kind)})
    if unknown:
        raise CaseFolderError(f"{what} has unknown entries: {', '.join(map(repr, unknown))[:200]}.")
    try:
        return kind(**{name: tuple(item) if isinstance(item, list) else item for name, item in value.items()})
    except TypeError as cause:
        raise CaseFolderError(f"{what} lacks entries ({cause}).") from cause
