"""``ctkPathLineEdit``: a path to type, to choose from those used before, or to browse for."""

from enum import IntEnum, IntFlag

from PySide6.QtCore import Property, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from slicerhost.pythonqt.special import make_settings

_HISTORY = 5  # paths


class ctkPathLineEdit(QWidget):
    """A path of a file or, with filters that leave out files, of a folder."""

    class Filters(IntFlag):
        """Which entries of the file system may be chosen: QDir's filters."""

        Dirs = 0x001
        Files = 0x002
        Drives = 0x004
        NoSymLinks = 0x008
        AllEntries = 0x007
        TypeMask = 0x00F
        Readable = 0x010
        Writable = 0x020
        Executable = 0x040
        PermissionMask = 0x070
        Modified = 0x080
        Hidden = 0x100
        System = 0x200
        AccessMask = 0x3F0
        AllDirs = 0x400
        CaseSensitive = 0x800
        NoDotAndDotDot = 0x6000
        NoDot = 0x2000
        NoDotDot = 0x4000
        NoFilter = -1

    class SizeAdjustPolicy(IntEnum):
        """When the size follows the text."""

        AdjustToContents = 0
        AdjustToContentsOnFirstShow = 1
        AdjustToMinimumContentsLength = 2

    currentPathChanged = Signal(str)
    validInputChanged = Signal(bool)

    def __init__(self, *args):
        super().__init__(next((part for part in args if isinstance(part, QWidget)), None))
        texts = [part for part in args if isinstance(part, str)]
        self._label = texts[0] if texts else ""
        self._name_filters: list[str] = []
        self._filters = self.Filters.AllEntries | self.Filters.NoDotAndDotDot | self.Filters.Readable
        self._filters = int(self._filters | self.Filters.Executable)
        self._options = self._minimum_length = 0
        self._policy = int(self.SizeAdjustPolicy.AdjustToMinimumContentsLength)
        self._setting_key = ""
        self._valid = False
        self._combo = QComboBox(self)
        self._combo.setEditable(True)
        self._combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self._combo.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._browse_button = QToolButton(self)
        self._browse_button.setText("...")
        self._browse_button.clicked.connect(self.browse)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._combo)
        layout.addWidget(self._browse_button)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusProxy(self._combo.lineEdit())
        self._combo.lineEdit().textChanged.connect(self._edited)

    def _edited(self, path: str) -> None:
        """Tell of a path, and of whether there is one: of an empty text CTK's validator, ".+", says that it is none."""
        changed, self._valid = self._valid != bool(path), bool(path)
        if path:
            self.currentPathChanged.emit(path)
        if changed:
            self.validInputChanged.emit(self._valid)

    def comboBox(self) -> QComboBox:
        return self._combo

    def browse(self) -> None:
        """Open a dialog for the path; Qt's own, as no other can be had everywhere."""
        dialog = QFileDialog(self, self._label, self.currentPath, ";;".join(self._name_filters))
        if not self._filters & self.Filters.Files:
            dialog.setFileMode(QFileDialog.FileMode.Directory)
        if dialog.exec():
            self.setCurrentPath(dialog.selectedFiles()[0])

    def setCurrentPath(self, path: str) -> None:
        self._combo.lineEdit().setText(path)

    def _settings(self) -> tuple:
        return make_settings(), f"ctkPathLineEdit/{self._setting_key or self.objectName()}"

    def retrieveHistory(self) -> None:
        """Fill the list with the paths that were used under the setting key; without a path take the last.

        No signal is sent.
        """
        settings, key = self._settings()
        path = self.currentPath
        history = settings.value(key) or []
        blocked = self.blockSignals(True)
        self._combo.clear()
        self._combo.addItems([history] if isinstance(history, str) else list(history)[:_HISTORY])
        if path:
            self.setCurrentPath(path)
        self.blockSignals(blocked)

    def addCurrentPathToHistory(self) -> None:
        """Put the path at the head of the list that is kept under the setting key."""
        path = self.currentPath
        if not path:
            return
        settings, key = self._settings()
        history = settings.value(key) or []
        history = [history] if isinstance(history, str) else list(history)
        history = [path, *(entry for entry in history if entry != path)]
        settings.setValue(key, history)
        blocked = self._combo.blockSignals(True)
        self._combo.clear()
        self._combo.addItems(history[:_HISTORY])
        self._combo.setCurrentIndex(0)
        self._combo.blockSignals(blocked)

    def _set_label(self, label: str) -> None:
        self._label = label

    def _set_filters(self, filters: int) -> None:
        self._filters = filters

    def _set_name_filters(self, filters: list[str]) -> None:
        self._name_filters = list(filters)

    def _set_options(self, options: int) -> None:
        self._options = options

    def _set_setting_key(self, key: str) -> None:
        self._setting_key = key
        self.retrieveHistory()

    def _set_minimum_length(self, length: int) -> None:
        self._minimum_length = length
        self._combo.setMinimumContentsLength(length)

    def _set_policy(self, policy: int) -> None:
        self._policy = policy

    currentPath = Property(str, lambda self: self._combo.lineEdit().text(), setCurrentPath)
    label = Property(str, lambda self: self._label, _set_label)
    filters = Property(int, lambda self: self._filters, _set_filters)
    nameFilters = Property("QStringList", lambda self: self._name_filters, _set_name_filters)
    options = Property(int, lambda self: self._options, _set_options)
    settingKey = Property(str, lambda self: self._setting_key, _set_setting_key)
    minimumContentsLength = Property(int, lambda self: self._minimum_length, _set_minimum_length)
    sizeAdjustPolicy = Property(int, lambda self: self._policy, _set_policy)
    showBrowseButton = Property(
        bool, lambda self: not self._browse_button.isHidden(), lambda self, shown: self._browse_button.setVisible(shown)
    )
