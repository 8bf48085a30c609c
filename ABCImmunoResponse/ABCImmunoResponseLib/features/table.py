"""``features.csv``: one row a lesion, seven columns that say what it is, then the 1130 features in canonical order.

Numbers are written so that they come back bit for bit (``repr``), with a full stop, UTF-8 and LF. A feature that is
undefined on a lesion is ``nan``, ``inf`` or ``-inf``.
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.errors import FeatureError
from ABCImmunoResponseLib.features.engine import Engine
from ABCImmunoResponseLib.features.names import FEATURE_NAMES
from ABCImmunoResponseLib.features.recipe import Recipe

_TEXT = re.compile(r"[^\W_=+@-][^\x00-\x1f\x7f\"]{0,127}")
# Stricter than float(), which also takes ' 1', '1_0' and other scripts' digits.
_NUMBER = re.compile(r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf|nan)")


@dataclass(frozen=True, slots=True)
class LesionRow:
    """What a row of the table is of; ``volume_mm3`` is the mask's, before resampling.

    Raises
    ------
    FeatureError
        If an entry cannot stand in a table that a spreadsheet may open, or the volume is not positive.
    """

    case_id: str
    lesion_id: str
    organ: str
    volume_mm3: float
    engine: str
    recipe: str
    recipe_sha256: str

    def __post_init__(self) -> None:
        for name in ("case_id", "lesion_id", "organ", "engine", "recipe"):
            value = getattr(self, name)
            if not isinstance(value, str) or not (_TEXT.fullmatch(value) or (name == "organ" and value == "")):
                raise FeatureError(
                    f"{name} {str(value)[:80]!r} cannot stand in a feature table: take 1 to 128 printable characters, "
                    "the first a letter or digit."
                )
        if not isinstance(self.volume_mm3, float) or not 0 < self.volume_mm3 < float("inf"):
            raise FeatureError(f"volume_mm3 of lesion {self.lesion_id} must be positive, not {self.volume_mm3!r}.")
        if not re.fullmatch("[0-9a-f]{64}", self.recipe_sha256):
            raise FeatureError(f"recipe_sha256 of lesion {self.lesion_id} is not a SHA-256 in hexadecimal.")


ID_COLUMNS: tuple[str, ...] = tuple(field.name for field in fields(LesionRow))
COLUMNS: tuple[str, ...] = ID_COLUMNS + FEATURE_NAMES


@dataclass(frozen=True, eq=False)
class FeatureTable:
    """Features of lesions, all made with one recipe.

    Attributes
    ----------
    ids : tuple of LesionRow
        What each row is of.
    values : numpy.ndarray, shape (len(ids), 1130), float64
        In the order of ``names.FEATURE_NAMES``; not finite where a feature is undefined on a lesion.

    Raises
    ------
    FeatureError
        If it has no rows, another shape, a lesion twice, or rows of several recipes.
    """

    ids: tuple[LesionRow, ...]
    values: np.ndarray

    def __post_init__(self) -> None:
        if not self.ids:
            raise FeatureError("A feature table needs at least one lesion.")
        if self.values.shape != (len(self.ids), len(FEATURE_NAMES)):
            raise FeatureError(
                f"A feature table of {len(self.ids)} lesions needs {len(FEATURE_NAMES)} values each, not an array of "
                f"{' x '.join(map(str, self.values.shape))}."
            )
        seen = set()
        for row in self.ids:
            if (row.case_id, row.lesion_id) in seen:
                raise FeatureError(f"Lesion {row.lesion_id} of case {row.case_id} is in the feature table twice.")
            seen.add((row.case_id, row.lesion_id))
        recipes = sorted({f"{row.recipe} ({row.recipe_sha256[:12]})" for row in self.ids})
        if len({row.recipe_sha256 for row in self.ids}) > 1:
            raise FeatureError(
                f"A feature table must be made with one recipe, not with {', '.join(recipes)[:200]}: extract all "
                "lesions with the same recipe file."
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the values' columns."""
        return FEATURE_NAMES

    @property
    def recipe_sha256(self) -> str:
        """The SHA-256 of the recipe file that made the features."""
        return self.ids[0].recipe_sha256

    @property
    def volumes(self) -> np.ndarray:
        """The lesions' volumes in mm³, shape (n,)."""
        return np.array([row.volume_mm3 for row in self.ids])

    @classmethod
    def of(
        cls,
        case_id: str,
        features: Mapping[str, np.ndarray],
        masks: Mapping[str, sitk.Image],
        recipe: Recipe,
        engine: Engine,
        organs: Mapping[str, str] | None = None,
    ) -> "FeatureTable":
        """Label what ``engine`` extracted from one case: a row for each entry of ``features``, in its order.

        ``masks`` are those that the features are of (0 and 1), ``organs`` the organ codes by lesion; '' where none is
        known.
        """
        rows = tuple(
            LesionRow(
                case_id=case_id,
                lesion_id=lesion,
                organ=(organs or {}).get(lesion, ""),
                volume_mm3=volume_mm3(masks[lesion]),
                engine=engine.version,
                recipe=recipe.name,
                recipe_sha256=recipe.sha256,
            )
            for lesion in features
        )
        return cls(rows, np.array(list(features.values()), dtype=np.float64).reshape(len(rows), -1))


def join_tables(tables: Sequence[FeatureTable]) -> FeatureTable:
    """Return the rows of several tables, in their order, as one.

    Raises
    ------
    FeatureError
        If a lesion appears twice or the recipes differ.
    """
    ids = tuple(row for table in tables for row in table.ids)
    return FeatureTable(ids, np.concatenate([np.empty((0, len(FEATURE_NAMES))), *(table.values for table in tables)]))


def volume_mm3(mask: sitk.Image) -> float:
    """Return the volume of a mask's voxels of value 1, in mm³."""
    return float(np.count_nonzero(sitk.GetArrayViewFromImage(mask) == 1) * np.prod(mask.GetSpacing()))


def write_features_csv(table: FeatureTable) -> bytes:
    """Return the table as the bytes of a ``features.csv``."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row, values in zip(table.ids, table.values.tolist(), strict=True):
        writer.writerow([getattr(row, name) for name in ID_COLUMNS] + list(map(repr, values)))
    return text.getvalue().encode()


def read_features_csv(path: Path) -> FeatureTable:
    """Read a ``features.csv``; see :func:`parse_features_csv` for what is refused."""
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as cause:
        raise FeatureError(f"{path} cannot be read ({cause.strerror}).") from cause
    return parse_features_csv(data, path.name)


def parse_features_csv(data: bytes, source: str = "features.csv") -> FeatureTable:
    """Return the table that the bytes of a ``features.csv`` hold; its columns may come in any order.

    Raises
    ------
    FeatureError
        If it is not UTF-8 text, a column is missing, unknown or there twice, a row is too short or too long, or a cell
        is not a number; the message names line and column.
    """
    reader = csv.reader(io.StringIO(_decode(data, source), newline=""), strict=True)
    ids, values = [], []
    try:
        header = next(reader, [])
        order = _check_header(header, source)
        for cells in reader:
            if not cells:
                continue
            where = f"{source}, line {reader.line_num}"
            if len(cells) != len(header):
                raise FeatureError(f"{where} has {len(cells)} cells instead of the {len(header)} of the header.")
            cells = [cells[n] for n in order]
            ids.append(_row(cells[: len(ID_COLUMNS)], where))
            values.append(_numbers(cells[len(ID_COLUMNS) :], FEATURE_NAMES, where))
        if not ids:
            raise FeatureError(f"{source} holds no lesion: nothing follows the header.")
    except csv.Error as cause:
        raise FeatureError(f"{source}, line {reader.line_num} is not valid CSV ({cause}).") from cause
    try:
        return FeatureTable(tuple(ids), np.array(values, dtype=np.float64))
    except FeatureError as cause:
        raise FeatureError(f"{source}: {cause}") from cause


def _decode(data: bytes, source: str) -> str:
    zero = data.find(b"\0")
    if zero >= 0:
        line = data.count(b"\n", 0, zero) + 1
        raise FeatureError(f"{source}, line {line} holds a zero byte: it is not a text file, or UTF-16; save as UTF-8.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        line = data.count(b"\n", 0, cause.start) + 1
        raise FeatureError(f"{source}, line {line} is not UTF-8 text; save the file as UTF-8.") from cause


def _check_header(header: Sequence[str], source: str) -> list[int]:
    """Return where each of ``COLUMNS`` stands in the header."""
    place = {name: n for n, name in enumerate(header)}
    for what, names in (
        ("lacks", [name for name in COLUMNS if name not in place]),
        ("has unknown", [name for name in place if name not in set(COLUMNS)]),
        ("repeats", sorted({name for n, name in enumerate(header) if place[name] != n})),
    ):
        if names:
            shown = ", ".join(repr(name[:60]) for name in names[:5])
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            raise FeatureError(f"{source} {what} column{'s' * (len(names) > 1)} {shown}{more}.")
    return [place[name] for name in COLUMNS]


def _row(cells: Sequence[str], where: str) -> LesionRow:
    values = dict(zip(ID_COLUMNS, cells, strict=True))
    [volume] = _numbers([values["volume_mm3"]], ("volume_mm3",), where)
    try:
        return LesionRow(**{**values, "volume_mm3": volume})
    except FeatureError as cause:
        raise FeatureError(f"{where}: {cause}") from cause


def _numbers(cells: Sequence[str], columns: Sequence[str], where: str) -> list[float]:
    for column, cell in zip(columns, cells, strict=True):
        if not _NUMBER.fullmatch(cell):
            raise FeatureError(f"{where}, column {column}: {cell[:40]!r} is not a number.")
    return list(map(float, cells))
