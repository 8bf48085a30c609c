"""Which model scores, and on which engine: the bundled one unless the user names the folder of another."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from slicer.i18n import tr as _

from ABCImmunoResponseLib.errors import ABCImmunoResponseError, BundleError
from ABCImmunoResponseLib.features.engine import engine_names
from ABCImmunoResponseLib.model.bundle import DEFAULT_BUNDLE, Bundle, load_bundle
from ABCImmunoResponseLib.reading.case_folder import CaseFolder
from ABCImmunoResponseWidgets.score.result_text import sentence

_BUNDLED, _ANOTHER = 0, 1

# Bundles that were verified in this process, by the SHA-256 that a result names them by: what they hold in memory
# cannot change any more, and reading them again would cost the user interface some milliseconds each time.
_verified: dict[str, Bundle] = {}


class ModelChoice:
    """The widgets ``modelCombo``, ``bundleEdit``, ``modelLabel`` and ``engineCombo`` of a step.

    Attributes
    ----------
    bundle
        The chosen bundle, loaded and verified; None where there is none that can be used.
    problem
        Why there is none, in one line; '' where there is one.
    """

    def __init__(self, ui, on_change: Callable[[], None]) -> None:
        self._ui, self._on_change = ui, on_change
        self.bundle: Bundle | None = None
        self.problem = ""
        ui.modelCombo.addItem(_("{bundle} (bundled)").format(bundle=DEFAULT_BUNDLE))
        ui.modelCombo.addItem(_("Another bundle"))
        ui.engineCombo.addItem(_("automatic"))
        for name in engine_names():
            ui.engineCombo.addItem(name)
        ui.modelCombo.connect("currentIndexChanged(int)", self._on_choice)
        ui.bundleEdit.connect("currentPathChanged(QString)", self._on_choice)
        ui.bundleEdit.connect("validInputChanged(bool)", self._on_choice)  # all that is heard when it is emptied
        self._load()

    @property
    def directory(self) -> Path | None:
        """The folder of the chosen bundle; None for the bundled one, and where none is chosen yet."""
        path = self._ui.bundleEdit.currentPath
        return None if self._ui.modelCombo.currentIndex == _BUNDLED or not path else Path(path)

    @property
    def engine_name(self) -> str | None:
        """The chosen engine; None leaves the choice to the product."""
        index = self._ui.engineCombo.currentIndex
        return None if index == 0 else engine_names()[index - 1]

    def set_enabled(self, enabled: bool) -> None:
        """Let the model be chosen, or only be read."""
        for widget in (self._ui.modelCombo, self._ui.bundleEdit, self._ui.engineCombo):
            widget.enabled = enabled

    def check(self) -> None:
        """Look at the chosen bundle once more, just before it is used, and show what it is now.

        Raises
        ------
        BundleError
            If it cannot be used any more, or is another one than was shown.
        """
        shown = self.bundle
        self._load()
        if self.bundle is None:
            raise BundleError(self.problem)
        if shown is None or shown.sha256 != self.bundle.sha256:
            raise BundleError(
                _("{folder} holds another model than when you chose it: see what it is, then score.").format(
                    folder=self.bundle.path
                )
            )

    def _on_choice(self) -> None:
        self._load()
        self._on_change()

    def _load(self) -> None:
        another = self._ui.modelCombo.currentIndex == _ANOTHER
        self._ui.bundleEdit.visible = self._ui.bundleEditLabel.visible = another
        self.bundle, self.problem = None, ""
        if another and not self._ui.bundleEdit.currentPath:
            self.problem = _("Choose the folder of a model bundle.")
        else:
            try:
                self.bundle = _load(self.directory)
            except ABCImmunoResponseError as refusal:
                self.problem = str(refusal)
        self._ui.modelLabel.text = describe_bundle(self.bundle) if self.bundle else f"⚠ {self.problem}"


def describe_bundle(bundle: Bundle) -> str:
    """Return what is to be known of a bundle before it is used: what it may be used for, whom it was trained on."""
    description = bundle.description
    cohorts = [
        _("{cohort}: {patients} patients, {simulated} of them simulated").format(cohort=name, **numbers)
        for name, numbers in description["provenance"]["cohorts"].items()
    ]
    return _("{statement} {bundle}; {cohorts}; {inputs} features of recipe {recipe}.").format(
        statement=sentence(description["disclaimer"]),
        bundle=bundle.id,
        cohorts="; ".join(cohorts),
        inputs=len(bundle.feature_names),
        recipe=description["input"]["recipe"]["name"],
    )


def bundle_that_scored(folder: CaseFolder, *directories: Path | None) -> Bundle | None:
    """Return the bundle that a scored case was scored with, if it is one of these (None is the bundled one)."""
    wanted = folder.result()["bundle"]["sha256"]
    for directory in directories:
        if wanted in _verified:
            break
        with suppress(ABCImmunoResponseError):  # it is not at hand any more; another may be
            _load(directory)
    return _verified.get(wanted)


def _load(directory: Path | None) -> Bundle:
    bundle = load_bundle(directory)
    _verified[bundle.sha256] = bundle  # where it was found last is where a worker will look for it
    return bundle
