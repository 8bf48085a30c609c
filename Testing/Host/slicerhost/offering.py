"""Offering objects of which a real Slicer only told the names."""

from types import ModuleType

from PySide6.QtCore import QMetaMethod, QObject

from slicerhost.pythonqt import register_class


def register_object(
    module: ModuleType, name: str, pyside: type[QObject], surface_key: str | None = None, methods: tuple[str, ...] = ()
) -> type:
    """Offer a class as :func:`register_class` does; its own properties and signals are such, whatever was recorded."""
    made = register_class(module, name, pyside, surface_key, methods)
    meta = pyside.staticMetaObject
    properties = [
        meta.property(index).name() for index in range(QObject.staticMetaObject.propertyCount(), meta.propertyCount())
    ]
    own = [meta.method(index) for index in range(QObject.staticMetaObject.methodCount(), meta.methodCount())]
    signals = [
        bytes(method.methodSignature().data()).decode()
        for method in own
        if method.methodType() == QMetaMethod.MethodType.Signal
    ]
    made._info.surface = made._info.surface.extended(name, (), properties, signals)
    return made
