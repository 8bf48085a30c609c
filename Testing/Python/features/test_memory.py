"""Fifteen masks of one CT, from their files to their features, need little more memory than the CT."""

from memory import MEGABYTE, VOXELS, peak_above_imports, write_ct, write_labels

IMPORTS = """
from pathlib import Path
import numpy, scipy.ndimage, scipy.sparse, scipy.spatial, SimpleITK
from ABCImmunoResponseLib.features.engine import engine
from ABCImmunoResponseLib.features.extract import extract_lesions
from ABCImmunoResponseLib.features.recipe import load_recipe
from ABCImmunoResponseLib.imaging.ct import read_ct
from ABCImmunoResponseLib.imaging.masks import read_masks
from ABCImmunoResponseLib.protocol import load_protocol
from ABCImmunoResponseLib.recist.diameters import measure
"""
WORK = """
ct, *files = map(Path, sys.argv[1:])
image = read_ct(ct).image
masks = {
    f"{file.stem} {mask.name}": mask.image for file in files for mask in read_masks(file, image, crop=True)
}
assert len(masks) == 15
for mask in masks.values():
    measure(mask, image)
extract_lesions(
    image, masks, case_id="case", recipe=load_recipe(), engine=engine("numpy"), protocol=load_protocol()
)
"""


def test_five_lesions_with_three_masks_each(tmp_path):
    write_ct(tmp_path / "ct.nrrd")
    for name, larger in (("a", 0.0), ("b", 1.0), ("consensus", 0.5)):
        write_labels(tmp_path / f"{name}.nrrd", larger)
    files = [tmp_path / f"{name}.nrrd" for name in ("ct", "a", "b", "consensus")]
    extra = peak_above_imports(IMPORTS, WORK, *files) - 2 * VOXELS
    assert extra < VOXELS + 50 * MEGABYTE  # one label map while it is read
