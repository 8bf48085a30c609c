"""Which nodes of a scene a node combo box shows."""

from dataclasses import dataclass, field


@dataclass
class NodeFilter:
    """By class, visibility and attributes.

    Attributes
    ----------
    types, hidden_types
        Classes of nodes that are shown, and of those the ones that are not.
    hidden
        Whether nodes that are hidden from editors are shown.
    derived
        Whether nodes of derived classes are shown.
    attributes
        By class and name: the value that a node of the class must have, None for any.
    """

    types: list[str] = field(default_factory=list)
    hidden_types: list[str] = field(default_factory=list)
    hidden: bool = False
    derived: bool = True
    attributes: dict[tuple[str, str], str | None] = field(default_factory=dict)

    def nodes(self, scene) -> list:
        """Return the nodes to show, in the scene's order."""
        every = (scene.GetNthNode(n) for n in range(scene.GetNumberOfNodes()))
        return [node for node in every if self._shows(node)]

    def _shows(self, node) -> bool:
        if node.GetHideFromEditors() and not self.hidden:
            return False
        kinds = [one for one in self.types if (node.IsA(one) if self.derived else node.GetClassName() == one)]
        if not kinds or any(node.IsA(one) for one in self.hidden_types):
            return False
        return all(
            node.GetAttribute(name) is not None and value in (None, node.GetAttribute(name))
            for (kind, name), value in self.attributes.items()
            if node.IsA(kind)
        )

    def attributes_of_new_nodes(self) -> list[tuple[str, str]]:
        """Return names and values that a node needs to be shown."""
        return [(name, value or "") for (_, name), value in self.attributes.items()]
