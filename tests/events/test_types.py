"""The one table of event types."""

import pytest

from custom_components.seam.event import ACTIVITY, DOORBELL, REPORTED_LATE
from custom_components.seam.events.types import (
    ACTIVITIES,
    EVENT_TYPES,
    RING,
    EventType,
    event_type,
)
from custom_components.seam.logbook import ICONS


def test_each_type_has_one_row() -> None:
    assert all(name == row.seam_type for name, row in EVENT_TYPES.items())


@pytest.mark.parametrize("row", EVENT_TYPES.values(), ids=lambda row: row.seam_type)
def test_each_row_means_something_and_one_thing(row: EventType) -> None:
    said = [
        value for value in (row.locked, row.failed, row.accepted) if value is not None
    ]
    assert len(said) <= 1
    assert said or row.activity or row.needs_reading


def test_a_type_that_is_not_known_means_nothing() -> None:
    assert event_type("lock.something_new") == EventType("lock.something_new")


def test_every_activity_can_be_shown_by_one_entity() -> None:
    assert ACTIVITY.event_types == [*ACTIVITIES, REPORTED_LATE]
    assert RING not in ACTIVITIES
    assert DOORBELL.event_types == [RING, REPORTED_LATE]
    shown = {row.activity for row in EVENT_TYPES.values() if row.activity}
    assert shown <= {*ACTIVITIES, RING}


def test_every_activity_has_an_icon_of_its_own_kind() -> None:
    assert set(ICONS) == {*ACTIVITIES, RING}
    closed = {name for name, icon in ICONS.items() if icon == "mdi:lock"}
    assert closed == {"locked"}
