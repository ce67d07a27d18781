"""Calling listeners so that one that raises stops nobody else."""

from collections.abc import Callable, Iterable

from .const import LOGGER


def notify[**P](
    listeners: Iterable[Callable[P, object]], *args: P.args, **kwargs: P.kwargs
) -> None:
    """Call each listener; log what one raises, and go on with the next."""
    for listener in list(listeners):
        try:
            listener(*args, **kwargs)
        except Exception:
            LOGGER.exception("A listener failed")
