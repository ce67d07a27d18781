"""Calling those who listen, so that one that raises stops nobody else."""

from collections.abc import Callable, Iterable

from .const import LOGGER


def notify[**P](
    listeners: Iterable[Callable[P, object]], *args: P.args, **kwargs: P.kwargs
) -> None:
    """Call each listener; log an exception and go on with the next.

    Args:
        listeners: may change while they are called: those of the beginning hear.
        args: handed to each of them.
        kwargs: the same.
    """
    for listener in tuple(listeners):
        try:
            listener(*args, **kwargs)
        except Exception:
            LOGGER.exception("A listener failed")
