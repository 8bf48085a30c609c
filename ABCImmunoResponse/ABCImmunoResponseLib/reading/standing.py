"""Where a case stands, from case.json alone: as fast as reading one small file, and verified by nobody.

For lists of many cases and for checks that are repeated with every stroke of a reader. Whatever is recorded, scored
or signed goes through :class:`~ABCImmunoResponseLib.reading.case_folder.CaseFolder`, which verifies the folder.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from ABCImmunoResponseLib.errors import CaseFolderError
from ABCImmunoResponseLib.reading.audit import AuditHead
from ABCImmunoResponseLib.reading.layout import CASE
from ABCImmunoResponseLib.reading.records import SCHEMA, ReadEntry
from ABCImmunoResponseLib.reading.states import State
from ABCImmunoResponseLib.reading.strict import decode


@dataclass(frozen=True, slots=True)
class Standing:
    """What case.json says now: of the reads only who reads in which role and whether it is locked.

    ``audit`` tells how many steps were taken.
    """

    schema: int
    case_id: str
    state: State
    reads: tuple[ReadEntry, ...]
    audit: AuditHead


def read_standing(path: Path) -> Standing:
    """Return where the case in the folder ``path`` stands, as case.json says at this moment.

    Raises
    ------
    CaseFolderError
        If case.json cannot be read, or is none that this version knows.
    """
    place = Path(path) / CASE
    try:
        value = json.loads(place.read_bytes())
    except OSError as cause:
        raise CaseFolderError(f"{place} cannot be read ({cause.strerror}).") from cause
    except (ValueError, RecursionError) as cause:
        raise CaseFolderError(f"{place} is not valid JSON; restore the folder from a backup.") from cause
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise CaseFolderError(f"{place} is no case of schema {SCHEMA}: use the version that wrote it, or a newer one.")
    wanted = {name: value[name] for name in Standing.__dataclass_fields__ if name in value}
    return decode(Standing, wanted, str(place))
