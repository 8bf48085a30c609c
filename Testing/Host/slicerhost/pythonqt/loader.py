"""``qt.QUiLoader``: .ui files, with the custom widgets that the host has."""

from collections.abc import Callable
from functools import reduce
from operator import or_
from xml.etree import ElementTree

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject
from PySide6.QtUiTools import QUiLoader
from PySide6.QtWidgets import QWidget

from slicerhost.pythonqt.conversion import alive, unwrap, wrap
from slicerhost.pythonqt.members import ConstantMember, member
from slicerhost.pythonqt.registry import Wrapper, named

_factories: dict[str, Callable[[QWidget | None], QWidget]] = {}


def register_widget(name: str, factory: Callable[[QWidget | None], QWidget]) -> None:
    """Say how a custom widget of a .ui file is made: ``factory(parent)`` returns the PySide widget."""
    _factories[name] = factory


class UiLoader(QUiLoader):
    """A loader that makes the registered custom widgets and refuses every other."""

    def __init__(self, parent: QObject | None = None):
        super().__init__(parent)
        self._known = set(super().availableWidgets())
        self.failure: Exception | None = None
        self.made: list[QWidget] = []

    def createWidget(self, className: str, parent: QWidget | None = None, name: str = "") -> QWidget | None:
        try:
            made = self._made(className, parent, name)
        except Exception as error:  # Qt calls this: what is raised here it would only print
            self.failure = self.failure or error
            return None
        self.made.append(made)
        return made

    def _made(self, name: str, parent: QWidget | None, object_name: str) -> QWidget:
        if name in _factories:
            made = _factories[name](parent)
            made.setObjectName(object_name)
            return made
        if name in self._known:
            return super().createWidget(name, parent, object_name)
        raise NotImplementedError(f"the stand-in host has no widget {name}")

    def availableWidgets(self) -> list[str]:
        return sorted({*self._known, *_factories})


def create_widget(of: Wrapper, name: str, parent: Wrapper | None = None, object_name: str = ""):
    """``loader.createWidget(className, parent, name)``."""
    loader = alive(of)
    made = loader._made(str(name), unwrap(parent), str(object_name))
    return wrap(made)


def load(of: Wrapper, device: Wrapper, parent: Wrapper | None = None):
    """``loader.load(file)``: the top widget, None if the file is not open or not a form.

    The connections that the form declares are made as PythonQt would make them, so that signals and slots of the
    custom widgets are found.

    Raises
    ------
    NotImplementedError
        For a custom widget that the host does not have.
    ValueError
        For a declared connection whose ends do not exist.
    """
    loader, source = alive(of), alive(device)
    if not source.isOpen():
        return None
    try:
        form = ElementTree.fromstring(bytes(source.readAll().data()))
    except ElementTree.ParseError:
        return None
    declared = [
        tuple(entry.findtext(part, "") for part in ("sender", "signal", "receiver", "slot"))
        for entry in form.iterfind("connections/connection")
    ]
    for entry in form.findall("connections"):
        form.remove(entry)
    for entry in form.iter("widget"):
        _write_numbers(entry)
    buffer = QBuffer()
    buffer.setData(QByteArray(ElementTree.tostring(form)))
    buffer.open(QIODevice.OpenModeFlag.ReadOnly)
    loader.failure = None
    try:
        top = QUiLoader.load(loader, buffer, unwrap(parent))
    except RuntimeError:  # all that Qt says is that it could not
        top = None
    failure, loader.made = loader.failure, []
    if failure is not None:
        raise failure
    if top is None:
        return None
    for connection in declared:
        _connect(top, *connection)
    return wrap(top)


def _write_numbers(entry: ElementTree.Element) -> None:
    """Write enumerations of a widget that is written in Python as numbers: its meta object does not name them."""
    info = named(entry.get("class", ""))
    if info is None or entry.get("class") not in _factories:
        return
    for value in entry.iterfind("property/*"):
        if value.tag in ("enum", "set"):
            names = [name.rpartition("::")[2] for name in (value.text or "").split("|")]
            found = [member(info, name) for name in names]
            if all(isinstance(constant, ConstantMember) for constant in found):
                numbers = [int(constant.of(info.wrapper)) for constant in found]
                value.tag, value.text = "number", str(reduce(or_, numbers))


def _connect(top: QWidget, sender: str, signal: str, receiver: str, slot: str) -> None:
    ends = [top if top.objectName() == name else top.findChild(QObject, name) for name in (sender, receiver)]
    if None in ends:
        raise ValueError(f"the form connects {sender} to {receiver}: there is no such widget")
    if not wrap(ends[0]).connect(signal, wrap(ends[1]), slot):
        raise ValueError(f"the form connects {sender}.{signal} to {receiver}.{slot}: there is no such signal or slot")


LOADER_METHODS = {"createWidget": create_widget, "load": load}
