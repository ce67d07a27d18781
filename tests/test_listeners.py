"""Those who listen: each hears, whatever the others do."""

from collections.abc import Callable
import logging

import pytest

from custom_components.seam.listeners import notify


def test_each_listener_hears_what_there_is() -> None:
    heard: list[tuple[str, int]] = []
    notify([lambda *said: heard.append(said)] * 2, "one", 1)
    assert heard == [("one", 1), ("one", 1)]


def test_one_that_raises_is_logged_once_and_stops_nobody(
    caplog: pytest.LogCaptureFixture,
) -> None:
    heard: list[int] = []

    def broken(_number: int) -> None:
        raise ZeroDivisionError

    notify([heard.append, broken, heard.append], 7)
    assert heard == [7, 7]
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert record.name == "custom_components.seam"
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


def test_one_may_stop_to_listen_while_it_hears() -> None:
    heard: list[str] = []
    listeners: list[Callable[[], object]] = []

    def once() -> None:
        heard.append("once")
        listeners.remove(once)

    listeners += [once, lambda: heard.append("always")]
    notify(listeners)
    notify(listeners)
    assert heard == ["once", "always", "always"]
