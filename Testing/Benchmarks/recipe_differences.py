"""What recipe robust-v1 changes against zhao2023, cause by cause, as Markdown tables for Docs/methods.md.

    python Testing/Benchmarks/recipe_differences.py [--real FOLDER]

Measured on the five lesions of ``big_ct.py`` and, with ``--real``, on the lung CT of the IBSI-1 data set (its folder
``ibsi1_lung_ct``).
"""

import json
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

import big_ct
import numpy as np
import SimpleITK as sitk

from ABCImmunoResponseLib.features.engine import engine
from ABCImmunoResponseLib.features.kernels.numpy_kernels import NumpyKernels
from ABCImmunoResponseLib.features.preprocessing.boxed_mask import boxed_mask
from ABCImmunoResponseLib.features.preprocessing.resampling import Resampler
from ABCImmunoResponseLib.features.preprocessing.sampling_grid import sampling_grid
from ABCImmunoResponseLib.features.recipe import Recipe, load_recipe

ORIGINS = 300
FOLDER = Path("build", "benchmark")


def recipes(folder: Path) -> dict[str, Recipe]:
    """Return zhao2023 with one trap removed at a time, and robust-v1 with all."""
    study, robust = (json.loads(load_recipe(name).path.read_bytes()) for name in ("zhao2023", "robust-v1"))
    same = {"rounding": "truncate", "maskInterpolator": "sitkNearestNeighbor"}
    steps = {
        "rounding": {**study, "resampling": {**same, "rounding": robust["resampling"]["rounding"]}},
        "padding": {**study, "setting": {**study["setting"], "padDistance": robust["setting"]["padDistance"]}},
        "mask": {
            **study,
            "resampling": {**same, "maskInterpolator": robust["resampling"]["maskInterpolator"]},
        },
    }
    found = {}
    for name, content in steps.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        found[name] = load_recipe(path)
    return {**found, "all three": load_recipe("robust-v1")}


def cases(real: Path | None) -> Iterator[tuple[str, sitk.Image, sitk.Image]]:
    """Yield (title, CT around a lesion, mask); the CT is cropped, since only the lesion's surroundings matter."""
    big_ct.write(FOLDER)
    image = sitk.ReadImage(FOLDER / "image.nrrd")
    for lesion in big_ct.LESIONS:
        yield (lesion.title, *around(image, sitk.ReadImage(FOLDER / f"{lesion.name}.nrrd")))
    if real:
        image = sitk.Cast(sitk.ReadImage(next((real / "nifti" / "image").glob("*.nii*"))), sitk.sitkInt16)
        mask = sitk.Cast(sitk.ReadImage(next((real / "nifti" / "mask").glob("*.nii*"))) > 0, sitk.sitkUInt8)
        mask.CopyInformation(image)
        yield "real lung tumour", image, mask


def around(image: sitk.Image, mask: sitk.Image, margin: int = 60) -> tuple[sitk.Image, sitk.Image]:
    """Return image and mask cropped to the lesion and a margin in voxels."""
    shape = sitk.LabelShapeStatisticsImageFilter()
    shape.Execute(mask)
    box = np.reshape(shape.GetBoundingBox(1), (2, 3))
    low = np.maximum(box[0] - margin, 0)
    size = np.minimum(box[0] + box[1] + margin, image.GetSize()) - low
    return tuple(sitk.RegionOfInterest(each, size.tolist(), low.tolist()) for each in (image, mask))


def shifted(image: sitk.Image, origin: np.ndarray) -> sitk.Image:
    """Return the image at another place in space."""
    moved = sitk.Image(image)
    moved.SetOrigin(origin.tolist())
    return moved


def resampled_voxels(image: sitk.Image, mask: sitk.Image, recipe: Recipe) -> int:
    """Return how many voxels of 1 mm a recipe makes of a mask."""
    drawn = boxed_mask(mask, image)
    resampler = Resampler(image, (), recipe, NumpyKernels())  # no spline is fitted: only the mask is wanted
    return int(resampler.mask_on(drawn, sampling_grid(image, drawn, recipe)).sum())


def main() -> None:
    """Print both tables."""
    words = ArgumentParser(description=__doc__)
    words.add_argument("--real", type=Path)
    real = words.parse_args().real
    extractor, study, rng = engine(), load_recipe("zhao2023"), np.random.default_rng(1)
    origins = rng.uniform(-400, 400, (ORIGINS, 3)).round(1)  # as scanners write them
    changes, counts = [], []
    with tempfile.TemporaryDirectory() as folder:
        others = recipes(Path(folder))
        for title, image, mask in cases(real):
            wanted = extractor.extract(image, {"L": mask}, study)["L"]
            row = [title]
            for recipe in others.values():
                values = extractor.extract(image, {"L": mask}, recipe)["L"]
                with np.errstate(divide="ignore", invalid="ignore"):
                    change = np.abs(values - wanted) / np.abs(wanted)
                row.append(f"{(change > 0.01).sum()} / {(change > 0.1).sum()}")
            changes.append(row)
            row = [title]
            for recipe in (study, others["all three"]):
                voxels = [resampled_voxels(shifted(image, at), shifted(mask, at), recipe) for at in origins]
                low, high = min(voxels), max(voxels)
                row.append(str(low) if low == high else f"{low} to {high} ({100 * (high - low) / high:.1f} %)")
            counts.append(row)
    print_table(("features that change by more than 1 % / 10 %", *others), changes)
    print_table((f"voxels at 1 mm over {ORIGINS} origins", "zhao2023", "robust-v1"), counts)


def print_table(header: tuple[str, ...], rows: list[list[str]]) -> None:
    """Print a Markdown table."""
    print(f"| {' | '.join(header)} |\n|---{'|---:' * (len(header) - 1)}|")
    print("\n".join(f"| {' | '.join(row)} |" for row in rows), end="\n\n")


if __name__ == "__main__":
    main()
