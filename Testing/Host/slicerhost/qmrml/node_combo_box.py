"""``slicer.qMRMLNodeComboBox``: the nodes of some classes in a scene, kept in step with it."""

from typing import Any

import slicer
import vtk
from PySide6.QtCore import Property, Qt, Signal
from PySide6.QtGui import QStandardItem
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSizePolicy, QWidget

from slicerhost.qmrml.node_filter import NodeFilter
from slicerhost.qmrml.observing import Observations

_ID, _ACTION = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1


class NodeComboBox(QWidget):
    """A combo box of 'None' where that is enabled, the nodes in the scene's order, and actions below a line.

    When the current node is removed the item before it becomes the current one.
    """

    currentNodeChanged = Signal(object)
    currentNodePresent = Signal(bool)
    currentNodeIDChanged = Signal(str)
    currentNodeRenamed = Signal(str)
    nodeAdded = Signal(object)
    nodeAddedByUser = Signal(object)
    nodeAddedByUserAction = Signal(object)
    nodeAboutToBeRemoved = Signal(object)
    nodeAboutToBeEdited = Signal(object)
    nodeActivated = Signal(object)

    def __init__(self, parent: QWidget | None = None):
        super().__init__(parent)
        self._scene, self._requested, self._switching = None, "", False
        self._filter = NodeFilter()
        self._enabled = {"none": False, "add": True, "remove": True, "edit": False, "rename": False}
        self._none_text, self._base_names, self._labels = "None", {}, {}
        self._select_created, self._interaction_tag = True, "Singleton"
        self._observations = Observations(self)
        self._box = QComboBox(self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._box)
        self._box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setFocusProxy(self._box)
        self.setEnabled(False)
        self._box.currentTextChanged.connect(self._tell)
        self._box.activated.connect(self._activated)
        self._box.view().clicked.connect(self._action_clicked)

    # The scene.

    def mrmlScene(self):
        return self._scene

    def setMRMLScene(self, scene) -> None:
        if scene is self._scene:
            return
        old, had_nodes = self.currentNodeID, bool(self.nodeCount())
        self._observations.end()
        self._scene = scene
        if scene is not None:
            events = slicer.vtkMRMLScene
            self._observations.add(scene, events.NodeAddedEvent, NodeComboBox._on_added, with_node=True)
            self._observations.add(scene, events.NodeAboutToBeRemovedEvent, NodeComboBox._on_removed, with_node=True)
        self._switching = True
        self._box.clear()
        self._show_none()
        self._sync()
        self._show_actions()
        self._switching = False
        first = self._box.itemData(0, _ID)  # Qt makes the first item the current one where there is no "None"
        self.setCurrentNodeID(old if had_nodes else self._requested or first or "")
        self._requested = ""
        self.setEnabled(scene is not None)

    def _on_added(self, scene, node) -> None:
        self._sync()
        if self._row(node.GetID()) >= 0:
            self.nodeAdded.emit(node)

    def _on_removed(self, scene, node) -> None:
        if self._row(node.GetID()) >= 0:
            self.nodeAboutToBeRemoved.emit(node)
        self._observations.end(of=node)
        self._sync(without=node)

    def _on_modified(self, node, _data) -> None:
        row = self._row(node.GetID())
        if row >= 0 and self._box.itemText(row) != (node.GetName() or ""):
            self._box.setItemText(row, node.GetName() or "")
        self._sync()

    def _sync(self, without=None) -> None:
        """Take out rows of nodes that are not to be shown any more, and put in new ones at their place."""
        nodes = self._filter.nodes(self._scene) if self._scene else []
        wanted = {node.GetID(): node for node in nodes if node is not without}
        for row in reversed(range(self._box.count())):
            node_id = self._box.itemData(row, _ID)
            if node_id and node_id not in wanted:
                if row == self._box.currentIndex():
                    self._box.setCurrentIndex(row - 1)  # as Qt 5 does by itself; Qt 6 goes the other way
                self._box.removeItem(row)
        for row, (node_id, node) in enumerate(wanted.items(), start=int(self._enabled["none"])):
            if self._box.itemData(row, _ID) != node_id:
                self._box.insertItem(row, node.GetName() or "", node_id)
                self._observations.end(of=node)
                self._observations.add(node, vtk.vtkCommand.ModifiedEvent, NodeComboBox._on_modified)

    # The current node.

    def _row(self, node_id: str) -> int:
        rows = (row for row in range(self._box.count()) if self._box.itemData(row, _ID) == node_id)
        return next(rows, -1) if node_id else -1

    def _node(self, row: int):
        node_id = self._box.itemData(row, _ID) if row >= 0 else None
        return self._scene.GetNodeByID(node_id) if node_id and self._scene else None

    def currentNode(self):
        return self._node(self._box.currentIndex())

    def _current_id(self) -> str:
        node = self.currentNode()
        return node.GetID() if node else ""

    def setCurrentNode(self, node) -> None:
        if node is not None and not isinstance(node, slicer.vtkMRMLNode):
            raise ValueError(f"Called setCurrentNode() with wrong arguments: {(node,)}")
        self.setCurrentNodeID(node.GetID() if node is not None else "")

    def setCurrentNodeID(self, node_id: str) -> None:
        if self._scene is None:
            self._requested = node_id or ""
        row = self._row(node_id)
        self._box.setCurrentIndex(row if row >= 0 or not self._enabled["none"] else 0)

    def setCurrentNodeIndex(self, index: int) -> None:
        index = -1 if index >= self.nodeCount() else index
        self._box.setCurrentIndex(index + int(self._enabled["none"]))

    def nodeCount(self) -> int:
        return sum(bool(self._box.itemData(row, _ID)) for row in range(self._box.count()))

    def nodeFromIndex(self, index: int):
        return self._node(index + int(self._enabled["none"]))

    def _tell(self) -> None:
        if self._switching:
            return
        row, node = self._box.currentIndex(), self.currentNode()
        if node is None and row != (0 if self._enabled["none"] else -1):
            last = self.nodeFromIndex(self.nodeCount() - 1)  # an action became the current item
            if last is not None:
                self.setCurrentNode(last)
            return
        self.currentNodeChanged.emit(node)
        self.currentNodePresent.emit(node is not None)
        self.currentNodeIDChanged.emit(node.GetID() if node else "")

    def _activated(self, row: int) -> None:
        if self._node(row) is not None or (self._enabled["none"] and row == 0):
            self.nodeActivated.emit(self._node(row))

    # The actions.

    def addNode(self, node_type: str = ""):
        """Add a node of the class, or of the first one, as by "Create new"; return it, None if it is not offered."""
        types = self._filter.types
        node_type = node_type or (types[0] if types else "")
        if node_type not in types or self._scene is None:
            return None
        node = self._scene.CreateNodeByClass(node_type)
        node.UnRegister(None)  # now the Python variable owns it
        name = self._base_names.get(node_type) or self._scene.GetTypeDisplayNameByClassName(node_type)
        node.SetName(self._scene.GenerateUniqueName(name))
        for attribute, value in self._filter.attributes_of_new_nodes():
            node.SetAttribute(attribute, value)
        node = self._scene.AddNode(node)
        if self._select_created:
            self.setCurrentNode(node)
        self.nodeAddedByUser.emit(node)
        return node

    def removeCurrentNode(self) -> None:
        self._scene.RemoveNode(self.currentNode())

    def _show_none(self) -> None:
        there = self._box.count() > 0 and self._box.itemData(0, _ID) == ""
        if self._enabled["none"] and not there:
            self._box.insertItem(0, self._none_text, "")
        elif self._enabled["none"]:
            self._box.setItemText(0, self._none_text)
        elif there:
            self._box.removeItem(0)

    def _actions(self) -> list[tuple[str, str]]:
        types = self._filter.types
        label = self.nodeTypeLabel(types[0]) if len(types) == 1 else self.nodeTypeLabel("")
        offered = []
        if self._enabled["rename"]:
            offered.append((f"Rename current {label}", "RENAME"))
        if self._enabled["edit"]:
            offered.append((f"Edit current {label}", "EDIT"))
        if self._enabled["add"]:
            offered += [(f"Create new {self.nodeTypeLabel(one)}", f"CREATE/{one}") for one in types]
        if self._enabled["remove"]:
            offered.append((f"Delete current {label}", "DELETE"))
        return offered

    def _show_actions(self) -> None:
        current = self._box.currentIndex()
        self._box.blockSignals(True)
        for row in reversed(range(self._box.count())):
            if self._box.itemData(row, _ACTION):
                self._box.removeItem(row)
        if self._scene is not None and self._actions():
            for text, action in [("", "SEPARATOR"), *self._actions()]:
                item = QStandardItem(text)
                item.setData(action, _ACTION)
                item.setFlags(Qt.ItemFlag.NoItemFlags if action == "SEPARATOR" else Qt.ItemFlag.ItemIsEnabled)
                self._box.model().appendRow(item)
        self._box.setCurrentIndex(current)
        self._box.blockSignals(False)

    def _action_clicked(self, index) -> None:
        action, _, node_type = (index.data(_ACTION) or "").partition("/")
        if not action:
            return
        self._box.hidePopup()
        if action == "CREATE":
            node = self.addNode(node_type)
            self.setCurrentNode(node)
            self.nodeAddedByUserAction.emit(node)
        elif action == "DELETE":
            self.removeCurrentNode()
        else:
            raise NotImplementedError(f"the stand-in host has no '{index.data()}' in a node combo box")

    # Properties.

    def nodeTypeLabel(self, node_type: str) -> str:
        known = self._scene.GetTypeDisplayNameByClassName(node_type) if self._scene and node_type else ""
        return self._labels.get(node_type) or known or "node"

    def setNodeTypeLabel(self, label: str, node_type: str) -> None:
        self._labels[node_type] = label
        self._show_actions()

    def addAttribute(self, node_type: str, name: str, value: Any = None) -> None:
        self._filter.attributes[node_type, name] = None if value is None else str(value)
        self._sync()

    def removeAttribute(self, node_type: str, name: str) -> None:
        self._filter.attributes.pop((node_type, name), None)
        self._sync()

    def _set_types(self, types) -> None:
        self._filter.types = [one for one in types if one]
        self._sync()
        self._show_actions()
        if self.currentNode() is None and self._scene is not None:
            self.setCurrentNode(None)

    def _set_filter(self, name: str, value) -> None:
        setattr(self._filter, name, value)
        self._sync()

    def _enable(self, what: str, enabled: bool) -> None:
        if self._enabled[what] == enabled:
            return
        self._enabled[what] = enabled
        if what != "none":
            self._show_actions()
        elif self._scene is not None:
            self._show_none()

    def _set_none_text(self, text: str) -> None:
        self._none_text = text
        if self._scene is not None:
            self._show_none()

    def _set_base_name(self, name: str) -> None:
        self._base_names |= dict.fromkeys(self._filter.types, name)

    def _base_name(self) -> str:
        return self._base_names.get(self._filter.types[0], "") if self._filter.types else ""

    def _set_select_created(self, value: bool) -> None:
        self._select_created = value

    def _set_interaction_tag(self, tag: str) -> None:
        self._interaction_tag = tag

    currentNodeID = Property(str, _current_id, setCurrentNodeID)
    currentNodeId = currentNodeID
    nodeTypes = Property("QStringList", lambda self: list(self._filter.types), _set_types)
    hideChildNodeTypes = Property(
        "QStringList", lambda self: list(self._filter.hidden_types), lambda self, v: self._set_filter("hidden_types", v)
    )
    showHidden = Property(bool, lambda self: self._filter.hidden, lambda self, v: self._set_filter("hidden", v))
    showChildNodeTypes = Property(
        bool, lambda self: self._filter.derived, lambda self, v: self._set_filter("derived", v)
    )
    noneEnabled = Property(bool, lambda self: self._enabled["none"], lambda self, v: self._enable("none", v))
    addEnabled = Property(bool, lambda self: self._enabled["add"], lambda self, v: self._enable("add", v))
    removeEnabled = Property(bool, lambda self: self._enabled["remove"], lambda self, v: self._enable("remove", v))
    editEnabled = Property(bool, lambda self: self._enabled["edit"], lambda self, v: self._enable("edit", v))
    renameEnabled = Property(bool, lambda self: self._enabled["rename"], lambda self, v: self._enable("rename", v))
    noneDisplay = Property(str, lambda self: self._none_text, _set_none_text)
    baseName = Property(str, _base_name, _set_base_name)
    selectNodeUponCreation = Property(bool, lambda self: self._select_created, _set_select_created)
    interactionNodeSingletonTag = Property(str, lambda self: self._interaction_tag, _set_interaction_tag)
