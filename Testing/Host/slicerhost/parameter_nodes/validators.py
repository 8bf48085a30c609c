"""What a parameter's value may be: the annotations that ``slicer.parameterNodeWrapper`` offers for it."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any


class Validator(ABC):
    """Refuses values; annotate a parameter with an instance of it."""

    @abstractmethod
    def validate(self, value: Any) -> None:
        """Raise ValueError (or TypeError) if ``value`` is refused."""


class NotNone(Validator):
    def validate(self, value: Any) -> None:
        if value is None:
            raise ValueError("the value must not be None")


class IsNone(Validator):
    def validate(self, value: Any) -> None:
        if value is not None:
            raise ValueError("the value must be None")


class IsInstance(Validator):
    """Takes None too: combine it with :class:`NotNone`."""

    def __init__(self, classtype: type | tuple[type, ...]):
        self.classtype = classtype

    def validate(self, value: Any) -> None:
        if value is not None and not isinstance(value, self.classtype):
            raise TypeError(f"the value must be a {self.classtype}, not {value!r} of {type(value)}")


class WithinRange(Validator):
    def __init__(self, minimum, maximum):
        self.minimum, self.maximum = minimum, maximum

    def validate(self, value: Any) -> None:
        if not self.minimum <= value <= self.maximum:
            raise ValueError(f"the value must be from {self.minimum} to {self.maximum}, not {value}")


class Minimum(Validator):
    def __init__(self, minimum):
        self.minimum = minimum

    def validate(self, value: Any) -> None:
        if value < self.minimum:
            raise ValueError(f"the value must be at least {self.minimum}, not {value}")


class Maximum(Validator):
    def __init__(self, maximum):
        self.maximum = maximum

    def validate(self, value: Any) -> None:
        if value > self.maximum:
            raise ValueError(f"the value must be at most {self.maximum}, not {value}")


class Choice(Validator):
    def __init__(self, choices: Iterable):
        self.choices = choices

    def validate(self, value: Any) -> None:
        if value not in self.choices:
            raise ValueError(f"the value must be one of {self.choices}, not {value!r}")


class Exclude(Validator):
    def __init__(self, excludedValues: Iterable):
        self.excludedValues = excludedValues

    def validate(self, value: Any) -> None:
        if value in self.excludedValues:
            raise ValueError(f"the value must be none of {self.excludedValues}, but is {value!r}")


class Default:
    """A parameter's value where the node has none yet: ``value``, or what ``generator`` makes each time."""

    def __init__(self, value: Any = None, *, generator: Callable[[], Any] | None = None):
        self._value, self._generator = value, generator

    @property
    def value(self) -> Any:
        return self._generator() if self._generator else self._value


class Decimals:
    """Digits that a spin box or slider shows."""

    def __init__(self, value: int):
        self.value = value


class SingleStep:
    """Step of a spin box or slider."""

    def __init__(self, value: float):
        self.value = value
