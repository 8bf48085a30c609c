"""Lists and dictionaries of a parameter node: what is changed in them is changed in the node at once."""

from collections.abc import Callable, MutableMapping, MutableSequence
from typing import Any


class ObservedList(MutableSequence):
    """A list whose changes ``save`` writes; ``save`` raises, and the list is as before, if an element is refused.

    As in Slicer it can be changed (``append``, ``+=``, by index) but not added to another list or copied.
    """

    def __init__(self, values: list, save: Callable[[list], list]):
        self._list, self._save = values, save

    def _changed(self, values: list) -> None:
        self._list = self._save(values)

    def __len__(self) -> int:
        return len(self._list)

    def __getitem__(self, index):
        return self._list[index]

    def __setitem__(self, index, value) -> None:
        changed = list(self._list)
        changed[index] = value
        self._changed(changed)

    def __delitem__(self, index) -> None:
        changed = list(self._list)
        del changed[index]
        self._changed(changed)

    def insert(self, index: int, value: Any) -> None:
        changed = list(self._list)
        changed.insert(index, value)
        self._changed(changed)

    def sort(self, **given) -> None:
        self._changed(sorted(self._list, **given))

    def __add__(self, other):
        raise NotImplementedError("a parameter node's list cannot be added to another; += extends it")

    __radd__ = __add__

    def __eq__(self, other) -> bool:
        return self._list == (other._list if isinstance(other, ObservedList) else other)

    __hash__ = None

    def __repr__(self) -> str:
        return f"ObservedList({self._list})"


class ObservedDict(MutableMapping):
    """A dictionary whose changes ``save`` writes, in order."""

    def __init__(self, values: dict, save: Callable[[dict], dict]):
        self._dict, self._save = values, save

    def __len__(self) -> int:
        return len(self._dict)

    def __iter__(self):
        return iter(self._dict)

    def __getitem__(self, key):
        return self._dict[key]

    def __setitem__(self, key, value) -> None:
        self._dict = self._save(self._dict | {key: value})

    def __delitem__(self, key) -> None:
        left = dict(self._dict)
        del left[key]
        self._dict = self._save(left)

    def __eq__(self, other) -> bool:
        return self._dict == (other._dict if isinstance(other, ObservedDict) else other)

    __hash__ = None

    def __repr__(self) -> str:
        return f"ObservedDict({self._dict})"
