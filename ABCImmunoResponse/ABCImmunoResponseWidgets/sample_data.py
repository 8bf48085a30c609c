"""The sample data 'ABC simulated case': a virtual patient's CT, made on this computer. Nothing is downloaded.

Loaded when Slicer starts: nothing heavy here until a case is asked for.
"""

from pathlib import Path

import slicer
from slicer.i18n import tr as _

from ABCImmunoResponseLib import __version__
from ABCImmunoResponseLib.progress import Progress, silent
from ABCImmunoResponseLib.resources import resource
from ABCImmunoResponseWidgets.case.dicom_source import name_series

SAMPLE_NAME = "ABC simulated case"
CATEGORY = "ABC Immuno Response"

# A patient whose three lesions (liver, lung, node) are measurable and easy to find, on slices of 2 mm; this many
# voxels look like a clinical CT and are there within seconds.
SEED = 7
SIZE = (512, 512, 100)
LESIONS = 3

_at_work: list = []  # the worker that simulates; kept here, where nothing else holds it


def register_sample_data() -> None:
    """Offer the case in Slicer's module Sample Data, where that module is there."""
    try:
        import SampleData
    except ImportError:  # an application built without it
        return
    SampleData.SampleDataLogic.registerCustomSampleDataSource(
        category=CATEGORY,
        sampleName=SAMPLE_NAME,
        uris=[],  # none, so none of the others either: the lists must be as long as this one
        fileNames=[],
        nodeNames=[],
        thumbnailFileName=str(resource("Icons", "SimulatedCase.png")),
        customDownloader=fetch_sample,
    )


def sample_folder() -> Path:
    """Return where the sample's files lie, once they were made: in Slicer's cache, apart for each version."""
    return Path(slicer.app.cachePath, "ABCImmunoResponse", f"simulated-case-{SEED}-{__version__}")


def fetch_sample(source=None) -> None:
    """Show the sample's CT; if it is not in the cache, have it made by a process of its own and show it then.

    This is what the button in Sample Data calls, with its data source. Slicer stays usable meanwhile; the status bar
    tells how far it is.
    """
    if _at_work:
        _tell(_("The simulated case is being made already."))
    elif sample_folder().is_dir():
        _show_sample()
    else:
        _make_sample()


def simulate_case(
    patient: str | Path,
    seed: int = SEED,
    size: tuple[int, int, int] = SIZE,
    lesions: int = LESIONS,
    progress: Progress = silent,
):
    """Simulate a patient into the folder ``patient`` and return her CT as a volume node.

    Raises
    ------
    ABCImmunoResponseError
        If the folder is not empty or cannot be written, or an argument makes no sense; nothing is left behind.
    """
    from ABCImmunoResponseLib.simulation.case import simulate_case as simulate

    simulate(Path(patient), seed=seed, size=size, lesions=lesions, progress=progress)
    return load_patient(patient)


def load_patient(patient: str | Path):
    """Show the CT of a simulated patient's folder with a soft-tissue window; return its volume node.

    A case that is started from the node starts from the DICOM files, so that its acquisition is known.

    Raises
    ------
    ImagingError
        If there is no readable CT.
    """
    from ABCImmunoResponseLib.imaging.ct import read_ct
    from ABCImmunoResponseWidgets import views
    from ABCImmunoResponseWidgets.nodes.volumes import volume_from_image

    folder = Path(patient).resolve() / "dicom"
    ct = read_ct(folder)
    node = volume_from_image(ct.image, slicer.mrmlScene.GenerateUniqueName(SAMPLE_NAME))
    name_series(node, folder, ct.acquisition.series_uid)
    views.apply_window(node, "soft-tissue")
    views.show_volume(node)
    return node


def _make_sample() -> None:
    from ABCImmunoResponseLib.errors import ABCImmunoResponseError
    from ABCImmunoResponseWidgets.background.worker import Worker

    worker = Worker(_show_progress, _end)
    words = ["simulate", "case", str(sample_folder()), "--seed", str(SEED), "--lesions", str(LESIONS)]
    try:
        worker.start([*words, "--size", *map(str, SIZE), "--progress", "json"])
    except ABCImmunoResponseError as refusal:
        _tell_not_made(refusal)
        return
    _at_work.append(worker)
    _tell(_("A patient is being simulated; this takes some seconds ..."))


def _show_progress(progress) -> None:
    percent = 100 * progress.done // max(progress.total, 1)
    _tell(_("Simulated case: {percent} %, {what}").format(percent=percent, what=progress.what))


def _end(outcome) -> None:
    _at_work.clear()
    if outcome.status == "done" or sample_folder().is_dir():  # another Slicer may have made it meanwhile
        _show_sample()
    else:
        _tell_not_made(outcome.message)


def _tell_not_made(why) -> None:
    slicer.util.errorDisplay(_("The simulated case was not made: {why}").format(why=why))


def _show_sample() -> None:
    from ABCImmunoResponseLib.errors import ABCImmunoResponseError

    try:
        with slicer.util.WaitCursor():
            load_patient(sample_folder())
    except ABCImmunoResponseError as refusal:
        slicer.util.errorDisplay(
            _("{why} Delete the folder {folder} to have the case made anew.").format(
                why=refusal, folder=sample_folder()
            )
        )
        return
    _tell(_("The simulated case is loaded; its files are in {folder}").format(folder=sample_folder()))


def _tell(text: str) -> None:
    slicer.util.showStatusMessage(text, 5000)
