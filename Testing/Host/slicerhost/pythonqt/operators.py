"""Comparison, arithmetic and truth of wrappers: what PythonQt makes of the operators of C++."""

import operator
from collections.abc import Callable
from typing import Any

from slicerhost.pythonqt.conversion import alive, wrap
from slicerhost.pythonqt.overloads import call, known, matching
from slicerhost.pythonqt.registry import Wrapper
from slicerhost.surface.declarations import operators, truth

_COMPARISONS = {"__eq__": operator.eq, "__ne__": operator.ne, "__lt__": operator.lt, "__le__": operator.le,
                "__gt__": operator.gt, "__ge__": operator.ge}  # fmt: skip
# By the name that PythonQt has for it: the Python method, the method that C++'s operator is declared as.
_ARITHMETIC = {
    "Add": ("add", "__add__", operator.add),
    "Subtract": ("sub", "__sub__", operator.sub),
    "Multiply": ("mul", "__mul__", operator.mul),
    "Divide": ("truediv", "__div__", operator.truediv),
    "And": ("and", "__and__", operator.and_),
    "Or": ("or", "__or__", operator.or_),
    "Xor": ("xor", "__xor__", operator.xor),
}


def is_true(wrapper: Wrapper) -> bool:
    """Return ``bool(wrapper)``: whether the object is there and, for some classes, valid or not empty."""
    held, asked = alive(wrapper), truth(wrapper._info.name)
    if held is None or not asked:
        return held is not None
    negated, _, method = asked.rpartition(" ")
    return bool(getattr(held, method)()) is not bool(negated)


def _compared(name: str) -> Callable:
    def compare(self: Wrapper, other: Any) -> Any:
        pyside, held = self._info.pyside, alive(self)
        if not any(known(pyside, entry) for entry in _COMPARISONS):
            return _same_object(self, other, name)
        overloads = known(pyside, name)
        if not overloads:
            return NotImplemented
        try:
            overload, values = matching(overloads, (other,), static=False)
        except ValueError:
            if name in ("__eq__", "__ne__"):
                return name == "__ne__"
            raise
        return bool(call(_COMPARISONS[name], overload, [held, *values]))

    compare.__name__ = name
    return compare


def _same_object(wrapper: Wrapper, other: Any, name: str) -> Any:
    if name not in ("__eq__", "__ne__") or not (other is None or isinstance(other, Wrapper)):
        return NotImplemented
    same = alive(wrapper) is (None if other is None else alive(other))
    return same if name == "__eq__" else not same


def _calculated(slot: str, declared: str, function: Callable) -> Callable:
    def calculate(self: Wrapper, other: Any) -> Any:
        if slot not in operators(self._info.name):
            return NotImplemented
        overload, values = matching(known(self._info.pyside, declared), (other,), static=False)
        return wrap(call(function, overload, [alive(self), *values]))

    return calculate


def _from_the_right(slot: str, declared: str, calculate: Callable) -> Callable:
    def refuse(self: Wrapper, other: Any) -> Any:
        if slot not in operators(self._info.name):
            return NotImplemented
        if slot == "Multiply":
            return calculate(self, other)
        raise ArithmeticError(f"Unsupported operation {declared}({type(other).__name__}, {type(self).__name__})")

    return refuse


def methods() -> dict[str, Callable]:
    """Return the special methods of every wrapper by name."""
    found: dict[str, Callable] = {"__bool__": is_true, **{name: _compared(name) for name in _COMPARISONS}}
    for slot, (name, declared, function) in _ARITHMETIC.items():
        found[f"__{name}__"] = _calculated(slot, declared, function)
        found[f"__r{name}__"] = _from_the_right(slot, declared, found[f"__{name}__"])
    return found
