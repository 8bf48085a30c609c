"""What CTK's collapsible button and group box share: their children are hidden while they are collapsed."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QWidget

_WANTED = "visibilityToParent"  # CTK keeps under this name whether a child is to be seen when the parent is open


class Folding:
    """Hides and shows the children of a widget that has ``collapsed``.

    Before the widget is first shown nothing is hidden. A child that is hidden by itself stays hidden when the widget
    opens, and one that is shown while the widget is collapsed appears when it opens.
    """

    _arranging = False
    _was_shown = False

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ChildPolished and event.child().isWidgetType():
            event.child().installEventFilter(self)
        return super().event(event)

    def eventFilter(self, child, event: QEvent) -> bool:
        if not self._arranging and isinstance(child, QWidget):
            if event.type() == QEvent.Type.ShowToParent:
                child.setProperty(_WANTED, True)
                self._arrange(child)
            elif event.type() == QEvent.Type.HideToParent:
                child.setProperty(_WANTED, False)
        return False

    def setVisible(self, visible: bool) -> None:
        self._arranging = True  # children that come and go with their parent are not shown or hidden by themselves
        super().setVisible(visible)
        self._arranging = False
        if visible and not self._was_shown:
            self._was_shown = True
            self.arrange_children()

    def arrange_children(self) -> None:
        """Hide or show all children as it befits."""
        for child in self.children():
            if isinstance(child, QWidget) and not child.isWindow():
                self._arrange(child)

    def _arrange(self, child: QWidget) -> None:
        if not self._was_shown:
            return
        explicitly = child.testAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide)
        if child.property(_WANTED) is None and child.isHidden() and explicitly:
            child.setProperty(_WANTED, False)
        wanted = child.property(_WANTED) is not False
        self._arranging = True
        child.setVisible(wanted and not self.collapsed)
        if wanted:
            child.setAttribute(Qt.WidgetAttribute.WA_WState_ExplicitShowHide, False)
        self._arranging = False
