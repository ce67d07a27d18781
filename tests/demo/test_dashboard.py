"""The demo's dashboard, for houses with and without locks."""

from typing import Any

import pytest

from .dashboard import Part, dashboard

HOUSE = "http://127.0.0.1:8642/_sandbox/"
FRONT_DOOR = [
    Part("lock.hall_front_door", "lock", "Front Door"),
    Part("binary_sensor.hall_front_door_door", "door", "Front Door"),
    Part("sensor.hall_front_door_battery", "battery", "Front Door"),
]


def cards(parts: list[Part], house: str | None) -> list[dict[str, Any]]:
    """Return all cards of the dashboard."""
    [view] = dashboard(parts, house)["views"]
    return [card for section in view["sections"] for card in section["cards"]]


@pytest.mark.parametrize("house", [HOUSE, None])
def test_every_lock_has_a_tile_and_the_house_is_beside(house: str | None) -> None:
    found = cards(FRONT_DOOR, house)
    [tile] = [card for card in found if card["type"] == "tile"]
    assert tile["entity"] == "lock.hall_front_door"
    assert [card["url"] for card in found if card["type"] == "iframe"] == (
        [house] if house else []
    )
    [door, battery] = [card for card in found if card["type"] == "glance"]
    assert [one["entity"] for one in door["entities"]] == [
        "binary_sensor.hall_front_door_door"
    ]
    assert [one["entity"] for one in battery["entities"]] == [
        "sensor.hall_front_door_battery"
    ]


def test_what_no_lock_has_is_left_out() -> None:
    found = cards(FRONT_DOOR[:1], None)
    assert not [card for card in found if card["type"] == "glance"]
    assert [card["heading"] for card in found if card["type"] == "heading"] == [
        "Home Assistant says",
        "History",
    ]


def test_a_workspace_without_locks_says_so() -> None:
    found = cards([Part("sensor.demo_house_push", "push", "Demo House")], None)
    assert [card["type"] for card in found] == ["heading", "markdown"]
    assert "no locks" in found[1]["content"]
    assert "https://console.seam.co" in found[1]["content"]
