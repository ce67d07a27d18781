"""Makes values of a frozen class as fast as those of any other."""

from dataclasses import fields
from typing import Any


def unfrozen(cls: Any) -> Any:
    """Return a class with the slots of a frozen dataclass, that is not frozen.

    The `__init__` of a frozen dataclass calls `object.__setattr__` for each field;
    with two dozen of them that is half of what reading a device costs. With this
    the fields are set one by one, and then the value is given its class, before
    anybody sees it: `made.__class__ = cls`. A field that does not exist can't be
    set; that none is forgotten is for the tests of the class.
    """
    slots = tuple(field.name for field in fields(cls))
    return type(cls.__name__, (), {"__slots__": slots})
