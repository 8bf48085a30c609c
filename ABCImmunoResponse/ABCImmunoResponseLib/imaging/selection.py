"""Which of the regions of a file are meant: all, one by label, or one by name."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import SimpleITK as sitk

from ABCImmunoResponseLib.case import Finding
from ABCImmunoResponseLib.errors import MaskError
from ABCImmunoResponseLib.imaging.geometry import Grid
from ABCImmunoResponseLib.imaging.itk import printable

# One segment by name, several, or all.
Wanted = str | Collection[str] | None


@dataclass(frozen=True)
class Region:
    """One segmented region as stored: ``image`` is a cropped mask (uint8 0/1; see ``imaging.cropping``) on the file's
    ``grid``; ``cropped`` tells that the file itself stores no more than the part that is not empty."""

    name: str
    image: sitk.Image
    grid: Grid
    findings: tuple[Finding, ...] = ()
    cropped: bool = False


def choose(entries: Sequence[tuple[str, int]], label: int | None, segments: Wanted, what: str) -> list[int]:
    """Return the positions of the wanted ones among ``entries`` of (name, label): all where neither is given.

    Raises
    ------
    MaskError
        If there is none, or a name or label that is not unique is asked for; the message lists what there is.
    """
    if not entries:
        raise MaskError(f"{what} holds no segment; draw one and save it again.")
    if label is not None and segments is not None:
        raise MaskError("Name either a label or a segment, not both.")
    if label is None and segments is None:
        names = [name for name, _ in entries]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise MaskError(f"{what} has two segments named {printable(twice, 64)!r}; rename one of them.")
        return list(range(len(entries)))
    if label is not None:
        return [_only([n for n, (_, number) in enumerate(entries) if number == label], f"label {label}", entries, what)]
    return [
        _only([n for n, (name, _) in enumerate(entries) if name == wanted], f"segment {shown!r}", entries, what)
        for wanted in ([segments] if isinstance(segments, str) else segments)
        for shown in [printable(wanted, 64)]
    ]


def _only(found: list[int], asked: str, entries: Sequence[tuple[str, int]], what: str) -> int:
    if len(found) == 1:
        return found[0]
    listed = ", ".join(f"{printable(name, 40)!r} (label {number})" for name, number in entries[:12])
    listed += ", ..." if len(entries) > 12 else ""
    raise MaskError(f"{what} has {'several' if found else 'no'} {asked}; it holds: {listed}.")
