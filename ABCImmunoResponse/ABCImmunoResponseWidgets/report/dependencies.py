"""The panel's table of packages that Slicer does not bring: what for, what is there, and a button to install them."""

from collections.abc import Callable

import qt
from slicer.i18n import tr as _

from ABCImmunoResponseWidgets.report.packages import GROUPS, PackageGroup, install


class DependencyPanel:
    """The widgets ``packagesBox``, ``packagesFrame`` and ``checkPackagesButton`` of a step.

    It looks only when it is opened or asked to, and installs only at a click.

    Parameters
    ----------
    panel
        Told of what was installed and of what was refused.
    installer
        Installs a group of packages, given the group and the panel's way to ask.
    """

    def __init__(self, ui, panel, installer: Callable[[PackageGroup, Callable[[str], bool]], None] = install) -> None:
        self._ui, self._panel, self.installer = ui, panel, installer
        self._rows = [self._add_row(row, group) for row, group in enumerate(GROUPS)]
        ui.packagesBox.connect("toggled(bool)", self._on_toggled)
        ui.checkPackagesButton.connect("clicked()", self.show)

    def open(self) -> None:
        """Unfold the table: something that is needed is missing."""
        self._ui.packagesBox.collapsed = False
        self.show()

    def show(self) -> None:
        """Look at what is there and show it."""
        for group, label, button in self._rows:
            present, lacking = group.present, group.lacking
            parts = [f"{name} {found}".strip() for name, found in present.items()]
            status = _("There: {packages}.").format(packages=", ".join(parts)) if parts else ""
            if lacking:
                status = f"{status} {_('Not there: {packages}.').format(packages=', '.join(lacking))}".strip()
            label.text = f"{'✓' if not lacking else '○'} {group.title}. {group.purpose}\n{status}"
            button.enabled = bool(lacking)

    def _add_row(self, row: int, group: PackageGroup) -> tuple:
        label, button = qt.QLabel(), qt.QPushButton(_("Install"))
        label.wordWrap = True
        button.toolTip = _("Install what is missing for: {title}").format(title=group.title)
        button.accessibleName = button.toolTip
        button.objectName = f"installButton{row}"
        button.connect("clicked()", lambda: self._install(group))
        layout = self._ui.packagesFrame.layout()
        layout.addWidget(label, row, 0)
        layout.addWidget(button, row, 1)
        layout.setColumnStretch(0, 1)
        return group, label, button

    def _install(self, group: PackageGroup) -> None:
        if self._panel.attempt(self.installer, group, self._panel.confirm):
            lacking = group.lacking
            if lacking:
                self._panel.refuse(_("Still not there: {packages}.").format(packages=", ".join(lacking)))
            else:
                self._panel.tell(_("{title}: installed.").format(title=group.title))
        self.show()

    def _on_toggled(self, unfolded: bool) -> None:
        if unfolded:
            self.show()
