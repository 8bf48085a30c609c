"""``measure`` and ``extract``: numbers of lesions from a CT and a mask, without a case folder."""

import os
import stat
import tempfile
from argparse import Namespace, _SubParsersAction
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ABCImmunoResponseLib.commands.console import (
    add_command,
    add_engine,
    add_image_and_mask,
    add_json,
    print_findings,
    print_json,
    print_table,
    progress_bar,
)
from ABCImmunoResponseLib.errors import FeatureError
from ABCImmunoResponseLib.features.diagnostics import write_diagnostics_csv
from ABCImmunoResponseLib.features.engine import engine
from ABCImmunoResponseLib.features.extract import extract_lesions
from ABCImmunoResponseLib.features.recipe import load_recipe
from ABCImmunoResponseLib.features.table import LesionRow, write_features_csv
from ABCImmunoResponseLib.files import write_together
from ABCImmunoResponseLib.imaging.ct import CTImage, read_ct
from ABCImmunoResponseLib.imaging.dicom_headers import is_dicom
from ABCImmunoResponseLib.imaging.masks import Mask, read_masks
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.recist.diameters import measure


def add(commands: _SubParsersAction) -> None:
    """Add ``measure`` and ``extract``."""
    parser = add_command(
        commands,
        "measure",
        "Measure lesions: longest axial diameter, short axis, volume, slice and end points.",
        "abc-immuno-response measure --image ct/ --mask read.seg.nrrd --segment L1 --json",
        _measure,
    )
    add_image_and_mask(parser)
    add_json(parser)

    parser = add_command(
        commands,
        "extract",
        "Extract the 1130 radiomic features of lesions into a CSV table, one row a lesion.",
        "abc-immuno-response extract --image ct.nrrd --mask lesions.nii.gz --label 1 --output features.csv",
        _extract,
    )
    add_image_and_mask(parser)
    add_engine(parser)
    parser.add_argument("--recipe", default="zhao2023", help="recipe name or file (%(default)s)")
    parser.add_argument("--protocol", type=Path, help="a protocol file: what a lesion needs at least (the study's own)")
    parser.add_argument("--case-id", default="case", help="what the table's case_id column says (%(default)s)")
    parser.add_argument("--output", type=Path, required=True, metavar="F.csv", help="the table to write")


def _read(words: Namespace) -> tuple[CTImage, tuple[Mask, ...]]:
    ct = read_ct(words.image, series_uid=words.series)
    return ct, read_masks(words.mask, ct.image, label=words.label, segments=words.segment, crop=True)


def _measure(words: Namespace) -> None:
    ct, masks = _read(words)
    measured = [(mask, measure(mask.image, ct.image)) for mask in masks]
    if words.json:
        print_json(
            [
                {
                    "lesion": mask.name,
                    "longest_diameter_mm": m.longest_diameter_mm,
                    "short_axis_mm": m.short_axis_mm,
                    "volume_mm3": m.volume_mm3,
                    "slice_index": m.slice_index,
                    "slice_axis": m.slice_axis,
                    "endpoints_lps_mm": m.endpoints_lps_mm,
                    "short_axis_endpoints_lps_mm": m.short_axis_endpoints_lps_mm,
                    "n_voxels": m.n_voxels,
                    "findings": [asdict(finding) for finding in (*ct.findings, *mask.findings)],
                }
                for mask, m in measured
            ]
        )
        return
    print_table(
        ("lesion", "longest mm", "short mm", "volume mm³", "slice"),
        [(mask.name, m.longest_diameter_mm, m.short_axis_mm, m.volume_mm3, m.slice_index) for mask, m in measured],
    )
    print_findings((*ct.findings, *(f for mask in masks for f in mask.findings)))


def _extract(words: Namespace) -> None:
    recipe, extractor = load_recipe(words.recipe), engine(words.engine)

    def check_names(lesion: str) -> None:
        LesionRow(words.case_id, lesion, "", 1.0, extractor.version, recipe.name, recipe.sha256)

    # What would be refused after the long work is refused before it.
    check_names("lesion")
    beside = words.output.with_name(f"{words.output.stem}.diagnostics.csv") if words.output.name else words.output
    sources = [path for path in (words.image, words.mask, recipe.path, words.protocol) if path is not None]
    table, diagnostics = output_files((words.output, beside), sources)
    ct, masks = _read(words)
    for mask in masks:
        check_names(mask.name)
    extraction = extract_lesions(
        ct.image,
        {mask.name: mask.image for mask in masks},
        case_id=words.case_id,
        recipe=recipe,
        engine=extractor,
        protocol=load_protocol(words.protocol),
        progress=progress_bar("features"),
        jobs=words.jobs,
    )
    told = write_diagnostics_csv(extraction.diagnostics, words.case_id, extractor.version, recipe)
    write_together({diagnostics: told, table: write_features_csv(extraction.table)})
    lesions, features = extraction.table.values.shape
    print(f"{words.output}: {lesions} lesion{'s' * (lesions != 1)} x {features} features ({extractor.version})")
    print(f"{beside}: voxels, grey levels and borders of each")
    print_findings((*ct.findings, *(f for mask in masks for f in mask.findings), *extraction.findings))


def output_files(outputs: Sequence[Path], sources: Sequence[Path]) -> list[Path]:
    """Return the files that writing ``outputs`` makes or replaces, symbolic links followed.

    Raises
    ------
    FeatureError
        If one has no name, stands there and is no regular file, is one of the ``sources``, a DICOM file or another
        output, or its folder cannot be written.
    """
    targets: list[Path] = []
    for path in outputs:
        if not path.name:
            raise FeatureError(f"--output needs the name of a file to write, not {str(path)!r}.")
        target = Path(os.path.realpath(path))
        try:
            standing = _standing_file(path)
            if standing and is_dicom(path):
                raise FeatureError(f"{path} is a DICOM file and would be replaced: choose another --output.")
            for source in sources:
                if standing and source.exists() and path.samefile(source):
                    raise FeatureError(f"{path} is what is read ({source}) and would be replaced: choose another.")
            if not target.parent.is_dir():
                raise FeatureError(f"{target.parent} is not a folder: make it, or choose another --output.")
            with tempfile.TemporaryFile(dir=target.parent):  # permissions alone do not tell, as on a read-only disk
                pass
        except OSError as cause:
            raise FeatureError(f"{path} cannot be written ({cause.strerror}): choose another --output.") from cause
        if target in targets:
            raise FeatureError(f"{path} leads to the same file as {outputs[0]}: choose another --output.")
        targets.append(target)
    return targets


def _standing_file(path: Path) -> bool:
    """Return whether a regular file stands there already; anything else that does is refused."""
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return False
    if not stat.S_ISREG(mode):
        kind = "folder" if stat.S_ISDIR(mode) else "device, pipe or socket"
        raise FeatureError(f"{path} is a {kind}, not a file that can be replaced: choose another --output.")
    return True
