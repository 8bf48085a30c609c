"""A case's facts as text for people."""

from slicer.i18n import tr as _

from ABCImmunoResponseLib.case import Acquisition


def acquisition_text(acquisition: Acquisition) -> str:
    """Return how a CT was acquired, one line a fact; what is not recorded is said."""
    maker = " ".join(filter(None, (acquisition.manufacturer, acquisition.model))) or _("scanner not recorded")
    unknown = _("not recorded")
    spacing = acquisition.spacing_mm
    facts = (
        (_("Scanner"), maker),
        (_("Date"), acquisition.study_date or unknown),
        (_("Tube voltage"), f"{acquisition.kvp:g} kV" if acquisition.kvp is not None else unknown),
        (_("Kernel"), acquisition.kernel or unknown),
        (
            _("Slice thickness"),
            f"{acquisition.slice_thickness_mm:g} mm" if acquisition.slice_thickness_mm is not None else unknown,
        ),
        (_("Voxel"), " × ".join(f"{size:.3g}" for size in spacing) + " mm" if spacing else unknown),
        (_("Contrast"), {True: _("enhanced"), False: _("not enhanced"), None: unknown}[acquisition.contrast]),
    )
    return "\n".join(f"{name}: {value}" for name, value in facts)
