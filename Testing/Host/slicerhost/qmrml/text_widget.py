"""``slicer.qMRMLTextWidget``: shows and edits the text of a text node."""

import vtk
from PySide6.QtCore import Property, Signal
from PySide6.QtWidgets import QDialogButtonBox, QTextEdit, QVBoxLayout, QWidget

from slicerhost.qmrml.observing import Observations
from slicerhost.qmrml.widget import MRMLWidget

_BUTTONS = QDialogButtonBox.StandardButton


class TextWidget(MRMLWidget):
    """A text edit; what is typed goes into the node when it is saved, or at once with ``autoSave``."""

    mrmlNodeChanged = Signal(object)
    editingChanged = Signal(bool)
    autoSaveChanged = Signal(bool)
    readOnlyChanged = Signal(bool)
    updateMRMLFromWidgetFinished = Signal()
    updateWidgetFromMRMLFinished = Signal()

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._node, self._editing, self._auto_save, self._read_only, self._showing = None, False, False, False, False
        self._observations = Observations(self)
        self._edit = QTextEdit(self)
        self._buttons = QDialogButtonBox(_BUTTONS.Save | _BUTTONS.Cancel, self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._edit)
        column.addWidget(self._buttons)
        self._buttons.hide()
        self._buttons.button(_BUTTONS.Save).clicked.connect(self.saveEdits)
        self._buttons.button(_BUTTONS.Cancel).clicked.connect(self.cancelEdits)
        self._edit.textChanged.connect(self._typed)
        self._show()

    def textEditWidget(self) -> QTextEdit:
        return self._edit

    def mrmlTextNode(self):
        return self._node

    mrmlNode = mrmlTextNode

    def setMRMLTextNode(self, node) -> None:
        if node is self._node:
            return
        self.cancelEdits()
        self._observations.end()
        self._node = node
        if node is not None:
            self._observations.add(node, vtk.vtkCommand.ModifiedEvent, TextWidget._on_modified)
        self._show()
        self.mrmlNodeChanged.emit(node)

    setMRMLNode = setMRMLTextNode

    def _on_modified(self, _node, _data) -> None:
        if not self._editing:
            self._show()

    def _show(self) -> None:
        text = (self._node.GetText() or "") if self._node else ""
        self._edit.setEnabled(self._node is not None)
        if text != self._edit.toPlainText():
            self._showing = True
            self._edit.setPlainText(text)
            self._showing = False
        self.updateWidgetFromMRMLFinished.emit()

    def _typed(self) -> None:
        if self._showing or self._node is None:
            return
        self.startEdits()
        if self._auto_save:
            self.saveEdits()

    def startEdits(self) -> None:
        self._set_editing(True)

    def saveEdits(self) -> None:
        """Write the text to the node."""
        if self._editing:
            self._node.SetText(self._edit.toPlainText())
            self.updateMRMLFromWidgetFinished.emit()
        self._set_editing(False)

    def cancelEdits(self) -> None:
        """Show the node's text again."""
        self._set_editing(False)
        self._show()

    def _set_editing(self, editing: bool) -> None:
        if editing != self._editing:
            self._editing = editing
            self._buttons.setVisible(editing and not self._auto_save)
            self.editingChanged.emit(editing)

    def setReadOnly(self, read_only: bool) -> None:
        if read_only != self._read_only:
            self._read_only = read_only
            self._edit.setReadOnly(read_only)
            self.readOnlyChanged.emit(read_only)

    def setAutoSave(self, auto_save: bool) -> None:
        if auto_save != self._auto_save:
            self._auto_save = auto_save
            self.autoSaveChanged.emit(auto_save)

    def setWordWrap(self, wrap: int) -> None:
        self._edit.setWordWrapMode(type(self._edit.wordWrapMode())(wrap))

    readOnly = Property(bool, lambda self: self._read_only, setReadOnly)
    autoSave = Property(bool, lambda self: self._auto_save, setAutoSave)
    editing = Property(bool, lambda self: self._editing)
    wordWrap = Property(int, lambda self: self._edit.wordWrapMode().value, setWordWrap)
