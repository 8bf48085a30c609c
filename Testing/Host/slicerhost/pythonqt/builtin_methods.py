"""``className``, ``inherits``, ``help`` and ``delete``: what PythonQt itself gives to every object."""

from typing import Any

import shiboken6

from slicerhost.pythonqt.conversion import alive
from slicerhost.pythonqt.help_text import help_text
from slicerhost.pythonqt.registry import Wrapper

_OWNER = "PythonQtInstanceWrapper"


def _inherits(wrapper: Wrapper, *args) -> bool:
    if len(args) != 1:
        raise TypeError(f"{_OWNER}.inherits() takes exactly 1 argument ({len(args)} given)")
    if not isinstance(args[0], str):
        kind = "None" if args[0] is None else type(args[0]).__name__
        raise TypeError(f"{_OWNER}.inherits() argument 1 must be str, not {kind}")
    return args[0] in wrapper._info.ancestors()


def _delete(wrapper: Wrapper) -> None:
    held = alive(wrapper)
    if held is not None:
        shiboken6.delete(held)


_FUNCTIONS = {
    "className": lambda wrapper: type(wrapper).__name__,
    "inherits": _inherits,
    "help": lambda wrapper: help_text(wrapper._info),
    "delete": _delete,
}


class BoundMethod:
    """One of the methods, of an object."""

    __slots__ = ("__name__", "__self__")

    def __init__(self, name: str, of: Wrapper):
        self.__name__ = name
        self.__self__ = of

    def __repr__(self) -> str:
        return f"<built-in method {self.__name__} of {type(self.__self__).__name__} object at {id(self.__self__):#x}>"

    def __call__(self, *args, **kwargs) -> Any:
        called = f"{type(self.__self__).__name__}.{self.__name__}()"
        if kwargs:
            raise TypeError(f"{called} takes no keyword arguments")
        if args and self.__name__ != "inherits":
            raise TypeError(f"{called} takes no arguments ({len(args)} given)")
        return _FUNCTIONS[self.__name__](self.__self__, *args)


BoundMethod.__name__ = BoundMethod.__qualname__ = "builtin_function_or_method"
BoundMethod.__module__ = "builtins"


class Method:
    """One of the methods, as the classes have it."""

    __slots__ = ("__name__",)

    def __init__(self, name: str):
        self.__name__ = name

    def __get__(self, of: Wrapper | None, owner: type) -> "BoundMethod | Method":
        return self if of is None else BoundMethod(self.__name__, of)

    def __repr__(self) -> str:
        return f"<method '{self.__name__}' of 'PythonQt.{_OWNER}' objects>"

    def __call__(self, *args, **kwargs) -> Any:
        if not args:
            raise TypeError(f"unbound method {_OWNER}.{self.__name__}() needs an argument")
        return BoundMethod(self.__name__, args[0])(*args[1:], **kwargs)


Method.__name__ = Method.__qualname__ = "method_descriptor"
Method.__module__ = "builtins"

METHODS = {name: Method(name) for name in _FUNCTIONS}
