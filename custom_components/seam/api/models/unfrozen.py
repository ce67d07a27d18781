"""Makes values of a frozen class as fast as those of any other."""

from dataclasses import fields, make_dataclass
from typing import Any, cast


def unfrozen[T](cls: type[T]) -> type[T]:
    """Return a twin of a frozen, slotted dataclass whose instances are not frozen.

    The `__init__` of a frozen dataclass calls `object.__setattr__` for each field;
    with two dozen of them that is a third of what reading a device costs. The twin
    has the same slots, so that what it made can be given the frozen class before
    anybody sees it: `made.__class__ = cls`.
    """
    shown: Any = cls
    twin = make_dataclass(
        cls.__name__,
        [(field.name, field.type) for field in fields(shown)],
        slots=True,
    )
    return cast("type[T]", twin)
