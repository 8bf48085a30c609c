"""Slicer's default colour tables by name, with colours of our own: MRML refers to them wherever labels are shown."""

import colorsys
from pathlib import Path

_NAMES = ("GenericColors", "GenericAnatomyColors", "DarkBrightChartColors")
_COUNT = 64
_GOLDEN_RATIO = 0.618034


def write_color_files(share: Path) -> None:
    """Write the colour files where the colour logic looks for them below Slicer's share folder."""
    folder = share / "ColorFiles"
    folder.mkdir(parents=True)
    rows = ["0 background 0 0 0 0"]
    for index in range(1, _COUNT):
        # steps of the golden ratio keep hues of neighbours apart
        colour = colorsys.hsv_to_rgb(index * _GOLDEN_RATIO % 1, 0.6, 0.9)
        rows.append(f"{index} color-{index} {' '.join(str(round(255 * part)) for part in colour)} 255")
    for name in _NAMES:
        (folder / f"{name}.txt").write_text("\n".join((f"# Color table file {name}", *rows, "")))
