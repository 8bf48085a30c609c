"""The case at hand, the person at work, and the nodes that show the case in the scene. No Qt."""

from pathlib import Path
from typing import TYPE_CHECKING

import slicer

from ABCImmunoResponseLib.errors import CaseFolderError
from ABCImmunoResponseLib.reading.standing import read_standing
from ABCImmunoResponseWidgets import workflow

if TYPE_CHECKING:
    from ABCImmunoResponseLib.reading.case_folder import CaseFolder

GROUP_ATTRIBUTE = "ABCImmunoResponse.group"


class Session:
    """What the panel has open; the case folder remains the record.

    Every node that the panel adds to the scene belongs to a group ('volume', 'read', 'comparison', 'consensus',
    'result') and goes with it. Such nodes are not saved with the scene: what one reader drew must not come back in
    a scene that another opens.
    """

    def __init__(self) -> None:
        self.person = ""
        self.bundle_directory: Path | None = None  # the model chosen to score with; None is the bundled one
        self._folder: CaseFolder | None = None
        self._seen = ""  # the hash of the last step that the panel shows: the folder's own steps read it anew
        self._ids: dict[str, list[str]] = {}

    @property
    def folder(self) -> "CaseFolder | None":
        """The case folder, as it was at the last :meth:`refresh`; None where no case is open."""
        return self._folder

    @property
    def directory(self) -> Path | None:
        """Where the case folder is."""
        return self._folder.path if self._folder else None

    def open(self, directory: str | Path) -> None:
        """Open and verify another case; the one before is closed first, and stays closed if this one is refused.

        Raises
        ------
        ABCImmunoResponseError
            If it is no case folder, or not as it was recorded.
        """
        self.close()
        self._adopt(workflow.open_case(directory))

    def refresh(self, folder: "CaseFolder | None" = None) -> None:
        """Read the case anew: another process may have taken a step.

        Parameters
        ----------
        folder
            The same case as it was just opened elsewhere; it is taken as it is.

        Raises
        ------
        ABCImmunoResponseError
            As :meth:`open`; then no case is open.
        """
        if self._folder is not None and folder is not None and folder.path == self._folder.path:
            self._adopt(folder)
        elif self._folder is not None:
            directory, self._folder = self._folder.path, None
            self._adopt(workflow.open_case(directory))

    def is_current(self) -> bool:
        """Say whether nobody took a step in the case since :meth:`refresh`; True where none is open."""
        if self._folder is None:
            return True
        try:
            return read_standing(self._folder.path).audit.sha256 == self._seen
        except CaseFolderError:  # reading it anew will say why
            return False

    def close(self) -> None:
        """Close the case and take all that shows it out of the scene."""
        self._folder = None
        self.drop_all()

    def _adopt(self, folder: "CaseFolder") -> None:
        self._folder, self._seen = folder, folder.audit()[-1].sha256

    def volume(self):
        """Return the case's CT as a volume node; it is added to the scene at the first call."""
        shown = self.nodes("volume")
        if shown:
            return shown[0]
        node = workflow.load_volume(self._folder)
        self.keep("volume", node)
        return node

    def keep(self, group: str, *nodes) -> None:
        """Make nodes of the scene part of a group, with their display and storage nodes."""
        ids = self._ids.setdefault(group, [])
        for node in nodes:
            for part in (node, *_companions(node)):
                part.SetSaveWithScene(False)
                part.SetAttribute(GROUP_ATTRIBUTE, group)
            if node.GetID() not in ids:
                ids.append(node.GetID())

    def nodes(self, group: str) -> list:
        """Return the nodes of a group that are still in the scene, in the order that they were kept."""
        found = [slicer.mrmlScene.GetNodeByID(node_id) for node_id in self._ids.get(group, ())]
        # An id may be used again after the scene was closed: only a node that carries our mark is ours.
        return [node for node in found if node is not None and node.GetAttribute(GROUP_ATTRIBUTE) == group]

    def drop(self, group: str) -> None:
        """Take a group's nodes out of the scene, past any undo."""
        if slicer.mrmlScene.IsClosing():  # it takes all its nodes itself; the subject hierarchy hears of no single one
            self._ids.pop(group, None)
            return
        nodes = self.nodes(group)
        self._ids.pop(group, None)
        for node in nodes:
            companions = _companions(node)
            slicer.mrmlScene.RemoveNode(node)
            for companion in companions:
                slicer.mrmlScene.RemoveNode(companion)
        if nodes:
            slicer.mrmlScene.ClearUndoStack()
            slicer.mrmlScene.ClearRedoStack()

    def drop_all(self) -> None:
        """Take every node of the panel out of the scene."""
        for group in list(self._ids):
            self.drop(group)

    def forget(self) -> None:
        """Note that the scene was closed: the nodes are gone, the case stays open."""
        self._ids.clear()


def _companions(node) -> list:
    """Return the display and storage nodes that serve this node alone."""
    if not node.IsA("vtkMRMLDisplayableNode"):
        return []
    display = [node.GetNthDisplayNode(n) for n in range(node.GetNumberOfDisplayNodes())]
    storage = [node.GetNthStorageNode(n) for n in range(node.GetNumberOfStorageNodes())]
    return [companion for companion in (*display, *storage) if companion is not None]
